/**
 * How each service words a failed authentication: one table, because the four disagree on code, status and sentence.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
import { AwsError } from '../http/aws-error.ts'

/** Why somebody is not who the request says. */
export type AuthenticationProblem =
  | { readonly kind: 'unsupported' | 'no-date' | 'bad-query' | 'invalid-token' | 'expired-token' | 'anonymous' }
  | { readonly kind: 'incomplete'; readonly header: string }
  | { readonly kind: 'unknown-key'; readonly accessKeyId: string }
  | {
      readonly kind: 'bad-signature'
      readonly accessKeyId: string
      readonly stringToSign: string
      readonly canonical: string
      readonly signature: string
    }
  | { readonly kind: 'skewed'; readonly requestTime: string; readonly serverTime: Date; readonly late: boolean }
  | { readonly kind: 'wrong-scope'; readonly message: string }
  | { readonly kind: 'unsigned-headers'; readonly names: readonly string[] }
  | {
      readonly kind: 'url-expired'
      readonly expiresSeconds: number
      readonly expiresAt: Date
      readonly serverTime: Date
    }

/** Words a problem as the service does. */
export function authenticationError(service: string, problem: AuthenticationProblem): AwsError {
  if (service === 's3') return s3Error(problem)
  return service === 'kms' ? jsonError(problem) : queryError(problem)
}

function s3Error(problem: AuthenticationProblem): AwsError {
  switch (problem.kind) {
    case 'unsupported':
      return refusal(
        'InvalidRequest',
        400,
        'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      )
    case 'incomplete':
      return refusal('AuthorizationHeaderMalformed', 400, 'The authorization header that you provided is not valid.')
    case 'no-date':
      return refusal('AccessDenied', 403, 'AWS authentication requires a valid Date or x-amz-date header')
    case 'bad-query':
      return refusal(
        'AuthorizationQueryParametersError',
        400,
        'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
      )
    case 'wrong-scope':
      return refusal('AuthorizationHeaderMalformed', 400, `The authorization header is malformed; ${problem.message}`)
    case 'unknown-key':
      return refusal('InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.', {
        AWSAccessKeyId: problem.accessKeyId,
      })
    case 'invalid-token':
      return refusal('InvalidToken', 400, 'The provided token is malformed or otherwise invalid.')
    case 'expired-token':
      return refusal('ExpiredToken', 400, 'The provided token has expired.')
    case 'bad-signature':
      return refusal(
        'SignatureDoesNotMatch',
        403,
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        {
          AWSAccessKeyId: problem.accessKeyId,
          StringToSign: problem.stringToSign,
          SignatureProvided: problem.signature,
          CanonicalRequest: problem.canonical,
        },
      )
    case 'unsigned-headers':
      return refusal('AccessDenied', 403, 'There were headers present in the request which were not signed', {
        HeadersNotSigned: problem.names.join(', '),
      })
    case 'skewed':
      return refusal(
        'RequestTimeTooSkewed',
        403,
        'The difference between the request time and the current time is too large.',
        {
          RequestTime: problem.requestTime,
          ServerTime: problem.serverTime.toISOString(),
          MaxAllowedSkewMilliseconds: '900000',
        },
      )
    case 'url-expired':
      return refusal('AccessDenied', 403, 'Request has expired', {
        'X-Amz-Expires': String(problem.expiresSeconds),
        Expires: problem.expiresAt.toISOString(),
        ServerTime: problem.serverTime.toISOString(),
      })
    case 'anonymous':
      return refusal('AccessDenied', 403, 'Access Denied')
  }
}

function queryError(problem: AuthenticationProblem): AwsError {
  switch (problem.kind) {
    case 'anonymous':
      return refusal('MissingAuthenticationToken', 403, 'Request is missing Authentication Token')
    case 'unknown-key':
    case 'invalid-token':
      return refusal('InvalidClientTokenId', 403, 'The security token included in the request is invalid.')
    case 'expired-token':
      return refusal('ExpiredToken', 403, 'The security token included in the request is expired')
    case 'skewed':
      return refusal('SignatureDoesNotMatch', 403, skewText(problem))
    case 'bad-signature':
      return refusal('SignatureDoesNotMatch', 403, mismatch)
    case 'wrong-scope':
      return refusal(
        'SignatureDoesNotMatch',
        403,
        `Credential should be scoped to a valid region and service: ${problem.message}`,
      )
    default:
      return refusal('IncompleteSignature', 400, incompleteText(problem))
  }
}

function jsonError(problem: AuthenticationProblem): AwsError {
  switch (problem.kind) {
    case 'anonymous':
      return refusal('MissingAuthenticationTokenException', 400, 'Missing Authentication Token')
    case 'unknown-key':
    case 'invalid-token':
      return refusal('UnrecognizedClientException', 400, 'The security token included in the request is invalid.')
    case 'expired-token':
      return refusal('ExpiredTokenException', 400, 'The security token included in the request is expired')
    case 'skewed':
      return refusal('InvalidSignatureException', 400, skewText(problem))
    case 'bad-signature':
      return refusal('InvalidSignatureException', 400, mismatch)
    case 'wrong-scope':
      return refusal(
        'InvalidSignatureException',
        400,
        `Credential should be scoped to a valid region and service: ${problem.message}`,
      )
    default:
      return refusal('IncompleteSignatureException', 400, incompleteText(problem))
  }
}

const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'

function skewText(problem: { requestTime: string; serverTime: Date; late: boolean }): string {
  const server = problem.serverTime.toISOString().replace(/[-:]|\.\d{3}/g, '')
  return problem.late
    ? `Signature expired: ${problem.requestTime} is now earlier than the allowed time (server time ${server} - 15 min.)`
    : `Signature not yet current: ${problem.requestTime} is still later than the allowed time (server time ${server} + 15 min.)`
}

function incompleteText(problem: AuthenticationProblem): string {
  return problem.kind === 'incomplete'
    ? `Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters. Authorization=${problem.header}`
    : "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header and the AWS4-HMAC-SHA256 algorithm."
}

function refusal(
  code: string,
  status: number,
  message: string,
  fields: Readonly<Record<string, string>> = {},
): AwsError {
  return new AwsError({ code, status, message, fields })
}
