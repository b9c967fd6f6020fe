/** How each service writes its answers and its refusals: S3 in bare XML, STS and IAM in Query XML, KMS in JSON. */

import type { AwsError } from './aws-error.ts'
import type { Answer } from './call.ts'
import { element, leaf, xmlDocument } from './xml.ts'

/** The services that the sandbox answers for. */
export type ServiceName = 's3' | 'sts' | 'iam' | 'kms'

const queryNamespaces = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
} as const

/** Wraps the result of a Query action: `<AssumeRoleResponse><AssumeRoleResult>…`. A null result has no element. */
export function queryAnswer(service: 'sts' | 'iam', action: string, result: string | null, requestId: string): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: xmlDocument(
      `${action}Response`,
      queryNamespaces[service],
      result === null ? null : element(`${action}Result`, result),
      element('ResponseMetadata', leaf('RequestId', requestId)),
    ),
  }
}

/** Writes a refusal in the dialect of the service. `hostId` is S3's second request id. */
export function errorAnswer(service: ServiceName, error: AwsError, requestId: string, hostId: string): Answer {
  if (service === 's3') return s3Error(error, requestId, hostId)
  if (service === 'kms') {
    return {
      status: error.status,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': error.code, ...error.headers },
      body: JSON.stringify({ __type: error.code, message: error.message }),
    }
  }
  const type = error.status >= 500 ? 'Receiver' : 'Sender'
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml', ...error.headers },
    body: xmlDocument(
      'ErrorResponse',
      queryNamespaces[service],
      element('Error', leaf('Type', type), leaf('Code', error.code), leaf('Message', error.message)),
      leaf('RequestId', requestId),
    ),
  }
}

/** Writes S3's refusal as XML; also the body of a 200 that failed after all. */
export function s3ErrorBody(error: AwsError, requestId: string, hostId: string): string {
  const fields = Object.entries(error.fields).map(([name, value]) => leaf(name, value))
  return xmlDocument(
    'Error',
    null,
    leaf('Code', error.code),
    leaf('Message', error.message),
    ...fields,
    leaf('RequestId', requestId),
    leaf('HostId', hostId),
  )
}

function s3Error(error: AwsError, requestId: string, hostId: string): Answer {
  if (error.status === 304) return { status: 304, headers: error.headers }
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', ...error.headers },
    body: s3ErrorBody(error, requestId, hostId),
  }
}
