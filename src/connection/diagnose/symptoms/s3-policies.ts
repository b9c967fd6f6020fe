/**
 * Refusals of S3 calls. Within one account or organization S3 names the policy type; to others it says `Access Denied` and
 * nothing else. If several policy types refuse, only one is named, so a named type is a strong hint and not a proof.
 */
import type { Sign, Symptom } from '../symptom.ts'
import { pages } from './pages.ts'

const denied = ['AccessDenied', 'AccessDeniedException', '403', 'Forbidden']

/** S3 names no policy. */
export const bareRefusal: Sign = {
  operations: ['s3:'],
  codes: denied,
  policyTypes: ['unnamed'],
  confidence: 'possible',
  because: 'S3 refused without saying which policy did',
}

/** Calls on the bucket itself. */
const bucketCalls = ['s3:ListBucket', 's3:ListObjects', 's3:ListObjectsV2', 's3:HeadBucket', 's3:ListMultipartUploads']

const writeCalls = ['s3:PutObject', 's3:CreateMultipartUpload', 's3:UploadPart']

/** A condition that does not hold reads as a permission that is not there. */
const conditional: Sign = {
  operations: ['s3:'],
  codes: denied,
  policyTypes: ['identity-based policy'],
  any: ['because no'],
  not: ['perform: kms:'],
  confidence: 'possible',
  because: 'a condition that does not hold reads as a permission that is not there',
}

/** What to ask for where policies decide. */
export const askForPolicies =
  'ask the administrator for the policies of the role and of the bucket, or to run `drawbridge diagnose` with read access'

export const s3PolicySymptoms: readonly Symptom[] = [
  {
    id: 'missing-acl-permission',
    provider: 'aws',
    link: 'permissions',
    summary: 'an ACL is sent with the object, and `s3:PutObjectAcl` is not allowed',
    signs: [
      { ...bareRefusal, any: ['acl'], because: 'an ACL is spoken of, and it needs a permission of its own' },
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
    id: 'missing-bucket-permission',
    provider: 'aws',
    link: 'permissions',
    summary:
      'the permissions name the objects (`bucket/*`) and not the bucket itself, which listing and HeadBucket need; it looks like a failed login',
    signs: [
      {
        operations: bucketCalls,
        codes: denied,
        policyTypes: ['unnamed'],
        confidence: 'possible',
        because: 'the refused call is one on the bucket, not on an object',
      },
      {
        any: ['perform: s3:listbucket on', 'perform: s3:listbucket because', 'perform: s3:listbucketmultipartuploads'],
        policyTypes: ['identity-based policy'],
        not: ['explicit deny'],
        confidence: 'likely',
        because: 'the denial names an action on the bucket',
      },
    ],
    hints: ['list', 'head bucket', 'headbucket', 'bucket level', 'bucket-level', 'authentication'],
    repairs: [
      {
        side: 'theirs',
        summary: 'allow `s3:ListBucket` on the bucket’s own ARN, without `/*`, where the purpose reads',
        opens: 'the names of the objects in the bucket',
      },
    ],
    nextStep: 'write or read one object: if that works, only the bucket’s own ARN is missing; an export needs neither',
    page: pages.listing,
  },
  {
    id: 'missing-permission',
    provider: 'aws',
    link: 'permissions',
    summary: 'no permission of the role allows the action on this key, or only under a condition that does not hold',
    signs: [
      {
        operations: ['s3:'],
        policyTypes: ['identity-based policy'],
        any: ['because no'],
        not: ['s3:putobjectacl', 'perform: kms:'],
        confidence: 'likely',
        because: 'S3 says that no identity-based policy allows the action',
      },
      bareRefusal,
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
    id: 'encryption-demanded',
    provider: 'aws',
    link: 'bucket-policy',
    summary: 'the bucket policy refuses writes that do not carry the encryption header it demands',
    signs: [
      {
        operations: writeCalls,
        codes: denied,
        any: ['server-side-encryption', 'server side encryption', 'sse header', 'encryption header', 'unencrypted'],
        policyTypes: ['unnamed', 'resource-based policy'],
        confidence: 'likely',
        because: 'a write is refused, and the text speaks of the encryption header',
      },
      {
        operations: writeCalls,
        codes: denied,
        any: ['encrypt', 'sse', 'aes256'],
        policyTypes: ['unnamed'],
        confidence: 'possible',
        because: 'a bucket policy that demands an encryption header refuses in the same words',
      },
    ],
    hints: ['sse', 'encrypt', 'aes256'],
    repairs: [
      { side: 'ours', summary: 'send the encryption header that the policy names', opens: 'nothing else' },
      {
        side: 'theirs',
        summary: 'drop the statement: since 2023 S3 encrypts everything, and a default key needs no header',
        opens: 'writes without the header, which are encrypted all the same',
      },
    ],
    nextStep: 'write once with `x-amz-server-side-encryption`, and once without',
    page: pages.encryptionDemanded,
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
      bareRefusal,
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
    id: 'acl-demanded',
    provider: 'aws',
    link: 'bucket-policy',
    summary: 'the bucket policy takes only writes that carry the ACL `bucket-owner-full-control`',
    signs: [
      {
        operations: writeCalls,
        codes: denied,
        any: ['bucket-owner-full-control', 's3:x-amz-acl'],
        policyTypes: ['unnamed', 'resource-based policy'],
        confidence: 'possible',
        because: 'a write is refused, and the text speaks of the ACL that hands the object over',
      },
    ],
    hints: ['acl', 'full control', 'ownership'],
    repairs: [
      { side: 'ours', summary: 'send `bucket-owner-full-control` with every object', opens: 'nothing else' },
      {
        side: 'theirs',
        summary: 'set Object Ownership to `BucketOwnerEnforced` and drop the statement',
        opens: 'nothing else',
      },
    ],
    nextStep: 'write once with the ACL `bucket-owner-full-control`, and once without',
    page: pages.ownership,
  },
  {
    id: 'bucket-policy-missing',
    provider: 'aws',
    link: 'bucket-policy',
    summary: 'the bucket is in another account than the role, and the bucket policy does not allow the role',
    signs: [
      {
        ...bareRefusal,
        any: ['cross-account', 'cross account', 'another account', 'other account', 'different account'],
        because: 'across accounts the bucket policy must allow the role too, and S3 gives no reason',
      },
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
    signs: [bareRefusal, conditional],
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
    signs: [bareRefusal, conditional],
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
]
