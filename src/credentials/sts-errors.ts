/** Translates what STS answers into `DrawbridgeError`. Each row names the page that defines the code. */
import type { ErrorCode, Retry } from '../base/index.ts'
import { DrawbridgeError } from '../base/index.ts'
import { connectionFault, errorContext, providerFacts } from './provider-error.ts'

interface Row {
  readonly code: ErrorCode
  readonly retry?: Retry
  readonly message: string
  readonly help?: string
}

// Common codes: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
const refused: Row = { code: 'access-denied', message: 'STS refused the request' }
const keyRefused: Row = {
  code: 'access-denied',
  message: 'STS does not accept the access key',
  help: 'check that the key exists, is active and belongs to this partition',
}
const expired: Row = { code: 'session-expired', message: 'the credentials that signed the request have run out' }
const noRole: Row = { code: 'access-denied', message: 'the role does not exist' }
const tokenRefused: Row = {
  code: 'access-denied',
  message: 'STS does not accept our ID token',
  help: 'the role’s account must have registered our issuer with our audience, and AWS must be able to read our issuer’s keys',
}
const slower: Row = { code: 'throttled', retry: 'later', message: 'STS asks for fewer requests' }
const down: Row = { code: 'unavailable', retry: 'later', message: 'STS can not answer now' }

const rows: Readonly<Record<string, Row>> = {
  AccessDenied: refused,
  AccessDeniedException: refused,
  UnauthorizedOperation: refused,
  NotAuthorized: refused,
  OptInRequired: refused,
  InvalidClientTokenId: keyRefused,
  UnrecognizedClientException: keyRefused,
  InvalidAccessKeyId: keyRefused,
  MissingAuthenticationToken: keyRefused,
  SignatureDoesNotMatch: { ...keyRefused, message: 'STS computes another signature: the secret key is wrong' },
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  // RequestExpired is said of the request's own time stamp.
  RequestExpired: {
    code: 'clock-skew',
    retry: 'later',
    message: 'the request was older than STS accepts when it arrived',
  },
  RequestTimeTooSkewed: {
    code: 'clock-skew',
    retry: 'later',
    message: 'this machine’s clock differs too much from that of STS',
  },
  Throttling: slower,
  ThrottlingException: slower,
  RequestLimitExceeded: slower,
  SlowDown: slower,
  TooManyRequestsException: slower,
  InternalFailure: down,
  InternalError: down,
  ServiceUnavailable: down,
  // AssumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Errors
  RegionDisabledException: {
    code: 'wrong-region',
    message: 'STS is not activated in this region for the account',
    help: 'use a region in which the account has STS activated',
  },
  RegionDisabled: { code: 'wrong-region', message: 'STS is not activated in this region for the account' },
  PackedPolicyTooLarge: {
    code: 'input-invalid',
    message: 'session policy and tags are larger than STS can pack',
    help: 'map fewer tags, or shorten the root path',
  },
  PackedPolicyTooLargeException: {
    code: 'input-invalid',
    message: 'session policy and tags are larger than STS can pack',
  },
  MalformedPolicyDocument: { code: 'input-invalid', message: 'STS can not read the session policy' },
  MalformedPolicyDocumentException: { code: 'input-invalid', message: 'STS can not read the session policy' },
  ValidationError: { code: 'input-invalid', message: 'STS does not accept a parameter of the request' },
  ValidationException: { code: 'input-invalid', message: 'STS does not accept a parameter of the request' },
  InvalidParameterValue: { code: 'input-invalid', message: 'STS does not accept a parameter of the request' },
  NoSuchEntity: noRole,
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
  InvalidIdentityToken: tokenRefused,
  InvalidIdentityTokenException: tokenRefused,
  IDPRejectedClaim: tokenRefused,
  IDPRejectedClaimException: tokenRefused,
  IDPCommunicationError: {
    code: 'unavailable',
    retry: 'later',
    message: 'AWS can not reach the issuer of our ID token',
    help: 'what the issuer publishes under `/.well-known/` must be readable by everybody, over https',
  },
}

/** The same code means the end of a session for signed calls, and the end of the ID token for this one. */
const expiredToken: Row = {
  code: 'clock-skew',
  retry: 'later',
  message: 'STS finds our ID token past its end',
  help: 'set the clock of this machine; where the token comes from a file, see that it is replaced in time',
}

function rowFor(providerCode: string, providerMessage: string, status: number | undefined): Row {
  // Sent as SignatureDoesNotMatch: https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
  if (/^Signature (expired|not yet current)/i.test(providerMessage)) {
    return { code: 'clock-skew', retry: 'later', message: 'this machine’s clock differs too much from that of STS' }
  }
  const row = Object.hasOwn(rows, providerCode) ? rows[providerCode] : undefined
  if (row !== undefined) return row
  if (status === 429) return slower
  if (status !== undefined && status >= 500) return down
  if (status === 401 || status === 403) return refused
  // Ceph RGW has no code for it.
  if (status === 404) return noRole
  if (status !== undefined && status >= 400) {
    return { code: 'input-invalid', message: 'STS does not accept the request' }
  }
  return { code: 'protocol-broken', message: 'STS answered something that can not be understood' }
}

/** Translates anything that a call to STS threw. Never carries the request, a header or a secret. */
export function stsError(error: unknown, operation: string, endpoint: string, signal?: AbortSignal): DrawbridgeError {
  const fault = connectionFault(error, operation, endpoint, signal)
  if (fault !== null) return fault
  const facts = providerFacts(error)
  const isTokenEnd = operation === 'sts:AssumeRoleWithWebIdentity' && /^ExpiredToken/.test(facts.providerCode)
  const row = isTokenEnd ? expiredToken : rowFor(facts.providerCode, facts.providerMessage, facts.httpStatus)
  return new DrawbridgeError({
    code: row.code,
    message: `${row.message} (${facts.providerCode})`,
    retry: row.retry ?? 'never',
    operation,
    context: errorContext(facts),
    ...(row.help === undefined ? {} : { help: row.help }),
  })
}
