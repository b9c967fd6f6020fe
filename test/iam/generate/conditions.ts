/**
 * Conditions as people write them and as they should not, with the context values they meet. Combinations that AWS's pages
 * leave open (listed in docs/iam-rules.md) are not made.
 */
import fc from 'fast-check'
import { otherAccount, ownAccount, roleId, roleOf, serviceName, sessionOf, userId, userOf, variable } from './names.ts'

/** One condition of a policy as JSON: operator, key, value. */
export type WrittenCondition = readonly [operator: string, key: string, value: unknown]

interface KeyKind {
  readonly operators: readonly string[]
  /** What policies want. */
  readonly wanted: readonly unknown[]
  /** What requests carry; keys without any follow from the request. */
  readonly actual: readonly (string | readonly string[])[]
  /** How many values a policy lists at least; one may stand alone where this is not given. */
  readonly fewest?: number
}

const words = ['kim', 'kim', 'Kim', 'kit', 'k*', 'a', 'é', ''] as const
const wantedWords = [
  'kim',
  'KIM',
  'kim',
  'k*',
  'k?m',
  '*',
  '*i*',
  '',
  'a',
  'É',
  variable('aws:username'),
  variable('aws:PrincipalTag/team'),
  variable('AWS:principaltag/Team'),
  variable('aws:PrincipalTag/none'),
  variable("aws:PrincipalTag/none, 'kim'"),
  variable("aws:PrincipalTag/team, 'a}b'"),
  variable('aws:TagKeys'),
  `k${variable('*')}`,
  `k${variable('?')}m`,
  variable('$'),
  `k$${'{'}`,
  `${variable('aws:username')}*`,
  '$',
  'k[i]m',
] as const

const equalsOperators = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
] as const
const orders = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'] as const

function withIfExists(operators: readonly string[]): readonly string[] {
  return [...operators, ...operators.map((operator) => `${operator}IfExists`), 'Null']
}

/** ForAnyValue with IfExists is open; ForAllValues with it is not. */
function withSets(operators: readonly string[]): readonly string[] {
  return operators.flatMap((one) => [`ForAllValues:${one}`, `ForAnyValue:${one}`, `ForAllValues:${one}IfExists`])
}

const strings = [...withIfExists(equalsOperators), ...withIfExists(equalsOperators), ...withSets(equalsOperators)]
/** Every text over these letters, up to a length. */
function textsOver(letters: string, length: number): readonly string[] {
  if (length === 0) return ['']
  const shorter = textsOver(letters, length - 1)
  return [
    ...shorter,
    ...shorter
      .filter((text) => text.length === length - 1)
      .flatMap((text) => letters.split('').map((letter) => text + letter)),
  ]
}

const globs: KeyKind = {
  operators: ['StringLike', 'StringNotLike'],
  wanted: textsOver('ab*?', 5).slice(1),
  actual: textsOver('ab', 5).slice(1),
}

const text: KeyKind = { operators: strings, wanted: wantedWords, actual: words }
/** Whether an empty text of a key with one value is null, or an empty set, is open. */
const prefix: KeyKind = { ...text, operators: withIfExists(equalsOperators).filter((operator) => operator !== 'Null') }

const set: KeyKind = {
  operators: [...withSets(equalsOperators), 'Null'],
  wanted: wantedWords,
  actual: [['kim'], ['kim', 'a'], ['Kim', 'kit'], [], ['a', 'b', 'k*'], 'kim'],
}

const numeric = withIfExists(orders.map((order) => `Numeric${order}`))
const number: KeyKind = {
  operators: numeric,
  wanted: ['10', 10, '10.0', '9', '-3', '100', 2.5, '007'],
  actual: ['10', '9', '-3', '2.50', '100', '7'],
}

const dates = [
  '2026-01-01T00:00:00Z',
  '2026-01-01',
  '2026-01',
  '1767225600',
  '2026-01-01T01:00:00+01:00',
  '2025-06-30T12:00Z',
  '1751284800',
  '2026-01-01T00:00:00.500Z',
  '2024-02-29',
]
const date: KeyKind = { operators: withIfExists(orders.map((order) => `Date${order}`)), wanted: dates, actual: dates }
const epoch: KeyKind = {
  operators: [...date.operators, ...numeric],
  wanted: ['1767225600', '1751284800', '1700000000'],
  actual: ['1767225600', '1751284800'],
}

