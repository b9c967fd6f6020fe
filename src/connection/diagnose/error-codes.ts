/** Error codes of AWS and Azure in a pasted text: where they stand, and which plain words are codes. */

/** Codes stand in tags, members, parentheses and quotes; a plain mention of a known one counts too. */
const codePatterns: readonly RegExp[] = [
  /<Code>([A-Za-z][A-Za-z0-9.]{3,60})<\/Code>/g,
  /<AuthenticationErrorDetail>/g,
  /"(?:errorCode|code|Code|__type|name)"\s{0,4}:\s{0,4}"(?:[a-z.]{0,40}#)?([A-Za-z][A-Za-z0-9.]{3,60})"/g,
  /\berror occurred \(([A-Za-z0-9.]{3,60})\)/g,
  /\berror=['"]([A-Za-z][A-Za-z0-9.]{3,60})['"]/g,
  /\b(?:ErrorCode|Error ?Code|RESPONSE ERROR|Code|code)\s{0,2}[:=]\s{0,3}['"]?([A-Z][A-Za-z0-9.]{3,60})/g,
  /\bapi error ([A-Z][A-Za-z0-9.]{3,60}):/g,
]

const knownCodes: readonly string[] = [
  'AccessDenied',
  'AccessDeniedException',
  'AccessControlListNotSupported',
  'AllAccessDisabled',
  'AuthorizationHeaderMalformed',
  'BucketAlreadyExists',
  'ExpiredToken',
  'ExpiredTokenException',
  'IllegalLocationConstraintException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidIdentityToken',
  'InvalidToken',
  'KMS.DisabledException',
  'KMS.NotFoundException',
  'MalformedPolicyDocument',
  'BadDigest',
  'BucketAlreadyOwnedByYou',
  'ConditionalRequestConflict',
  'InvalidArgument',
  'InvalidBucketName',
  'InvalidObjectState',
  'InvalidParameterValue',
  'InvalidRequest',
  'NoCredentialsError',
  'NotImplemented',
  'ParamValidationError',
  'PermissionDenied',
  'ServerBusy',
  'Throttling',
  'ThrottlingException',
  'ValidationError',
  'ValidationException',
  'XAmzContentSHA256Mismatch',
  'NoSuchBucket',
  'NoSuchKey',
  'NoSuchUpload',
  'PackedPolicyTooLarge',
  'PackedPolicyTooLargeException',
  'PermanentRedirect',
  'PreconditionFailed',
  'RegionDisabledException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'SlowDown',
  'UnrecognizedClientException',
  'CredentialsProviderError',
  'AuthenticationFailed',
  'AuthorizationFailure',
  'AuthorizationPermissionMismatch',
  'AuthorizationProtocolMismatch',
  'AuthorizationResourceTypeMismatch',
  'AuthorizationServiceMismatch',
  'AuthorizationSourceIPMismatch',
  'BlobAlreadyExists',
  'BlobImmutableDueToPolicy',
  'ContainerNotFound',
  'InvalidAuthenticationInfo',
  'KeyBasedAuthenticationNotPermitted',
  'NoAuthenticationInformation',
  'PublicAccessNotPermitted',
  'UnauthorizedBlobOverwrite',
  'InvalidUri',
  'AccountIsDisabled',
]

/** Finds the error codes of a text, at most twenty; where only the words stand there, the code that goes with them. */
export function codesIn(text: string): string[] {
  const found = new Set<string>()
  for (const pattern of codePatterns) {
    for (const match of text.matchAll(pattern)) if (match[1] !== undefined) found.add(match[1])
  }
  const words = new Set(text.match(/\b[A-Z][A-Za-z.]{5,60}\b/g) ?? [])
  for (const code of knownCodes) if (words.has(code)) found.add(code)
  // Clients wrap the refusal in names of their own; the words still say what it was.
  const isNamed = knownCodes.some((code) => found.has(code))
  const isDenied =
    /access denied|not authorized to perform:? ["'`]?[a-z0-9-]{2,40}:[a-z]/i.test(text) ||
    (/\b403\b/.test(text) && /forbidden/i.test(text))
  if (!isNamed && isDenied) found.add('AccessDenied')
  return [...found].slice(0, 20)
}
