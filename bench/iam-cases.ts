/** The requests and policy sets that the policy language is measured on. Nothing is measured here. */
import { type AccessRequest, type NamedPolicy, type PolicySet, parsePolicy } from '../src/iam/index.ts'

/** One thing to evaluate. */
export interface BenchCase {
  readonly name: string
  readonly request: AccessRequest
  readonly policies: PolicySet
}

const roleArn = 'arn:aws:iam::111111111111:role/drawbridge-acme'
const bucketArn = 'arn:aws:s3:::acme-audit'
const none: PolicySet = {
  identity: [],
  boundary: null,
  session: null,
  scp: [],
  rcp: [],
  resource: null,
  vpcEndpoint: null,
}

const request: AccessRequest = {
  principal: 'arn:aws:sts::111111111111:assumed-role/drawbridge-acme/u-4711',
  action: 's3:PutObject',
  resource: `${bucketArn}/exports/2026/report.pdf`,
  resourceAccount: '222222222222',
  context: {
    'aws:PrincipalArn': roleArn,
    'aws:PrincipalTag/Team': 'quality',
    'aws:SourceIdentity': 'u-4711',
    'aws:RequestedRegion': 'eu-central-1',
    'aws:SecureTransport': 'true',
    'aws:ViaAWSService': 'false',
    'aws:PrincipalIsAWSService': 'false',
    'aws:SourceIp': '203.0.113.24',
    's3:x-amz-server-side-encryption': 'aws:kms',
  },
}

function named(name: string, Statement: readonly object[]): NamedPolicy {
  const parsed = parsePolicy({ Version: '2012-10-17', Statement })
  if (!parsed.ok) throw new TypeError(`${name}: ${JSON.stringify(parsed.error)}`)
  return { name, policy: parsed.value }
}

function caseOf(name: string, identity: readonly object[], bucket: readonly object[]): BenchCase {
  return {
    name,
    request,
    policies: { ...none, identity: [named('permissions', identity)], resource: named('bucket', bucket) },
  }
}

/** One identity statement and one bucket statement, across accounts, nine context keys. */
export function simpleCase(): BenchCase {
  return caseOf(
    'simple',
    [{ Effect: 'Allow', Action: ['s3:PutObject', 's3:AbortMultipartUpload'], Resource: `${bucketArn}/exports/*` }],
    [
      {
        Effect: 'Allow',
        Principal: { AWS: roleArn },
        Action: 's3:PutObject',
        Resource: `${bucketArn}/exports/*`,
        Condition: { Bool: { 'aws:SecureTransport': 'true' } },
      },
    ],
  )
}

/** Conditions that hold for the request, of many operators. */
const holding: readonly object[] = [
  { StringEquals: { 'aws:PrincipalTag/Team': ['finance', 'quality'] } },
  { IpAddress: { 'aws:SourceIp': ['198.51.100.0/24', '203.0.113.0/24'] } },
  { StringLike: { 'aws:SourceIdentity': 'u-*' } },
  { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } },
  { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/drawbridge-*' } },
]
/** Conditions that do not. */
const failing: readonly object[] = [
  { StringEquals: { 'aws:PrincipalTag/Team': 'finance' } },
  { IpAddress: { 'aws:SourceIp': ['198.51.100.0/24', '192.0.2.0/24'] } },
  { StringLike: { 's3:x-amz-acl': 'bucket-owner-*' } },
  { Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 'aws:RequestedRegion': ['us-east-1', 'us-west-2'] } },
  { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/backup-*' } },
  { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } },
]

const otherActions = [
  ['ec2:Describe*', 'ec2:CreateTags'],
  ['s3:GetObject', 's3:GetObjectTagging', 's3:ListBucket'],
  ['kms:Decrypt', 'kms:GenerateDataKey*'],
  ['logs:*'],
  ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
  ['sts:AssumeRole', 'sts:TagSession'],
] as const

function pick<T>(list: readonly T[], at: number): T {
  const found = list[at % list.length]
  if (found === undefined) throw new TypeError('an empty list')
  return found
}

/** `flat`: every statement is about the action of the request, so that no index by action helps. */
function identityStatements(count: number, conditioned: number, flat: boolean): object[] {
  return Array.from({ length: count }, (_, at) => {
    const isLast = at === count - 1
    const isOurs = flat || isLast || at % 3 === 0
    const hasCondition = at >= count - conditioned
    return {
      Sid: `Identity${at}`,
      Effect: 'Allow',
      Action: isOurs ? pick(['s3:PutObject', 's3:Put*', 's3:*'], at) : pick(otherActions, at),
      Resource: isLast
        ? `${bucketArn}/exports/*`
        : [`arn:aws:s3:::bucket-${at}/*`, hasCondition ? `${bucketArn}/*` : `arn:aws:s3:::archive-${at}/a*/b*`],
      ...(hasCondition ? { Condition: isLast ? pick(holding, at) : pick(failing, at) } : {}),
    }
  })
}

function bucketStatements(count: number, denies: number, flat: boolean): object[] {
  return Array.from({ length: count }, (_, at) => {
    const isLast = at === count - 1
    const isDeny = at < denies
    const isOurs = flat || isDeny || isLast || at % 2 === 0
    return {
      Sid: `Bucket${at}`,
      Effect: isDeny ? 'Deny' : 'Allow',
      Principal: isDeny || at % 4 === 0 ? '*' : { AWS: [roleArn, `arn:aws:iam::333333333333:role/reader-${at}`] },
      Action: isOurs ? pick(['s3:PutObject', 's3:*'], at) : ['s3:GetObject', 's3:ListBucket'],
      Resource: [bucketArn, `${bucketArn}/*`],
      Condition: isLast
        ? pick(holding, at)
        : isDeny
          ? pick([{ Bool: { 'aws:SecureTransport': 'false' } }, ...failing], at)
          : pick(failing, at),
    }
  })
}

/** Fifty identity statements, 29 with conditions, and twenty bucket statements with conditions, three of them Deny. */
export function bigCase(): BenchCase {
  return caseOf('big', identityStatements(50, 29, false), bucketStatements(20, 3, false))
}

/** The same where every statement is about the action asked for. */
export function flatCase(): BenchCase {
  return caseOf('big, one action', identityStatements(50, 29, true), bucketStatements(20, 3, true))
}

/** A number of statements, of which the last allows; `flat` as above. */
export function statementsCase(count: number, flat: boolean): BenchCase {
  return caseOf(`${count} statements`, identityStatements(count, count >>> 1, flat), bucketStatements(1, 0, flat))
}

/** One condition with a number of wanted values, of which the last is the one. */
export function valuesCase(count: number, operator: 'StringEquals' | 'StringLike' | 'IpAddress'): BenchCase {
  const isAddress = operator === 'IpAddress'
  const key = isAddress ? 'aws:SourceIp' : 'aws:PrincipalTag/Team'
  const values = Array.from({ length: count }, (_, at) => {
    if (at === count - 1) return isAddress ? '203.0.113.0/24' : operator === 'StringLike' ? 'qual*' : 'quality'
    return isAddress ? `10.${at >>> 8}.${at & 255}.0/24` : `team-${at}${operator === 'StringLike' ? '-*' : ''}`
  })
  const statement = { Effect: 'Allow', Action: 's3:PutObject', Resource: `${bucketArn}/*` }
  return caseOf(
    `${count} values`,
    [{ ...statement, Condition: { [operator]: { [key]: values } } }],
    [{ ...statement, Principal: { AWS: roleArn } }],
  )
}