const bool: KeyKind = {
  operators: withIfExists(['Bool']),
  wanted: ['true', 'false', true, false, 'True', 'no'],
  actual: ['true', 'false', 'TRUE'],
}

const address: KeyKind = {
  operators: withIfExists(['IpAddress', 'NotIpAddress']),
  wanted: [
    '203.0.113.0/24',
    '203.0.113.7',
    '203.0.113.77/25',
    '0.0.0.0/0',
    '10.0.0.0/8',
    '8.0.0.0/5',
    '2001:db8::/32',
    '2001:DB8:0:1::/64',
    '::/0',
    '2001:db8::1/128',
    '203.0.113.6/31',
  ],
  actual: [
    '203.0.113.7',
    '203.0.113.200',
    '10.1.2.3',
    '198.51.100.1',
    '2001:db8::1',
    '2001:0DB8:0:1:0:0:0:5',
    '8.8.8.8',
  ],
}

const arns = withIfExists(['ArnEquals', 'ArnNotEquals', 'ArnLike', 'ArnNotLike'])
const arn: KeyKind = {
  operators: [...arns, ...arns, ...strings.filter((operator) => !operator.startsWith('For'))],
  wanted: [
    roleOf(ownAccount),
    roleOf(otherAccount),
    'arn:aws:iam::*:role/app',
    'arn:aws:iam::*:role/*',
    `arn:aws:iam::${otherAccount}:*`,
    sessionOf(ownAccount),
    userOf(ownAccount),
    userOf('*', variable('aws:username')),
    'arn:aws:s3:::docs',
    'arn:aws:s3:::d*',
    'arn:*:s3:*:*:*',
    'arn:aws:sns:eu-west-1:1:a:b',
    'arn:aws:iam::2222222?2222:role/a??',
    'word',
    `arn:aws:iam::*:role/${variable("aws:PrincipalTag/none, 'app'")}`,
    `arn:aws:iam::*:role/${variable('aws:PrincipalTag/none')}`,
  ],
  actual: [],
}
const sourceArn: KeyKind = {
  ...arn,
  actual: ['arn:aws:s3:::docs', 'arn:aws:sns:eu-west-1:1:a:b', 'arn:aws:sns:eu-west-1:1:a', 'word', roleOf(ownAccount)],
}

/** Keys with several values, for the operators that are not about texts. */
function listOf(kind: KeyKind, ...actual: readonly (readonly string[])[]): KeyKind {
  const bare = kind.operators.filter((operator) => operator !== 'Null' && !operator.endsWith('IfExists'))
  const operators = [...withSets(bare.filter((operator) => !operator.startsWith('String'))), 'Null']
  return { operators, wanted: kind.wanted, actual: [[], ...actual] }
}

/** Values that are none of the operator's type; what a negated operator makes of them is open, so these stand alone. */
function unfit(operators: readonly string[], wanted: readonly unknown[], actual: readonly string[]): KeyKind {
  return { operators: operators.filter((operator) => !operator.includes('Not') && operator !== 'Null'), wanted, actual }
}

const binary: KeyKind = {
  operators: withIfExists(['BinaryEquals']),
  wanted: ['AQID', 'AQIDBA==', 'aqid'],
  actual: ['AQID', 'AQIDBA=='],
}

function fact(...wanted: readonly string[]): KeyKind {
  return { operators: strings.filter((operator) => !operator.startsWith('For')), wanted, actual: [] }
}

/** So many on both sides that the engine seeks all patterns in all values at once. */
const wideOperators = withSets(['StringLike', 'StringNotLike', 'StringEquals']).concat(
  withSets(['ArnLike', 'ArnNotLike']),
)
const wide: KeyKind = {
  operators: wideOperators,
  fewest: 9,
  wanted: Array.from({ length: 16 }, (_, i) => i).flatMap((i) => [
    `arn:aws:s3:::bucket-${i}/*`,
    `arn:aws:s*:::bucket-${i}/x`,
    `arn:*:s3:*::*-${i}?x`,
    `arn:aws:s3::${i % 3}:bucket-*`,
    `arn:aws:s3:::${variable('aws:PrincipalTag/none')}${i}`,
    `arn:aws:s3:::${variable("aws:PrincipalTag/none, 'bucket'")}-${i}/x`,
    `arn:aws:s3:::bucket-${i}/${variable('*')}*`,
  ]),
  actual: [1, 3, 5].map((step) =>
    Array.from({ length: 14 }, (_, i) => `arn:aws:s3::${i % 5 === 0 ? i % 3 : ''}:bucket-${(i * step) % 19}/x`),
  ),
}

