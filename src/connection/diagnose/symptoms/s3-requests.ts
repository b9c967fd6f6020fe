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
