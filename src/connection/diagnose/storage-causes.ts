/** The causes that storage probes point at: what was accepted with one thing changed. Data and words; nothing is tried here. */
import type { Cause, Connection } from '../../contract/index.ts'

type Writing = Connection['writing']

const asInKit = 'as in `permissions-policy.json`'

/** Accepted without its ACL. */
export function aclCause(acl: Writing['acl']): Cause {
  return {
    id: 'missing-acl-permission',
    confidence: 'likely',
    link: 'permissions',
    summary: 'the write is accepted without its ACL: `s3:PutObjectAcl` is not allowed, or the bucket takes no ACLs',
    because: ['the same write was refused with the ACL and accepted without'],
    repairs: [
      {
        side: 'ours',
        summary: 'stop sending the ACL, when the bucket owner owns every object anyway (`BucketOwnerEnforced`)',
        opens: 'nothing else',
        change: { setting: 'acl', from: acl, to: 'none' },
        proved: false,
      },
      {
        side: 'theirs',
        summary: 'allow `s3:PutObjectAcl` beside `s3:PutObject` on the same path',
        opens: 'ACLs of objects under that path',
        proved: false,
      },
    ],
  }
}

/** Accepted with an ACL that the connection does not send. */
export function aclDemandedCause(): Cause {
  return {
    id: 'acl-demanded',
    confidence: 'likely',
    link: 'bucket-policy',
    summary: 'the write is accepted with the ACL `bucket-owner-full-control`: the bucket policy demands it',
    because: ['the same write was refused without the ACL and accepted with it'],
    repairs: [
      {
        side: 'ours',
        summary: 'send `bucket-owner-full-control` with every object',
        opens: 'nothing else',
        change: { setting: 'acl', from: 'none', to: 'bucket-owner-full-control' },
        proved: false,
      },
      {
        side: 'theirs',
        summary: 'set Object Ownership to `BucketOwnerEnforced` and drop the statement',
        opens: 'nothing else',
        proved: false,
      },
    ],
  }
}

/** Accepted without its encryption header. */
export function encryptionCause(kind: Writing['encryption']['kind']): Cause {
  const isKey = kind === 'sse-kms'
  return {
    id: isKey ? 'kms-key-policy' : 'encryption-refused',
    confidence: 'likely',
    link: isKey ? 'kms-key' : 'bucket-policy',
    summary: isKey
      ? 'the write is accepted without the KMS key: the role may not use the key'
      : 'the write is accepted without its encryption header: a policy refuses the header',
    because: ['the same write was refused with the encryption header and accepted without'],
    repairs: [
      ...(isKey
        ? [
            {
              side: 'theirs' as const,
              summary: 'add the statement of `key-policy.json` to the key policy, and the KMS actions to the role',
              opens: 'the key, for this role, by way of S3',
              proved: false,
            },
          ]
        : []),
      {
        side: 'ours',
        summary: 'leave the encryption to the default of the bucket',
        opens: 'nothing else; objects are then encrypted with whatever the bucket’s default is',
        change: { setting: 'encryption', from: kind, to: { kind: 'bucket-default' } },
        proved: false,
      },
    ],
  }
}

/** Accepted with the header `AES256`, which the connection does not send: demanded, or a way around the bucket's key. */
export function headerCauses(): Cause[] {
  const because = ['the same write was refused without an encryption header and accepted with `AES256`']
  return [
    {
      id: 'encryption-demanded',
      confidence: 'likely',
      link: 'bucket-policy',
      summary: 'the write is accepted with an encryption header: the bucket policy demands one',
      because,
      repairs: [
        {
          side: 'ours',
          summary: 'send the encryption header `AES256`',
          opens: 'nothing else',
          change: { setting: 'encryption', from: 'bucket-default', to: { kind: 'sse-s3' } },
          proved: false,
        },
      ],
    },
    {
      id: 'missing-kms-permission',
      confidence: 'possible',
      link: 'permissions',
      summary: 'the default key of the bucket refuses, and `AES256` goes around that key',
      because,
      repairs: [
        {
          side: 'theirs',
          summary: `allow the role \`kms:GenerateDataKey\` on the bucket’s key, ${asInKit}`,
          opens: 'the key, for this role',
          proved: false,
        },
      ],
    },
  ]
}

/** Accepted in a session without tags. */
export function tagCause(): Cause {
  return {
    id: 'principal-tag',
    confidence: 'likely',
    link: 'permissions',
    summary:
      'it is accepted in a session without tags: a condition on `aws:PrincipalTag` refuses the value that is sent',
    because: ['the same request was refused in a session with tags and accepted in one without'],
    repairs: [
      {
        side: 'theirs',
        summary: 'name the value that the person really has in the condition on `aws:PrincipalTag`',
        opens: 'sessions with that value',
        proved: false,
      },
    ],
  }
}

/** Accepted without our own session policy. */
export function sessionPolicyCause(): Cause {
  return {
    id: 'session-policy',
    confidence: 'likely',
    link: 'session',
    summary: 'it is accepted without our session policy: what we narrow the session to is not what the job needs',
    because: ['the same request was refused with our session policy and accepted without it'],
    repairs: [
      {
        side: 'ours',
        summary: 'name the KMS key of the bucket in the connection, and compare its root path and purpose with the job',
        opens: 'nothing else',
        proved: false,
      },
    ],
  }
}

/** Accepted at another place. */
export function placeCause(where: 'other-key' | 'beside-root' | 'whole-bucket'): Cause {
  const rows = {
    'other-key': ['another key under the root path is accepted', 'one key and accepted at another under the root path'],
    'beside-root': ['a key beside the root path would be accepted', 'the root path and would be accepted beside it'],
    'whole-bucket': ['a listing of the whole bucket is accepted', 'the root path and accepted for the whole bucket'],
  } as const
  const [what, because] = rows[where]
  return {
    id: 'permissions-key-pattern',
    confidence: 'likely',
    link: 'permissions',
    summary: `${what}: the Resource or the prefix of a statement is not the root path of the connection`,
    because: [`the same request was refused at ${because}`],
    repairs: [
      {
        side: 'theirs',
        summary: `let the Resource end in the root path and \`*\`, ${asInKit}`,
        opens: 'the root path',
        proved: false,
      },
    ],
  }
}