const region: KeyKind = { ...text, wanted: ['eu-west-1', 'eu-*', 'us-east-1'], actual: ['eu-west-1', 'us-east-1'] }
const account: KeyKind = { ...text, wanted: [ownAccount, otherAccount, '1*'], actual: [ownAccount, otherAccount] }
const calledVia: KeyKind = {
  ...set,
  wanted: ['athena.amazonaws.com', 'cloudformation.amazonaws.com', '*.amazonaws.com'],
  actual: [['athena.amazonaws.com'], ['cloudformation.amazonaws.com', 'athena.amazonaws.com'], []],
}

/** Every key that conditions name. */
export const keys: Readonly<Record<string, KeyKind>> = {
  'aws:PrincipalTag/team': { ...text, actual: words.filter((word) => word !== '') },
  'aws:RequestTag/team': { ...text, actual: words.filter((word) => word !== '') },
  's3:prefix': prefix,
  'sts:ExternalId': { ...text, actual: ['kim', 'Kim', 'a'] },
  'aws:SourceVpce': { ...text, wanted: ['vpce-1', 'vpce-*', 'kim'], actual: ['vpce-1', 'vpce-2'] },
  'aws:PrincipalOrgID': { ...text, wanted: ['o-1', 'o-*', variable('aws:PrincipalTag/team')], actual: ['o-1', 'o-2'] },
  'aws:TagKeys': set,
  'kms:EncryptionContextKeys': set,
  's3:max-keys': number,
  'aws:MultiFactorAuthAge': number,
  'aws:CurrentTime': date,
  'aws:TokenIssueTime': date,
  'aws:EpochTime': epoch,
  'aws:SecureTransport': bool,
  'aws:ViaAWSService': bool,
  'aws:PrincipalIsAWSService': { ...bool, actual: [] },
  'aws:SourceIp': address,
  'aws:VpcSourceIp': address,
  'aws:PrincipalArn': arn,
  'aws:SourceArn': sourceArn,
  'aws:MultiFactorAuthPresent': bool,
  'aws:RequestedRegion': region,
  'aws:SourceAccount': account,
  'aws:SourceOrgID': { ...text, wanted: ['o-1', 'o-*'], actual: ['o-1', 'o-2'] },
  'aws:CalledVia': calledVia,
  's3:delimiter': { ...prefix, wanted: ['/', '', '?'], actual: ['/', '-'] },
  's3:ExistingObjectTag/team': { ...text, actual: words.filter((word) => word !== '') },
  'kms:CallerAccount': account,
  'kms:ViaService': { ...text, wanted: ['s3.eu-west-1.amazonaws.com', 's3.*'], actual: ['s3.eu-west-1.amazonaws.com'] },
  'app:Wide': wide,
  'app:Glob': globs,
  'app:Digest': binary,
  'app:Numbers': listOf(number, ['10'], ['9', '10'], ['-3', '100']),
  'app:Dates': listOf(date, ['2026-01-01'], ['1751284800', '2026-01-01T00:00:00.500Z']),
  'app:Addresses': listOf(address, ['203.0.113.7'], ['10.1.2.3', '2001:db8::1']),
  'app:Arns': listOf(arn, ['arn:aws:s3:::docs'], [roleOf(ownAccount), 'arn:aws:sns:eu-west-1:1:a:b'], ['word']),
  'app:Flags': listOf(bool, ['true'], ['true', 'false']),
  'app:NoNumber': unfit(numeric, ['ten', '', '10', '0x10'], ['10', 'ten', '']),
  'app:NoDate': unfit(
    date.operators,
    ['2026-02-30', 'today', '2026-13-01', '2026-01-01'],
    ['2026-01-01', '2026-02-30', ''],
  ),
  'app:NoAddress': unfit(
    address.operators,
    ['10.0.0.0/33', '010.0.0.1', '10.0.0', '1::2::3', 'host', '10.1.2.3', '2001:db8::/129'],
    ['10.1.2.3', '10.1.2', '010.1.2.3', '::ffff', 'x'],
  ),
  'aws:username': { ...text, actual: [], operators: strings.filter((operator) => !operator.startsWith('For')) },
  'aws:PrincipalAccount': fact(ownAccount, otherAccount, '2*', variable('aws:ResourceAccount')),
  'aws:ResourceAccount': fact(ownAccount, otherAccount, '2*'),
  'aws:PrincipalType': fact('User', 'AssumedRole', 'Account', 'FederatedUser', 'Anonymous', 'user', 'A*'),
  'aws:PrincipalServiceName': fact(serviceName, '*.amazonaws.com'),
  'aws:userid': fact(`${roleId}:*`, userId, `${roleId}:kim`),
}

