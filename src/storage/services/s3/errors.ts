/** Translates what S3 answers into `DrawbridgeError`. Each row names the page that defines the code. */
import type { ErrorCode, Retry } from '../../../base/index.ts'
import { DrawbridgeError } from '../../../base/index.ts'
import { connectionFault, errorContext, oneLine, providerFacts } from '../../../credentials/index.ts'

interface Row {
  readonly code: ErrorCode
  readonly retry?: Retry
  readonly message: string
  readonly help?: string
}

const refused: Row = { code: 'access-denied', message: 'S3 refused the request' }
const slower: Row = { code: 'throttled', retry: 'later', message: 'S3 asks for fewer requests' }
const down: Row = { code: 'unavailable', retry: 'later', message: 'S3 can not answer now' }
const expired: Row = { code: 'session-expired', message: 'the session has run out' }
const skewed: Row = {
  code: 'clock-skew',
  retry: 'later',
  message: 'this machine’s clock differs too much from that of S3',
}
const elsewhere: Row = {
  code: 'wrong-region',
  message: 'the bucket is in another region',
  help: 'set the connection’s region to the one of the bucket',
}
const damaged: Row = {
  code: 'checksum-mismatch',
  retry: 'later',
  message: 'the bytes that arrived at S3 have another checksum',
}
const noUpload: Row = { code: 'upload-not-found', message: 'the multipart upload does not exist any more' }
const key: Row = { code: 'access-denied', message: 'the KMS key can not be used' }

// Unless another page is named: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
const rows: Readonly<Record<string, Row>> = {
  AccessDenied: refused,
  AccessDeniedException: refused,
  Forbidden: refused,
  AllAccessDisabled: refused,
  AccountProblem: refused,
  NotSignedUp: refused,
  InvalidPayer: refused,
  UnauthorizedAccess: refused,
  CrossLocationLoggingProhibited: refused,
  InvalidAccessKeyId: { code: 'access-denied', message: 'S3 does not know the access key' },
  InvalidSecurity: { code: 'access-denied', message: 'S3 does not accept the credentials' },
  InvalidToken: { code: 'access-denied', message: 'S3 does not accept the session token' },
  SignatureDoesNotMatch: { code: 'access-denied', message: 'S3 computes another signature: the secret key is wrong' },
  ExpiredToken: expired,
  TokenRefreshRequired: expired,
  RequestTimeTooSkewed: skewed,
  RequestExpired: skewed,
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  PreconditionFailed: { code: 'object-exists', message: 'another object stands at the key' },
  ConditionalRequestConflict: { code: 'write-conflict', retry: 'later', message: 'another writer is at the same key' },
  OperationAborted: { code: 'write-conflict', retry: 'later', message: 'another operation is at the same resource' },
  NoSuchBucket: { code: 'bucket-not-found', message: 'the bucket does not exist' },
  NoSuchKey: { code: 'object-not-found', message: 'the object does not exist' },
  NotFound: { code: 'object-not-found', message: 'the object does not exist' },
  NoSuchVersion: { code: 'object-not-found', message: 'the object does not exist' },
  NoSuchUpload: noUpload,
  InvalidPart: { code: 'upload-not-found', message: 'a part of the upload is missing or not the one that was sent' },
  InvalidPartOrder: { code: 'input-invalid', message: 'the parts are not in order' },
  EntityTooSmall: { code: 'input-invalid', message: 'a part is smaller than S3 accepts' },
  EntityTooLarge: { code: 'input-invalid', message: 'the object is larger than S3 accepts in one request' },
  KeyTooLongError: { code: 'input-invalid', message: 'the object key is longer than S3 accepts' },
  MetadataTooLarge: { code: 'input-invalid', message: 'the object’s metadata is larger than S3 accepts' },
  InvalidBucketName: { code: 'input-invalid', message: 'the bucket’s name is not one that S3 accepts' },
  PermanentRedirect: elsewhere,
  TemporaryRedirect: elsewhere,
  Redirect: elsewhere,
  IllegalLocationConstraintException: elsewhere,
  BadDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  InvalidDigest: damaged,
  IncompleteBody: { code: 'unavailable', retry: 'later', message: 'the request broke off on its way' },
  RequestTimeout: { code: 'unavailable', retry: 'later', message: 'S3 waited in vain for the rest of the request' },
  SlowDown: slower,
  Throttling: slower,
  ThrottlingException: slower,
  TooManyRequests: slower,
  TooManyRequestsException: slower,
  RequestLimitExceeded: slower,
  BandwidthLimitExceeded: slower,
  ServiceUnavailable: slower,
  InternalError: down,
  ServerError: down,
  NotImplemented: { code: 'not-supported', message: 'the store does not offer this' },
  MethodNotAllowed: { code: 'not-supported', message: 'the store does not allow this here' },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
  AccessControlListNotSupported: {
    code: 'access-denied',
    message: 'the bucket does not take ACLs',
    help: 'set the connection’s ACL to `none`',
  },
  InvalidObjectState: refused,
  ObjectLockConfigurationNotFoundError: refused,
  // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#KMSErrorCodeList
  'KMS.DisabledException': key,
  'KMS.NotFoundException': key,
  'KMS.InvalidStateException': key,
  'KMS.InvalidKeyUsageException': key,
  'KMS.KMSInvalidStateException': key,
  'KMS.AccessDeniedException': key,
  'KMS.DisabledOrInvalidState': key,
}

