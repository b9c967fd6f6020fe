/** Credentials that are wrong, revoked or run out, and clocks that differ: no policy is looked at then. */
import type { Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

/** Names of stores that speak S3 and are not AWS, as people write them. */
const compatibleStores = [
  's3-compatible',
  's3 compatible',
  'minio',
  'ceph',
  'wasabi',
  'backblaze',
  'cloudflare',
  'spaces',
]

const tokenCodes = ['InvalidToken', 'InvalidClientTokenId', 'UnrecognizedClientException', 'AuthFailure']

export const credentialSymptoms: readonly Symptom[] = [
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
    id: 'checksum-unsupported',
    provider: 'aws',
    link: 'object',
    summary: 'the store speaks S3 and does not understand the checksum that newer SDKs send with every write',
    signs: [
      {
        any: ['x-amz-checksum', 'x-amz-sdk-checksum', 'x-amz-trailer', 'aws-chunked', 'checksum type mismatch'],
        codes: ['NotImplemented', 'InvalidRequest', 'InvalidArgument', 'MissingContentLength', 'SignatureDoesNotMatch'],
        not: ['object lock'],
        confidence: 'likely',
        because: 'the store stumbles over the checksum header',
      },
      {
        operations: ['s3:PutObject', 's3:UploadPart', 's3:CreateMultipartUpload'],
        codes: ['SignatureDoesNotMatch', 'XAmzContentSHA256Mismatch', 'BadDigest'],
        any: compatibleStores,
        confidence: 'likely',
        because: 'a write fails at a store that is not AWS, where the checksum in the trailer changes what is signed',
      },
      {
        operations: ['s3:PutObject', 's3:UploadPart'],
        codes: ['SignatureDoesNotMatch'],
        confidence: 'possible',
        because: 'stores that mishandle the checksum in the trailer say the same',
      },
    ],
    hints: ['upgrade', 'sdk', 'crc32', 'checksum'],
    repairs: [
      {
        side: 'ours',
        summary: 'send checksums only where they are required (`requestChecksumCalculation: WHEN_REQUIRED`)',
        opens: 'nothing else',
      },
    ],
    nextStep: 'write once with checksums only where required, before the secret is suspected',
    page: pages.checksums,
  },
  {
    id: 'region-not-enabled',
    provider: 'aws',
    link: 'session',
    summary:
      'the credentials are not good in this region or partition: the region is not enabled for their account, or the token came from the global STS endpoint',
    signs: [
      {
        codes: tokenCodes,
        any: ['opt-in', 'optional region', 'not enabled', 'global endpoint', 'partition', 'govcloud'],
        confidence: 'likely',
        because: 'AWS does not know the token there, and the text speaks of the region',
      },
      {
        codes: tokenCodes,
        confidence: 'possible',
        because: 'AWS says the same of a token that is good elsewhere, and not in this region',
      },
    ],
    hints: ['region', 'opt-in', 'partition', 'china', 'gov'],
    repairs: [
      {
        side: 'ours',
        summary: 'enable the region in the account of the caller, and call the STS of a region',
        opens: 'nothing else',
      },
    ],
    nextStep: 'call GetCallerIdentity with the same credentials in `us-east-1` and in the region that refused',
    page: pages.stsRegions,
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
    signs: [
      {
        codes: ['SignatureDoesNotMatch'],
        not: ['signature expired', 'signature not yet current'],
        confidence: 'likely',
        because: 'AWS computes another signature',
      },
    ],
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
]
