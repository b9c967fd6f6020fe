/**
 * Refusals of S3 calls. Within one account or organization S3 names the policy type; to others it says `Access Denied` and
 * nothing else. If several policy types refuse, only one is named, so a named type is a strong hint and not a proof.
 */
import type { Sign, Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const denied = ['AccessDenied', 'AccessDeniedException', '403', 'Forbidden']

const bare: Sign = {
  operations: ['s3:'],
  codes: denied,
  confidence: 'possible',
  because: 'S3 refused without saying which policy did',
}

const askForPolicies =
  'ask the administrator for the policies of the role and of the bucket, or to run `drawbridge diagnose` with read access'

export const s3Symptoms: readonly Symptom[] = [
  {
    id: 'missing-acl-permission',
    provider: 'aws',
    link: 'permissions',
    summary: 'an ACL is sent with the object, and `s3:PutObjectAcl` is not allowed',
    signs: [
      {
        all: ['s3:putobjectacl'],
        any: ['not authorized to perform'],
        confidence: 'likely',
        because: 'the denial names s3:PutObjectAcl',
      },
      { operations: ['s3:PutObjectAcl'], codes: denied, confidence: 'likely', because: 'the refused call sets an ACL' },
    ],
    hints: ['acl', 'bucket-owner-full-control', 'x-amz-acl'],
    repairs: [
      {
        side: 'ours',
        summary: 'stop sending the ACL, when the bucket owner owns every object anyway (`BucketOwnerEnforced`)',
        opens: 'nothing else',
      },
      {
        side: 'theirs',
        summary: 'allow `s3:PutObjectAcl` beside `s3:PutObject` on the same path',
        opens: 'ACLs of objects under that path',
      },
    ],
    nextStep: 'find out the Object Ownership of the bucket: with `BucketOwnerEnforced` no ACL is needed',
    page: pages.ownership,
  },
  {
    id: 'acl-not-supported',
    provider: 'aws',
    link: 'object',
    summary: 'the bucket has ACLs switched off, and the request sends one',
    signs: [
      { codes: ['AccessControlListNotSupported'], confidence: 'likely', because: 'S3 names the error' },
      { any: ['the bucket does not allow acls'], confidence: 'likely', because: 'S3 says so' },
    ],
    hints: ['acl'],
    repairs: [{ side: 'ours', summary: 'send no ACL: set `writing.acl` to `none`', opens: 'nothing else' }],
    nextStep: 'write again without an ACL',
    page: pages.ownership,
  },
  {
    id: 'missing-permission',
    provider: 'aws',
    link: 'permissions',
    summary: 'the permissions of the role do not allow the action on this key',
    signs: [
      {
        operations: ['s3:'],
        policyTypes: ['identity-based policy'],
        any: ['because no'],
        not: ['s3:putobjectacl', 'perform: kms:'],
        confidence: 'likely',
        because: 'S3 says that no identity-based policy allows the action',
      },
      bare,
    ],
    hints: ['permission', 'iam polic', 'updated', 'insufficient', 'policy change'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the action to the statement of the role that covers this path, as in `permissions-policy.json`',
        opens: 'nothing else',
      },
    ],
    nextStep: askForPolicies,
    page: pages.s3Denied,
  },
  {
    id: 'permissions-deny',
    provider: 'aws',
    link: 'permissions',
    summary: 'a Deny in an identity-based policy of the role refuses the action',
    signs: [
      {
        policyTypes: ['identity-based policy'],
        all: ['explicit deny'],
        confidence: 'likely',
        because: 'the denial names an explicit deny in an identity-based policy',
      },
    ],
    hints: ['deny', 'denies'],
    repairs: [
      { side: 'theirs', summary: 'except this role or this path from the Deny', opens: 'what the exception names' },
    ],
    nextStep: askForPolicies,
    page: pages.accessDenied,
  },
  {
    id: 'bucket-policy-deny',
    provider: 'aws',
    link: 'bucket-policy',
    summary: 'a Deny in the bucket policy refuses the request, whatever the role is allowed',
    signs: [
      {
        policyTypes: ['resource-based policy'],
        all: ['explicit deny'],
        confidence: 'likely',
        because: 'the denial names an explicit deny in a resource-based policy',
      },
      bare,
    ],
    hints: ['bucket policy', 'explicit deny', 'deny statement'],
    repairs: [
      {
        side: 'theirs',
        summary: 'except the role from the Deny with a condition on `aws:PrincipalArn`',
        opens: 'that Deny, for this role alone',
      },
    ],
    nextStep: askForPolicies,
    page: pages.s3Denied,
  },
  {
    id: 'bucket-policy-missing',
    provider: 'aws',
    link: 'bucket-policy',
    summary: 'the bucket is in another account than the role, and the bucket policy does not allow the role',
    signs: [
      {
        operations: ['s3:'],
        policyTypes: ['resource-based policy'],
        any: ['because no'],
        not: ['perform: kms:'],
        confidence: 'likely',
        because: 'the denial says that no resource-based policy allows the action',
      },
    ],
    hints: ['cross-account', 'another account', 'bucket policy'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the statements of `bucket-policy.json` to the bucket policy',
        opens: 'nothing else',
      },
    ],
    nextStep: askForPolicies,
    page: pages.s3Denied,
  },
  {
    id: 'principal-tag',
    provider: 'aws',
    link: 'permissions',
    summary:
      'a condition on `aws:PrincipalTag` wants another value than the session carries, or the session carries none',
    signs: [bare],
    hints: ['principaltag', 'principal tag', 'session tag', 'identity mapping', 'attribute', 'sso'],
    repairs: [
      { side: 'ours', summary: 'map the claim that the policy means to this tag', opens: 'nothing else' },
      { side: 'theirs', summary: 'name the value that the person really has', opens: 'sessions with that value' },
    ],
    nextStep:
      'compare the tags of the session, which CloudTrail shows under AssumeRole, with the conditions of the policies',
    page: pages.sessionTags,
  },
  {
    id: 'permissions-source-ip',
    provider: 'aws',
    link: 'permissions',
    summary: 'a condition on `aws:SourceIp` or a VPC endpoint refuses the address that the calls come from',
    signs: [bare],
    hints: ['source ip', 'sourceip', 'ip address', 'whitelist', 'vpc', 'network'],
    repairs: [
      {
        side: 'theirs',
        summary: 'drop the address condition for this role, or name its addresses',
        opens: 'the role from other addresses',
      },
    ],
    nextStep: askForPolicies,
    page: pages.conditionKeys,
  },
  {
    id: 'boundary',
    provider: 'aws',
    link: 'permissions',
    summary: 'the permissions boundary of the role does not allow the action',
    signs: [
      {
        policyTypes: ['permissions boundary'],
        confidence: 'likely',
        because: 'the denial names the permissions boundary',
      },
    ],
    hints: ['boundary'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the action to the boundary as well as to the role',
        opens: 'roles under the same boundary',
      },
    ],
    nextStep: askForPolicies,
    page: pages.accessDenied,
  },
  {
    id: 'session-policy',
    provider: 'aws',
    link: 'session',
    summary: 'the session policy that was sent with AssumeRole does not allow the action',
    signs: [{ policyTypes: ['session policy'], confidence: 'likely', because: 'the denial names the session policy' }],
    hints: ['session policy', 'downscop'],
    repairs: [
      {
        side: 'ours',
        summary: 'compare purpose, root path and KMS key of the connection with what is written',
        opens: 'nothing else',
      },
    ],
    nextStep: 'the session policy is ours: the customer has nothing to change',
    page: pages.accessDenied,
  },
  {
    id: 'organization-policy',
    provider: 'aws',
    link: 'permissions',
    summary: 'a policy of the organization (SCP or RCP) refuses the action, whatever role and bucket allow',
    signs: [
      {
        policyTypes: ['service control policy', 'resource control policy'],
        confidence: 'likely',
        because: 'the denial names an organization policy',
      },
      {
        codes: ['AllAccessDisabled', 'AccountIsDisabled'],
        confidence: 'possible',
        because: 'the account itself is restricted',
      },
    ],
    hints: ['scp', 'organization', 'control tower'],
    repairs: [
      {
        side: 'theirs',
        summary: 'ask whoever runs the organization to except this role or bucket',
        opens: 'what the exception names',
      },
    ],
    nextStep:
      'hand the text to whoever runs the customer’s AWS organization; newer denials carry the ARN of the policy',
    page: pages.accessDenied,
  },
  {
    id: 'block-public-access',
    provider: 'aws',
    link: 'bucket-policy',
    summary:
      'S3 Block Public Access refuses the request, or treats the bucket policy as public because of one wide statement',
    signs: [
      {
        any: ['s3 block public access', 'blockpublicpolicy', 'blockpublicacls', 'restrictpublicbuckets'],
        confidence: 'likely',
        because: 'the text names a setting of Block Public Access',
      },
    ],
    hints: ['public'],
    repairs: [
      {
        side: 'theirs',
        summary: 'narrow the statement of the bucket policy that makes it public; leave Block Public Access on',
        opens: 'nothing else',
      },
    ],
    nextStep: 'look for a statement with Principal `*` whose condition does not name fixed values',
    page: pages.publicAccess,
  },
  {
    id: 'vpc-endpoint-policy',
    provider: 'aws',
    link: 'permissions',
    summary: 'the policy of a VPC endpoint on the way refuses the action',
    signs: [
      {
        policyTypes: ['VPC endpoint policy'],
        confidence: 'likely',
        because: 'the denial names the VPC endpoint policy',
      },
    ],
    hints: ['vpc endpoint', 'vpce'],
    repairs: [
      {
        side: 'ours',
        summary: 'allow the bucket in the policy of the endpoint through which the calls leave',
        opens: 'that bucket',
      },
    ],
    nextStep: 'look at the endpoint policy of the network that the calls come from',
    page: pages.accessDenied,
  },
  {
    id: 'object-absent-or-denied',
    provider: 'aws',
    link: 'permissions',
    summary: 'S3 answers 403 for an object that does not exist, when the caller may not list the bucket',
    signs: [
      {
        operations: ['s3:HeadObject', 's3:GetObject'],
        codes: ['AccessDenied', '403', 'Forbidden'],
        any: ['headobject', 'head object'],
        confidence: 'likely',
        because: 'HEAD carries no text, and absent looks like denied without s3:ListBucket',
      },
    ],
    hints: ['exists', 'head'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow `s3:ListBucket` on the prefix, where the purpose reads',
        opens: 'the names of objects under the prefix',
      },
    ],
    nextStep: 'do not conclude from a 403 of HEAD that the object is there; an export needs no HEAD',
    page: pages.s3Denied,
  },
  {
    id: 'bucket-location-denied',
    provider: 'aws',
    link: 'permissions',
    summary: '`GetBucketLocation` is for the bucket’s owner; callers from other accounts are refused',
    signs: [
      {
        operations: ['s3:GetBucketLocation'],
        codes: denied,
        confidence: 'likely',
        because: 'the refused call is GetBucketLocation',
      },
    ],
    hints: ['region'],
    repairs: [
      {
        side: 'ours',
        summary: 'name the region of the bucket, or learn it from the header of HeadBucket',
        opens: 'nothing else',
      },
    ],
    nextStep: 'read the region from `x-amz-bucket-region`, which S3 sends even with a 403',
    page: pages.s3Errors,
  },
  {
    id: 'wrong-region',
    provider: 'aws',
    link: 'object',
    summary: 'the request was signed for another region than the bucket’s',
    signs: [
      {
        codes: ['AuthorizationHeaderMalformed', 'PermanentRedirect', 'IllegalLocationConstraintException'],
        confidence: 'likely',
        because: 'S3 names the region that it expects',
      },
      {
        any: ["expecting '", 'must be addressed using the specified endpoint'],
        confidence: 'likely',
        because: 'S3 names the region that it expects',
      },
    ],
    hints: ['region', 'endpoint'],
    repairs: [
      { side: 'ours', summary: 'set the region of the connection to the one that S3 names', opens: 'nothing else' },
    ],
    nextStep: 'take the region from the error or from `x-amz-bucket-region`',
    page: pages.s3Errors,
  },
  {
    id: 'bucket-missing',
    provider: 'aws',
    link: 'object',
    summary: 'the bucket does not exist under this name',
    signs: [{ codes: ['NoSuchBucket'], confidence: 'likely', because: 'S3 says so' }],
    hints: ['deleted', 'renamed'],
    repairs: [
      {
        side: 'ours',
        summary: 'correct the name of the bucket; if it was deleted, do not let anybody else take the name',
        opens: 'nothing else',
      },
    ],
    nextStep: 'ask the customer whether the bucket was renamed or deleted',
    page: pages.s3Errors,
  },
  {
    id: 'owner-mismatch',
    provider: 'aws',
    link: 'object',
    summary: 'the bucket belongs to another account than the one that is expected',
    signs: [
      {
        any: ['expected bucket owner', 'expectedbucketowner', 'x-amz-expected-bucket-owner'],
        codes: denied,
        confidence: 'likely',
        because: 'the text names the expected owner',
      },
    ],
    hints: ['owner'],
    repairs: [
      {
        side: 'ours',
        summary: 'stop: find out who owns the bucket before anything is sent to it',
        opens: 'nothing else',
      },
    ],
    nextStep: 'ask the customer for the account id of the bucket’s owner',
    page: pages.bucketOwner,
  },
  {
    id: 'checksum-required',
    provider: 'aws',
    link: 'object',
    summary: 'the bucket has Object Lock, and every upload and part must carry a checksum',
    signs: [
      {
        all: ['header is required for put', 'object lock'],
        confidence: 'likely',
        because: 'S3 asks for Content-MD5 or x-amz-checksum',
      },
    ],
    hints: ['object lock', 'retention', 'immutable'],
    repairs: [{ side: 'ours', summary: 'send a checksum with every object and every part', opens: 'nothing else' }],
    nextStep: 'switch the checksum on in the client that wrote this; Drawbridge always sends one',
    page: pages.objectLock,
  },
  {
    id: 'credentials-revoked',
    provider: 'aws',
    link: 'access-key',
    summary: 'the access key does not exist any more, or belongs to another partition or service',
    signs: [
      {
        codes: ['InvalidAccessKeyId', 'InvalidClientTokenId', 'UnrecognizedClientException'],
        confidence: 'likely',
        because: 'AWS does not know the key id',
      },
    ],
    hints: ['rotated', 'deleted'],
    repairs: [
      { side: 'ours', summary: 'get a new access key from the customer, or move to a role', opens: 'nothing else' },
    ],
    nextStep: 'do not retry: ask whether the key was rotated or deleted',
    page: pages.s3Errors,
  },
  {
    id: 'secret-wrong',
    provider: 'aws',
    link: 'access-key',
    summary: 'the secret access key is not the one that belongs to the key id, or the request was altered on its way',
    signs: [{ codes: ['SignatureDoesNotMatch'], confidence: 'likely', because: 'AWS computes another signature' }],
    hints: ['proxy', 'secret'],
    repairs: [
      {
        side: 'ours',
        summary: 'enter the secret access key again, without spaces; look for a proxy that rewrites headers',
        opens: 'nothing else',
      },
    ],
    nextStep: 'sign a GetCallerIdentity with the same key: if it is refused too, the secret is wrong',
    page: pages.s3Errors,
  },
  {
    id: 'session-expired',
    provider: 'aws',
    link: 'session',
    summary: 'the temporary credentials ran out and the client went on with them',
    signs: [
      {
        codes: ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'],
        confidence: 'likely',
        because: 'AWS says that the token expired',
      },
      {
        any: ['security token included in the request is expired', 'provided token has expired'],
        confidence: 'likely',
        because: 'AWS says that the token expired',
      },
    ],
    hints: ['expired', 'long upload'],
    repairs: [{ side: 'ours', summary: 'get a fresh session and send the request once more', opens: 'nothing else' }],
    nextStep: 'the policies are not the cause: credentials are refreshed only when their expiry is known to the client',
    page: pages.temporaryCredentials,
  },
  {
    id: 'token-invalid',
    provider: 'aws',
    link: 'session',
    summary: 'the session token does not belong to the key, or is of another partition',
    signs: [
      {
        codes: ['InvalidToken', 'InvalidIdentityToken'],
        confidence: 'likely',
        because: 'AWS does not accept the token',
      },
    ],
    hints: ['token'],
    repairs: [
      {
        side: 'ours',
        summary: 'get a fresh session; key, secret and token must be of one answer',
        opens: 'nothing else',
      },
    ],
    nextStep: 'look whether credentials of two sessions were mixed',
    page: pages.temporaryCredentials,
  },
  {
    id: 'clock-skew',
    provider: 'any',
    link: 'base-identity',
    summary:
      'the clock of the caller is more than fifteen minutes off, or the request waited that long before it was sent',
    signs: [
      {
        codes: ['RequestTimeTooSkewed', 'RequestExpired'],
        confidence: 'likely',
        because: 'AWS compares the two clocks',
      },
      {
        any: [
          'difference between the request time and the current time',
          'signature expired',
          'signature not yet current',
        ],
        confidence: 'likely',
        because: 'AWS compares the two clocks',
      },
    ],
    hints: ['clock', 'ntp', 'time'],
    repairs: [
      {
        side: 'ours',
        summary: 'set the clock by NTP; compare it with `ServerTime` in the answer',
        opens: 'nothing else',
      },
    ],
    nextStep: 'compare the clock with the Date header of any answer',
    page: pages.s3Errors,
  },
  {
    id: 'not-reached',
    provider: 'any',
    link: 'object',
    summary: 'the other side was never reached: the name does not resolve, or nothing answers there',
    signs: [
      {
        any: [
          'enotfound',
          'getaddrinfo',
          'could not connect to the endpoint',
          'name or service not known',
          'econnrefused',
          'dispatch failure',
          'no such host',
        ],
        confidence: 'likely',
        because: 'the failure is of the network, not of a policy',
      },
    ],
    hints: ['endpoint', 'region', 'proxy', 'firewall', 'dns'],
    repairs: [
      {
        side: 'ours',
        summary: 'check region and endpoint for a typing mistake, then the way out of our network',
        opens: 'nothing else',
      },
    ],
    nextStep: 'resolve the name of the endpoint where the service runs',
    page: pages.s3Errors,
  },
  {
    id: 'throttled',
    provider: 'any',
    link: 'object',
    summary: 'the other side asks for fewer requests; nothing is denied',
    signs: [
      {
        codes: ['SlowDown', 'Throttling', 'ThrottlingException', 'ServerBusy', 'TooManyRequestsException'],
        confidence: 'likely',
        because: 'the code says so',
      },
    ],
    hints: ['rate'],
    repairs: [{ side: 'ours', summary: 'wait and try again with fewer requests at once', opens: 'nothing else' }],
    nextStep: 'nothing has to be repaired; the delivery goes on by itself',
    page: pages.s3Errors,
  },
  {
    id: 'object-occupied',
    provider: 'any',
    link: 'object',
    summary: 'something stands at the key already, and nothing is overwritten',
    signs: [
      {
        codes: ['PreconditionFailed', 'BlobAlreadyExists', 'ConditionNotMet'],
        confidence: 'likely',
        because: 'the conditional write was refused',
      },
    ],
    hints: ['exists'],
    repairs: [
      {
        side: 'ours',
        summary: 'look whose object it is: an earlier send of the same delivery, or somebody else’s',
        opens: 'nothing else',
      },
    ],
    nextStep: 'compare size and checksum of what stands there with the report',
    page: pages.s3Errors,
  },
]
