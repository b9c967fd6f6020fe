/** Refusals of Azure Blob Storage with a SAS token. Azure’s code and its AuthenticationErrorDetail tell most of them apart. */
import type { Sign, Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const failed = ['AuthenticationFailed', 'AuthorizationFailure']
/** A failed authentication, without the detail that would tell. */
const bareFailure: Sign = {
  codes: ['AuthenticationFailed'],
  not: [
    'time frame',
    'well formed',
    'did not match',
    'is mandatory',
    'cannot be empty',
    'signed expiry',
    'signed resource',
  ],
  confidence: 'possible',
  because: 'Azure does not say more',
}

/** The same sentence under another code, as some versions of the service and its emulator have it. */
const sameSentence: Sign = { ...bareFailure, codes: ['AuthorizationFailure'], any: ['failed to authenticate'] }

const newToken = {
  side: 'theirs',
  summary: 'make a new SAS token with `apply-azure-cli.sh` and hand it over',
  opens: 'nothing else',
} as const

export const azureSymptoms: readonly Symptom[] = [
  {
    id: 'sas-key-window',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the user delegation key behind the token is not valid now, whatever the token itself says',
    signs: [{ any: ['key time frame'], confidence: 'likely', because: 'Azure names the time frame of the key' }],
    hints: ['user delegation', 'entra'],
    repairs: [
      {
        side: 'theirs',
        summary: 'make a new user delegation key, started some minutes in the past, and a token that ends before it',
        opens: 'nothing else',
      },
    ],
    nextStep: 'compare `skt` and `ske` of the token with the present time in UTC',
    page: pages.sasTroubleshooting,
  },
  {
    id: 'sas-window-inverted',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the token ends before it begins, or lacks its end',
    signs: [
      {
        any: ['signed expiry time', 'must be after signed start', 'signed expiry must be specified', 'expiry must be'],
        confidence: 'likely',
        because: 'Azure names the end of the token',
      },
    ],
    hints: ['expiry', 'start'],
    repairs: [newToken],
    nextStep: 'compare `st` and `se` of the token; without both, the stored access policy has to say them',
    page: pages.sas,
  },
  {
    id: 'sas-expired',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the SAS token has expired, or is not valid yet',
    signs: [
      {
        any: ['not valid in the specified time frame', 'sas token has expired', 'sas token expired', 'sas is expired'],
        confidence: 'likely',
        because: 'Azure names the time frame of the token',
      },
      { ...bareFailure, because: 'Azure says so of expired tokens too' },
      { ...sameSentence, because: 'Azure says so of expired tokens too' },
    ],
    hints: ['expired', 'expiry', 'worked until', 'se='],
    repairs: [newToken],
    nextStep: 'read `st` and `se` of the token, in UTC; the token itself need not be sent anywhere for that',
    page: pages.sas,
  },
  {
    id: 'sas-signature-mangled',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the signature was changed on its way: decoded or encoded once too often',
    signs: [
      {
        any: ['signature fields not well formed', 'signature did not match', 'signature size is invalid'],
        confidence: 'likely',
        because: 'Azure can not read the signature, or computes another',
      },
      { ...bareFailure, because: 'Azure says so of a changed signature too' },
      { ...sameSentence, because: 'Azure says so of a changed signature too' },
    ],
    hints: ['decode', 'encode', 'url', 'copied', 'rotated', 'key regenerated'],
    repairs: [
      { side: 'ours', summary: 'enter the token again, byte for byte as it was made', opens: 'nothing else' },
      newToken,
    ],
    nextStep:
      'look whether `sig` ends in `%3D` and holds neither a space nor a bare `+`; else ask whether the account’s key was rolled',
    page: pages.sas,
  },
  {
    id: 'sas-other-resource',
    provider: 'azure',
    link: 'sas-token',
    summary:
      'the token was signed for another container or path than the one that is called: a slash too many is enough',
    signs: [
      {
        any: ['signed resource is not allowed', 'specified signed resource', 'not allowed for the this resource level'],
        confidence: 'likely',
        because: 'Azure says that the signed resource is not the one that is called',
      },
      { ...bareFailure, because: 'Azure computes another signature for another path' },
      { ...sameSentence, because: 'Azure computes another signature for another path' },
    ],
    hints: ['container name', 'trailing slash', 'double slash', 'canonical', 'other container', 'renamed'],
    repairs: [
      { side: 'ours', summary: 'enter the container’s URL again, without slashes at its end', opens: 'nothing else' },
      newToken,
    ],
    nextStep: 'compare the path in the string to sign, which Azure prints, with the URL that was called',
    page: pages.sas,
  },
  {
    id: 'sas-question-mark',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the token was pasted with its question mark, so that Azure reads the first field under another name',
    signs: [
      { ...bareFailure, because: 'Azure says so of a token whose first field it can not find, too' },
      { ...sameSentence, because: 'Azure says so of a token whose first field it can not find, too' },
      {
        any: ['sr is mandatory', 'sv is mandatory', 'cannot be empty', '%3fsv=', '??sv=', "double '?'"],
        confidence: 'likely',
        because: 'Azure does not find a field that stands first in the token',
      },
    ],
    hints: ['connection string', 'paste', 'question mark', 'sharedaccesssignature='],
    repairs: [
      { side: 'ours', summary: 'enter the token again without the leading question mark', opens: 'nothing else' },
    ],
    nextStep: 'look at the request’s URL for `??` or `%3F`',
    page: pages.sas,
  },
  {
    id: 'sas-overwrite',
    provider: 'azure',
    link: 'object',
    summary: 'the token may create blobs (`c`) and not overwrite them (`w`), and something stands at the name',
    signs: [{ codes: ['UnauthorizedBlobOverwrite'], confidence: 'likely', because: 'Azure names the code' }],
    hints: ['overwrite', 'exists'],
    repairs: [{ side: 'ours', summary: 'write under a new name; what stands there is kept', opens: 'nothing else' }],
    nextStep: 'look whose blob stands there; for an export the refusal is right',
    page: pages.sas,
  },
  {
    id: 'sas-letters',
    provider: 'azure',
    link: 'sas-token',
    summary:
      'the token lacks a permission letter for this operation, or, for a user delegation token, its signer lacks the role',
    signs: [
      { codes: ['AuthorizationPermissionMismatch'], confidence: 'likely', because: 'Azure names the code' },
      { any: ['perform this operation using this permission'], confidence: 'likely', because: 'Azure says so' },
    ],
    hints: ['permission', 'sp=', 'role assignment', 'rbac'],
    repairs: [newToken],
    nextStep:
      'compare `sp` of the token with the letters in the set-up kit; with `skoid` in it, look at the signer’s role as well',
    page: pages.sas,
  },
  {
    id: 'sas-resource-type',
    provider: 'azure',
    link: 'sas-token',
    summary: 'an account SAS was used whose resource types do not include this one',
    signs: [
      {
        codes: ['AuthorizationResourceTypeMismatch', 'AuthorizationServiceMismatch'],
        confidence: 'likely',
        because: 'Azure names the code',
      },
    ],
    hints: ['srt', 'account sas'],
    repairs: [newToken],
    nextStep: 'ask for a token of the container instead of one of the account',
    page: pages.sas,
  },
  {
    id: 'sas-protocol',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the token is for HTTPS only, and the request came over HTTP',
    signs: [
      {
        codes: ['AuthorizationProtocolMismatch', 'AccountRequiresHttps'],
        confidence: 'likely',
        because: 'Azure names the code',
      },
    ],
    hints: ['http://'],
    repairs: [{ side: 'ours', summary: 'use the https URL of the container', opens: 'nothing else' }],
    nextStep: 'look at the scheme of the container’s URL',
    page: pages.sas,
  },
  {
    id: 'sas-source-ip',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the token is bound to addresses (`sip`) that the request did not come from',
    signs: [{ codes: ['AuthorizationSourceIPMismatch'], confidence: 'likely', because: 'Azure names the code' }],
    hints: ['ip address', 'sip'],
    repairs: [newToken],
    nextStep: 'ask for a token without `sip`, or name our fixed addresses',
    page: pages.sas,
  },
  {
    id: 'shared-key-off',
    provider: 'azure',
    link: 'sas-token',
    summary: 'the account does not permit shared keys any more, which ends every service and account SAS',
    signs: [{ codes: ['KeyBasedAuthenticationNotPermitted'], confidence: 'likely', because: 'Azure names the code' }],
    hints: ['shared key', 'entra only'],
    repairs: [
      { side: 'theirs', summary: 'make a user delegation SAS, which needs no account key', opens: 'nothing else' },
    ],
    nextStep: 'ask whether shared key access was switched off on purpose',
    page: pages.sasTroubleshooting,
  },
  {
    id: 'azure-network',
    provider: 'azure',
    link: 'container',
    summary: 'the firewall of the storage account refuses the address that the calls come from',
    signs: [
      {
        codes: ['AuthorizationFailure'],
        not: ['failed to authenticate'],
        confidence: 'possible',
        because: 'Azure says AuthorizationFailure when the network rules refuse',
      },
      {
        any: ['request is not authorized to perform this operation.'],
        codes: failed,
        confidence: 'possible',
        because: 'Azure gives no further reason',
      },
      { codes: ['PublicAccessNotPermitted'], confidence: 'likely', because: 'the request went out without a token' },
    ],
    hints: ['firewall', 'network', 'vnet', 'private endpoint', 'selected networks'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow our addresses in the account’s network rules',
        opens: 'the account’s endpoint, from those addresses',
      },
    ],
    nextStep: 'try the same token from a network that is allowed',
    page: pages.sasTroubleshooting,
  },
  {
    id: 'sas-policy-revoked',
    provider: 'azure',
    link: 'sas-token',
    summary:
      'the stored access policy that the token refers to was removed or changed, or has run out, which ends the token',
    signs: [
      {
        any: ['stored access policy', 'sas identifier', 'signed identifier'],
        codes: ['AuthenticationFailed', 'AuthorizationFailure', 'AuthorizationPermissionMismatch'],
        confidence: 'likely',
        because: 'the text speaks of the stored access policy',
      },
      {
        codes: ['AuthorizationFailure'],
        confidence: 'possible',
        because: 'a token whose stored access policy is gone is refused in the same words',
      },
      { ...bareFailure, because: 'a token whose stored access policy is gone is refused in the same words' },
      { ...sameSentence, because: 'a token whose stored access policy is gone is refused in the same words' },
    ],
    hints: ['access policy', 'revoked', 'identifier', 'si='],
    repairs: [
      {
        side: 'theirs',
        summary: 'make the stored access policy again with `apply-azure-cli.sh`; the tokens bound to it work again',
        opens: 'the tokens that refer to it',
      },
    ],
    nextStep: 'list the stored access policies of the container, and compare with `si` of the token',
    page: pages.storedPolicy,
  },
  {
    id: 'container-missing',
    provider: 'azure',
    link: 'container',
    summary: 'the container does not exist',
    signs: [{ codes: ['ContainerNotFound', 'ContainerBeingDeleted'], confidence: 'likely', because: 'Azure says so' }],
    hints: ['deleted'],
    repairs: [{ side: 'ours', summary: 'correct the URL of the container', opens: 'nothing else' }],
    nextStep: 'ask the customer whether the container was renamed or deleted',
    page: pages.blobErrors,
  },
  {
    id: 'blob-immutable',
    provider: 'azure',
    link: 'object',
    summary: 'the blob is immutable: a retention policy or a legal hold protects it',
    signs: [{ codes: ['BlobImmutableDueToPolicy'], confidence: 'likely', because: 'Azure names the code' }],
    hints: ['worm', 'retention', 'legal hold'],
    repairs: [{ side: 'ours', summary: 'write under a new name', opens: 'nothing else' }],
    nextStep: 'nothing has to be repaired; names of deliveries are new anyway',
    page: pages.blobErrors,
  },
]