const keyNames = Object.keys(keys)

function written(operator: string, kind: KeyKind): fc.Arbitrary<unknown> {
  if (operator === 'Null') return fc.constantFrom<unknown>('true', 'false', true, false)
  const one = fc.constantFrom(...kind.wanted)
  if (kind.fewest !== undefined) return fc.array(one, { minLength: kind.fewest, maxLength: kind.fewest + 5 })
  return fc.oneof(
    { weight: 2, arbitrary: one },
    { weight: 1, arbitrary: fc.array(one, { minLength: 1, maxLength: 3 }) },
  )
}

function spelled(key: string): fc.Arbitrary<string> {
  return fc.constantFrom(key, key, key.toLowerCase(), key.toUpperCase())
}

function conditionOn(key: string, operators: readonly string[]): fc.Arbitrary<WrittenCondition> {
  const kind = keys[key] ?? text
  return fc
    .constantFrom(...operators)
    .chain((operator) => fc.tuple(fc.constant(operator), spelled(key), written(operator, kind)))
}

function conditionAmong(names: readonly string[]): fc.Arbitrary<WrittenCondition> {
  return fc.constantFrom(...names).chain((key) => conditionOn(key, keys[key]?.operators ?? []))
}

export const anyCondition: fc.Arbitrary<WrittenCondition> = conditionAmong(keyNames)

/** What account, ARN and type a service or an identity provider has is open. */
export const placelessCondition: fc.Arbitrary<WrittenCondition> = conditionAmong(
  keyNames.filter((key) => !['aws:PrincipalAccount', 'aws:PrincipalArn', 'aws:PrincipalType'].includes(key)),
)

/** Conditions of which the pages say whether they keep a policy from being public. */
export const publicCondition: fc.Arbitrary<WrittenCondition> = fc.oneof(
  conditionOn('aws:SourceVpce', [
    'StringEquals',
    'StringLike',
    'StringNotEquals',
    'StringEqualsIfExists',
    'Null',
  ]).filter(([operator, , value]) => operator !== 'StringEquals' || !JSON.stringify(value).includes('*')),
  conditionOn('aws:PrincipalOrgID', ['StringEquals', 'StringNotLike']).filter(
    ([operator, , value]) => operator !== 'StringEquals' || !JSON.stringify(value).includes('*'),
  ),
  conditionOn('aws:SourceIp', ['IpAddress', 'NotIpAddress', 'IpAddressIfExists']),
  conditionOn('aws:SecureTransport', ['Bool']),
  conditionOn('s3:prefix', ['StringEquals']),
)

type Context = Readonly<Record<string, string | readonly string[]>>

const givenKeys = Object.entries(keys).filter(([, kind]) => kind.actual.length > 0)

/** Some keys of the request, each with one of its values. */
export const anyContext: fc.Arbitrary<Context> = fc
  .tuple(...givenKeys.map(([, kind]) => fc.option(fc.constantFrom(...kind.actual), { nil: null, freq: 2 })))
  .map((values) => Object.fromEntries(givenKeys.map(([key], i) => [key, values[i] ?? null] as const).filter(isGiven)))

function isGiven<T>(entry: readonly [string, T | null]): entry is readonly [string, T] {
  return entry[1] !== null
}
