/** Translates what Azure Blob answers into `DrawbridgeError`. Each row names the page that defines the code. */
import type { ErrorCode, Retry } from '../../../base/index.ts'
import { DrawbridgeError } from '../../../base/index.ts'
import { connectionFault, errorContext, oneLine, providerFacts } from '../../../credentials/index.ts'

interface Row {
  readonly code: ErrorCode
  readonly retry?: Retry
  readonly message: string
  readonly help?: string
}

const refused: Row = { code: 'access-denied', message: 'Azure refused the request' }
const expired: Row = {
  code: 'session-expired',
  message: 'the SAS token is not valid at this time',
  help: 'ask for a new SAS token; what was sent already stays for seven days',
}
const letters: Row = { code: 'access-denied', message: 'the SAS token does not permit this operation' }
const down: Row = { code: 'unavailable', retry: 'later', message: 'Azure can not answer now' }
const exists: Row = { code: 'object-exists', message: 'another object stands at the key' }
const absent: Row = { code: 'object-not-found', message: 'the object does not exist' }
const container: Row = { code: 'bucket-not-found', message: 'the container does not exist' }
const damaged: Row = {
  code: 'checksum-mismatch',
  retry: 'later',
  message: 'the bytes that arrived at Azure have another checksum',
}

// Common codes: https://learn.microsoft.com/en-us/rest/api/storageservices/common-rest-api-error-codes
// Blob's own:   https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-error-codes
const rows: Readonly<Record<string, Row>> = {
  AuthenticationFailed: refused,
  AuthorizationFailure: refused,
  InvalidAuthenticationInfo: refused,
  NoAuthenticationInformation: refused,
  AccountIsDisabled: refused,
  PublicAccessNotPermitted: refused,
  InsufficientAccountPermissions: refused,
  InvalidSasToken: refused,
  AuthorizationPermissionMismatch: letters,
  AuthorizationResourceTypeMismatch: letters,
  AuthorizationServiceMismatch: letters,
  AuthorizationProtocolMismatch: { code: 'access-denied', message: 'the SAS token is good for https only' },
  AuthorizationSourceIPMismatch: {
    code: 'access-denied',
    message: 'the SAS token is not good for calls from our address',
    help: 'ask for a token whose `sip` covers our egress, or for one without',
  },
  KeyVaultEncryptionKeyNotFound: { code: 'access-denied', message: 'the key that encrypts the account is gone' },
  KeyBasedAuthenticationNotPermitted: {
    code: 'access-denied',
    message: 'the account takes no tokens signed with its key',
  },
  BlobAlreadyExists: exists,
  // Said where a token permits creating but not overwriting.
  UnauthorizedBlobOverwrite: exists,
  BlobImmutableDueToPolicy: { ...exists, message: 'an object that must not be changed stands at the key' },
  BlobImmutableDueToLegalHold: { ...exists, message: 'an object that must not be changed stands at the key' },
  ConditionNotMet: exists,
  TargetConditionNotMet: exists,
  LeaseIdMissing: { code: 'write-conflict', message: 'somebody holds a lease on the object' },
  LeaseIdMismatchWithBlobOperation: { code: 'write-conflict', message: 'somebody holds a lease on the object' },
  BlobNotFound: absent,
  ResourceNotFound: absent,
  ContainerNotFound: container,
  ContainerBeingDeleted: { ...container, message: 'the container is being deleted' },
  ContainerDisabled: { ...container, message: 'the container is disabled' },
  InvalidBlockList: { code: 'upload-not-found', message: 'a block of the upload is missing' },
  InvalidBlockId: { code: 'upload-not-found', message: 'the blob has blocks of another upload' },
  InvalidBlobOrBlock: { code: 'upload-not-found', message: 'the blob has blocks of another upload' },
  Md5Mismatch: damaged,
  Crc64Mismatch: damaged,
  InvalidMd5: damaged,
  RequestBodyTooLarge: { code: 'input-invalid', message: 'the object is larger than Azure accepts in one request' },
  BlockCountExceedsLimit: { code: 'input-invalid', message: 'the upload has more blocks than Azure accepts' },
  BlockListTooLong: { code: 'input-invalid', message: 'the upload has more blocks than Azure accepts' },
  InvalidResourceName: { code: 'input-invalid', message: 'the object key is not one that Azure accepts' },
  MetadataTooLarge: { code: 'input-invalid', message: 'the object’s metadata is larger than Azure accepts' },
  InvalidMetadata: { code: 'input-invalid', message: 'the object’s metadata is not what Azure accepts' },
  ServerBusy: { code: 'throttled', retry: 'later', message: 'Azure asks for fewer requests' },
  OperationTimedOut: down,
  InternalError: down,
  PendingCopyOperation: { code: 'write-conflict', retry: 'later', message: 'a copy to the same key is under way' },
  UnsupportedHeader: { code: 'not-supported', message: 'the account does not offer this' },
  UnsupportedHttpVerb: { code: 'not-supported', message: 'the account does not offer this' },
  FeatureVersionMismatch: { code: 'not-supported', message: 'the account does not offer this' },
  FeatureNotYetSupportedForHierarchicalNamespaceAccounts: {
    code: 'not-supported',
    message: 'the account does not offer this',
  },
}

function rowFor(code: string, message: string, status: number | undefined): Row {
  if (code === 'AuthenticationFailed' && /not valid in the specified time frame|expiry time/i.test(message))
    return expired
  const row = Object.hasOwn(rows, code) ? rows[code] : undefined
  if (row !== undefined) return row
  if (status === 401 || status === 403) return refused
  if (status === 404) return absent
  if (status === 409) return { code: 'write-conflict', message: 'the request conflicts with what stands' }
  if (status === 412) return exists
  if (status === 429 || status === 503)
    return { code: 'throttled', retry: 'later', message: 'Azure asks for fewer requests' }
  if (status !== undefined && status >= 500) return down
  if (status !== undefined && status >= 300 && status < 400) {
    return { code: 'protocol-broken', message: 'Azure answered with a redirect, which is not followed' }
  }
  if (status !== undefined && status >= 400)
    return { code: 'protocol-broken', message: 'Azure does not accept the request' }
  return { code: 'protocol-broken', message: 'Azure answered something that can not be understood' }
}

/** What was asked, for the words of the error. */
export interface AzureRequest {
  readonly operation: string
  /** The container's URL, without the token. */
  readonly containerUrl: string
  readonly key?: string
  readonly signal?: AbortSignal | undefined
}

/** Translates anything that a call to Azure threw. Never carries the request, a header or the token. */
export function azureError(error: unknown, request: AzureRequest): DrawbridgeError {
  const fault = connectionFault(error, request.operation, request.containerUrl, request.signal)
  if (fault !== null) return fault
  const facts = providerFacts(error)
  const providerCode = oneLine(facts.headers['x-ms-error-code'] ?? facts.providerCode, 100)
  const row = rowFor(providerCode, facts.providerMessage, facts.httpStatus)
  const where = request.key === undefined ? request.containerUrl : `${request.containerUrl}/${request.key}`
  return new DrawbridgeError({
    code: row.code,
    message: `${row.message}: \`${oneLine(where, 300)}\` (${providerCode})`,
    retry: row.retry ?? 'never',
    operation: request.operation,
    context: {
      ...errorContext({ ...facts, providerCode }),
      container: request.containerUrl,
      ...(request.key === undefined ? {} : { key: request.key }),
    },
    ...(row.help === undefined ? {} : { help: row.help }),
  })
}
