/** Grants on a key as `aws kms list-grants` prints them, and the encryption contexts that meet their constraints, or fail to. */
import fc from 'fast-check'
import type { ListedGrant } from '../../reference/index.ts'
import {
  accounts,
  federatedOf,
  otherAccount,
  ownAccount,
  resources,
  roleId,
  roleOf,
  rootOf,
  serviceName,
  sessionOf,
  userId,
  userOf,
} from './names.ts'

const grantees = [
  ...accounts.flatMap((account) => [
    roleOf(account),
    roleOf(account),
    roleOf(account, 'path/app'),
    sessionOf(account),
    userOf(account),
    userOf(account),
    federatedOf(account),
    rootOf(account),
    sessionOf(account, 'AWSServiceRoleForX', 'x'),
  ]),
  serviceName,
  roleId,
  userId,
  '*',
]

const operations = [
  'Decrypt',
  'Decrypt',
  'GenerateDataKey',
  'DescribeKey',
  'RetireGrant',
  'CreateGrant',
  'Sign',
  'ScheduleKeyDeletion',
] as const

const pairs = fc.constantFrom<Readonly<Record<string, string>>>(
  { Department: 'IT' },
  { Department: 'IT' },
  { Department: 'IT', Purpose: 'Test' },
  { department: 'IT' },
  { Department: 'it' },
  { 'aws:s3:arn': 'arn:aws:s3:::docs/a' },
)

const constraints: fc.Arbitrary<NonNullable<ListedGrant['Constraints']>> = fc.oneof(
  fc.constant({}),
  pairs.map((EncryptionContextEquals) => ({ EncryptionContextEquals })),
  pairs.map((EncryptionContextSubset) => ({ EncryptionContextSubset })),
  fc.tuple(pairs, pairs).map(([EncryptionContextEquals, EncryptionContextSubset]) => ({
    EncryptionContextEquals,
    EncryptionContextSubset,
  })),
  fc.constant({ SourceArn: 'arn:aws:s3:::docs' }),
)

const grantTo = (callers: readonly string[]): fc.Arbitrary<ListedGrant> =>
  fc
    .record({
      KeyId: fc.constantFrom(null, null, 'k1', ...resources.key),
      GranteePrincipal: fc.oneof(fc.constantFrom(...callers), fc.constantFrom(...grantees)),
      IssuingAccount: fc.constantFrom(null, rootOf(ownAccount), rootOf(otherAccount)),
      Operations: fc.array(fc.constantFrom(...operations), { minLength: 1, maxLength: 4 }),
      Constraints: fc.option(constraints, { nil: null, freq: 2 }),
    })
    .map(({ GranteePrincipal, Operations, KeyId, IssuingAccount, Constraints }) => ({
      GranteePrincipal,
      Operations,
      ...(KeyId === null ? {} : { KeyId }),
      ...(IssuingAccount === null ? {} : { IssuingAccount }),
      ...(Constraints === null ? {} : { Constraints }),
    }))

/** None, in half of the sets, or a few, more often than not to one of the callers. */
export const anyGrants = (callers: readonly string[]): fc.Arbitrary<readonly ListedGrant[]> =>
  fc.oneof(fc.constant([]), fc.array(grantTo(callers), { minLength: 1, maxLength: 4 }))

/** What a request to KMS carries for grants to look at. */
export const anyGrantContext: fc.Arbitrary<Readonly<Record<string, string | readonly string[]>>> = fc
  .record({
    context: fc.option(pairs, { nil: {}, freq: 8 }),
    prefix: fc.constantFrom('kms:EncryptionContext:', 'kms:EncryptionContext:', 'KMS:encryptioncontext:'),
    asked: fc.constantFrom(null, ['Decrypt'], ['Decrypt', 'Sign'], ['CreateGrant', 'Decrypt']),
  })
  .map(({ context, prefix, asked }) => ({
    ...Object.fromEntries(Object.entries(context).map(([key, value]) => [`${prefix}${key}`, value])),
    ...(asked === null ? {} : { 'kms:GrantOperations': asked }),
  }))
