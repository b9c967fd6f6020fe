/** Refusals of the KMS key behind an object. S3 reports them under its own operation. */
import type { Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const nextKey = 'ask the administrator for the key policy, and for the permissions of the role on this key'

export const kmsSymptoms: readonly Symptom[] = [
  {
    id: 'kms-key-missing',
    provider: 'aws',
    link: 'kms-key',
    summary: 'the KMS key does not exist, is disabled, or waits for its deletion',
    signs: [
      {
        codes: [
          'KMS.NotFoundException',
          'KMS.DisabledException',
          'KMS.KMSInvalidStateException',
          'KMSInvalidStateException',
          'KMS.InvalidStateException',
          'KMS.DisabledOrInvalidState',
        ],
        confidence: 'likely',
        because: 'KMS names the state of the key',
      },
      {
        all: ['key'],
        any: ['pending deletion', 'is pending import', 'kms.disabled'],
        confidence: 'likely',
        because: 'KMS names the state of the key',
      },
    ],
    hints: ['key deleted', 'disabled'],
    repairs: [{ side: 'theirs', summary: 'enable the key again, or encrypt with another', opens: 'nothing else' }],
    nextStep: nextKey,
    page: pages.kmsForS3,
  },
  {
    id: 'kms-multipart-decrypt',
    provider: 'aws',
    link: 'kms-key',
    summary: 'multipart uploads under a KMS key need `kms:Decrypt` too, to go on from part to part',
    signs: [
      {
        operations: ['s3:'],
        codes: ['AccessDenied'],
        policyTypes: ['unnamed'],
        any: ['multipart', 'uploadpart'],
        confidence: 'possible',
        because: 'a multipart upload is refused, and under a KMS key it needs one right more than a single write',
      },
      {
        all: ['kms:decrypt'],
        any: ['multipart', 'uploadpart', 'createmultipartupload', 'completemultipartupload'],
        confidence: 'likely',
        because: 'a multipart upload is refused for kms:Decrypt',
      },
    ],
    hints: ['multipart', 'large file', 'big file'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow `kms:Decrypt` beside `kms:GenerateDataKey` on the key, by way of S3',
        opens: 'objects under this key, where S3 allows reading them',
      },
    ],
    nextStep: nextKey,
    page: pages.multipart,
  },
  {
    id: 'kms-key-policy',
    provider: 'aws',
    link: 'kms-key',
    summary: 'the key policy does not let the role use the key, or the key is in another account or region',
    signs: [
      {
        all: ['kms:'],
        any: ['no resource-based polic', 'explicitly denies access', 'does not exist in this region'],
        confidence: 'likely',
        because: 'the denial of a KMS action names the key’s own policy',
      },
      {
        any: [
          'customer master key that does not exist',
          'ciphertext refers to a customer master key',
          'the ciphertext refers to',
        ],
        confidence: 'likely',
        because: 'KMS will not say whether the key exists or is denied',
      },
    ],
    hints: ['kms', 'cmk', 'encryption key', 'customer managed key'],
    repairs: [
      {
        side: 'theirs',
        summary: 'add the statement of `key-policy.json` to the key policy, which names the role',
        opens: 'the key, for this role, by way of S3',
      },
    ],
    nextStep: nextKey,
    page: pages.kmsForS3,
  },
  {
    id: 'missing-kms-permission',
    provider: 'aws',
    link: 'permissions',
    summary:
      'the bucket is encrypted with a KMS key, and the role lacks `kms:GenerateDataKey` (to write) or `kms:Decrypt` (to read)',
    signs: [
      {
        all: ['kms:'],
        any: ['not authorized to perform: kms:', 'not authorized to perform kms:'],
        not: ['resource-based polic'],
        confidence: 'likely',
        because: 'the denial names a KMS action',
      },
      {
        operations: ['s3:'],
        codes: ['AccessDenied'],
        policyTypes: ['unnamed'],
        confidence: 'possible',
        because: 'S3 refuses a write in the same words when the key of the bucket refuses',
      },
    ],
    hints: ['kms', 'cmk', 'encrypt', 'sse', 'customer managed key', 'generatedatakey'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow the role the KMS action on this key, as in `permissions-policy.json`',
        opens: 'the key, for this role',
      },
      {
        side: 'ours',
        summary: 'name the key in the connection, so that session policy and set-up kit include it',
        opens: 'nothing else',
      },
    ],
    nextStep: nextKey,
    page: pages.kmsForS3,
  },
]
