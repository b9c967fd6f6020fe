/**
 * Server-side encryption as far as it decides about access: which key an object gets, and whether the caller may use it.
 * The bytes on the sandbox's disk are not encrypted.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */

import { notAuthorized, reasonClause } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { decideOnKey } from '../kms/keys.ts'
import type { Bucket, Encryption } from './bucket.ts'
import { accessDenied, invalidArgument, notImplemented, type S3Request } from './request.ts'

const prefix = 'x-amz-server-side-encryption'

/** Reads what a new object asks for; without a header it is the bucket's default. @throws AwsError */
export function readEncryption(request: S3Request, bucket: Bucket): Encryption {
  const { headers } = request.call
  if (headers.has(`${prefix}-customer-algorithm`)) throw notImplemented(`${prefix}-customer-algorithm`)
  const algorithm = headers.get(prefix)
  const keyName = headers.get(`${prefix}-aws-kms-key-id`) ?? null
  if (algorithm === undefined) {
    if (keyName !== null)
      throw invalidArgument(
        prefix,
        'null',
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      )
    return bucket.encryption
  }
  if (algorithm === 'AES256') return { algorithm, keyName: null, bucketKey: false }
  if (algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidArgument(prefix, algorithm, 'The encryption method specified is not supported')
  }
  const bucketKey = headers.get(`${prefix}-bucket-key-enabled`)
  return { algorithm, keyName, bucketKey: bucketKey === undefined ? bucket.encryption.bucketKey : bucketKey === 'true' }
}

/**
 * Checks that the caller may use the key for these KMS actions, and returns the key's ARN; null when no KMS key is used.
 *
 * @throws AwsError `AccessDenied`, or `KMS.NotFoundException`
 */
export function allowKey(
  request: S3Request,
  bucket: Bucket,
  key: string,
  encryption: Encryption,
  actions: readonly string[],
): string | null {
  if (encryption.algorithm === 'AES256') return null
  const { state, caller } = request
  const account = caller.kind === 'anonymous' ? bucket.accountId : caller.accountId
  const found =
    encryption.keyName === null
      ? state.keys.s3Managed(account, bucket.region)
      : state.keys.find(encryption.keyName, account, bucket.region)
  if (typeof found === 'string') throw keyNotFound(`Key '${found}' does not exist`)
  if (found.region !== bucket.region) throw keyNotFound(`Invalid arn ${found.region}`)
  if (found.deletionAt !== null) {
    throw new AwsError({
      code: 'KMS.KMSInvalidStateException',
      status: 400,
      message: `${found.arn} is pending deletion.`,
    })
  }
  if (!found.enabled) {
    throw new AwsError({ code: 'KMS.DisabledException', status: 400, message: `${found.arn} is disabled.` })
  }
  const context = {
    ...request.context,
    // S3 calls KMS from an address of its own, on behalf of the caller.
    'aws:SourceIp': s3Address,
    'aws:ViaAWSService': 'true',
    'kms:ViaService': `s3.${bucket.region}.amazonaws.com`,
    'kms:EncryptionContext:aws:s3:arn': encryption.bucketKey ? bucket.arn : `${bucket.arn}/${key}`,
    'kms:EncryptionContextKeys': ['aws:s3:arn'],
  }
  for (const action of actions) {
    const evaluation = decideOnKey(state.world, caller, found, action, context, request.record)
    if (evaluation.decision === 'allowed') continue
    const sentence = notAuthorized(caller, action)
    if (account === found.accountId) {
      throw accessDenied(`${sentence} on resource: ${found.arn}${reasonClause(evaluation, action)}`)
    }
    throw accessDenied(
      `${sentence} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    )
  }
  return found.arn
}

/** An address of S3's own range. */
const s3Address = '52.216.0.1'

/** The answer headers that tell how an object is encrypted. */
export function encryptionHeaders(encryption: Encryption, keyArn: string | null): Readonly<Record<string, string>> {
  return {
    [prefix]: encryption.algorithm,
    ...(keyArn === null ? {} : { [`${prefix}-aws-kms-key-id`]: keyArn }),
    ...(keyArn !== null && encryption.bucketKey ? { [`${prefix}-bucket-key-enabled`]: 'true' } : {}),
  }
}

function keyNotFound(message: string): AwsError {
  return new AwsError({ code: 'KMS.NotFoundException', status: 400, message })
}
