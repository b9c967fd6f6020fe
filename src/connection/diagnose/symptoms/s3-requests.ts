/** S3 calls that fail for what the request is, where it goes or what stands there, and not for a missing right. */
import type { Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const denied = ['AccessDenied', 'AccessDeniedException', '403', 'Forbidden']

export const s3RequestSymptoms: readonly Symptom[] = [
  {
    id: 'acl-not-supported',
    provider: 'aws',
    link: 'object',
    summary: 'the bucket has ACLs switched off, and the request sends one',
    signs: [
      { codes: ['AccessControlListNotSupported'], confidence: 'likely', because: 'S3 names the error' },
      {
        statuses: [400],
        codes: denied,
        operations: ['s3:CopyObject', 's3:PutObject', 's3:'],
        any: ['copy', 'acl', 'ownership'],
        confidence: 'likely',
        because: 'policies refuse with 403; a 400 is about what the request brings along, such as an ACL',
      },
      { any: ['the bucket does not allow acls'], confidence: 'likely', because: 'S3 says so' },
    ],
    hints: ['acl'],
    repairs: [{ side: 'ours', summary: 'send no ACL: set `writing.acl` to `none`', opens: 'nothing else' }],
    nextStep: 'write again without an ACL',
    page: pages.ownership,
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
    signs: [{ codes: ['NoSuchBucket', 'NoSuchBucketException'], confidence: 'likely', because: 'S3 says so' }],
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
      {
        operations: ['s3:'],
        codes: denied,
        policyTypes: ['unnamed'],
        any: ['gives no reason'],
        confidence: 'possible',
        because: 'S3 names the policy type to callers of the bucket’s own account, and here it gives no reason',
      },
      {
        codes: ['BucketAlreadyExists'],
        confidence: 'likely',
        because: 'the name of the bucket is taken by somebody else',
      },
      {
        any: ['owned by another account', 'different account', 'belongs to another'],
        codes: denied,
        confidence: 'likely',
        because: 'the text says that the bucket is somebody else’s',
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
    id: 'object-locked',
    provider: 'aws',
    link: 'object',
    summary: 'the object is under Object Lock: it can be neither overwritten nor deleted before its retention ends',
    signs: [
      {
        any: ['worm protected', 'protected by object lock', 'objectlocked', 'object lock retention', 'legal hold'],
        confidence: 'likely',
        because: 'S3 names the lock',
      },
      {
        codes: ['InvalidObjectState', 'InvalidRetentionPeriod', 'ObjectLockConfigurationNotFoundError'],
        confidence: 'likely',
        because: 'S3 names the lock',
      },
    ],
    hints: ['retention', 'compliance mode', 'governance', 'immutable'],
    repairs: [{ side: 'ours', summary: 'write under a new name; what stands there is kept', opens: 'nothing else' }],
    nextStep: 'nothing has to be repaired; names of deliveries are new anyway',
    page: pages.objectLock,
  },
  {
    id: 'input-malformed',
    provider: 'any',
    link: 'object',
    summary: 'a value that was entered does not have its form: an ARN, a bucket’s name, a URL',
    signs: [
      {
        codes: [
          'InvalidBucketName',
          'ParamValidationError',
          'InvalidResourceName',
          'InvalidUri',
          'InvalidURI',
          'OutOfRangeInput',
        ],
        confidence: 'likely',
        because: 'the code is about the form of a value',
      },
      {
        codes: [
          'ValidationError',
          'ValidationException',
          'InvalidParameterValue',
          'InvalidParameter',
          'InvalidInput',
          'InvalidArgument',
        ],
        any: [
          'failed to satisfy constraint',
          'is invalid',
          'not valid',
          'invalid arn',
          'must match',
          'must be',
          'parameter validation',
        ],
        not: ['externalid', 'security token', 'durationseconds', 'x-amz-checksum', 'transitive'],
        confidence: 'likely',
        because: 'the text is about the form of a value',
      },
      {
        any: [
          'specified bucket is not valid',
          'invalid bucket name',
          'parameter validation failed',
          'is not a valid arn',
        ],
        confidence: 'likely',
        because: 'the text is about the form of a value',
      },
    ],
    hints: ['space', 'paste', 'typo', 'slash', 'quotes'],
    repairs: [
      {
        side: 'ours',
        summary: 'enter the value again, without spaces, quotes and slashes at its ends',
        opens: 'nothing else',
      },
    ],
    nextStep: 'look at the value that the text names, character for character',
    page: pages.s3Errors,
  },
  {
    id: 'tls-untrusted',
    provider: 'any',
    link: 'object',
    summary: 'the certificate of the other side, or of a proxy on the way, is not trusted',
    signs: [
      {
        any: [
          'unable to verify the first certificate',
          'self signed certificate',
          'self-signed certificate',
          'certificate verify failed',
          'cert_has_expired',
          'certificate has expired',
          'pkix path building failed',
          'certificate signed by unknown authority',
          'altname',
        ],
        confidence: 'likely',
        because: 'the failure is of the certificate, not of a policy',
      },
    ],
    hints: ['proxy', 'certificate', 'ca bundle'],
    repairs: [
      {
        side: 'ours',
        summary:
          'give the service the authority that signed the certificate, or go around the proxy; never switch the check off',
        opens: 'nothing else',
      },
    ],
    nextStep: 'look at the certificate that the endpoint shows where the service runs',
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
          'unknownhost',
          'name resolution',
          'etimedout',
          'connect timeout',
          'connection timed out',
          'unable to execute http request',
          'network is unreachable',
          'connection refused',
          'econnreset',
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