function rowFor(code: string, status: number | undefined): Row {
  const row = Object.hasOwn(rows, code) ? rows[code] : undefined
  if (row !== undefined) return row
  if (code.startsWith('KMS.')) return key
  if (status === 301 || status === 307) return elsewhere
  if (status === 401 || status === 403) return refused
  if (status === 404) return { code: 'object-not-found', message: 'S3 found nothing there' }
  if (status === 409) return { code: 'write-conflict', message: 'the request conflicts with what stands' }
  if (status === 412) return { code: 'object-exists', message: 'another object stands at the key' }
  if (status === 429 || status === 503) return slower
  if (status === 501 || status === 405) return { code: 'not-supported', message: 'the store does not offer this' }
  if (status !== undefined && status >= 500) return down
  if (status !== undefined && status >= 400)
    return { code: 'protocol-broken', message: 'S3 does not accept the request' }
  return { code: 'protocol-broken', message: 'S3 answered something that can not be understood' }
}

/** The region that S3 says the bucket is in. */
function regionOf(error: unknown, headers: Readonly<Record<string, string>>): string | undefined {
  const inBody = typeof error === 'object' && error !== null && 'Region' in error ? error.Region : undefined
  const region = headers['x-amz-bucket-region'] ?? inBody
  return typeof region === 'string' && /^[a-z0-9-]{2,32}$/.test(region) ? region : undefined
}

/** Operations on an upload: where they find nothing, it is the upload that is missing. Not every store has a code of its own for that. */
const onUploads = new Set([
  's3:UploadPart',
  's3:ListMultipartUploadParts',
  's3:CompleteMultipartUpload',
  's3:AbortMultipartUpload',
])

/** What was asked, for the words of the error. */
export interface S3Request {
  readonly operation: string
  readonly bucket: string
  readonly key?: string
  readonly region: string
  readonly endpoint: string | null
  readonly signal?: AbortSignal | undefined
}

/** Translates anything that a call to S3 threw. Never carries the request, a header or a secret. */
export function s3Error(error: unknown, request: S3Request): DrawbridgeError {
  const target = request.endpoint ?? `s3.${request.region}.amazonaws.com`
  const fault = connectionFault(error, request.operation, target, request.signal)
  if (fault !== null) return fault
  const facts = providerFacts(error)
  const region = regionOf(error, facts.headers)
  // Said with 400 when the signature names the wrong region; without a region in it the header is really malformed.
  const misplaced = facts.providerCode === 'AuthorizationHeaderMalformed' && region !== undefined
  const found = misplaced ? elsewhere : rowFor(facts.providerCode, facts.httpStatus)
  const row = found.code === 'object-not-found' && onUploads.has(request.operation) ? noUpload : found
  const where = request.key === undefined ? `s3://${request.bucket}` : `s3://${request.bucket}/${request.key}`
  return new DrawbridgeError({
    code: row.code,
    message: `${row.message}: \`${oneLine(where, 300)}\` (${facts.providerCode})`,
    retry: row.retry ?? 'never',
    operation: request.operation,
    context: {
      ...errorContext(facts),
      bucket: request.bucket,
      ...(request.key === undefined ? {} : { key: request.key }),
      ...(region === undefined ? {} : { bucketRegion: region }),
    },
    ...(row.help === undefined ? {} : { help: row.help }),
  })
}
