/**
 * A healthy chain for tests of repairs: a customer's role and bucket set up by the kit's own policies, and the two calls
 * of an export. Scenarios break one thing of it.
 */
import type { ApiCall, AssumeRoleCall, ChainPolicies, PutObjectCall } from '../../operations/index.ts'
import { parsePolicy } from '../../read/index.ts'
import type { NamedPolicy } from '../../types.ts'
import { type SetupModel, writeSessionPolicy, writeSetupPolicies } from '../../write/index.ts'
import type { OwnSettings } from '../proposal.ts'

export const roleArn = 'arn:aws:iam::222222222222:role/drawbridge-acme'
export const vendorArn = 'arn:aws:iam::111111111111:role/drawbridge-base'
export const keyArn = 'arn:aws:kms:eu-central-1:222222222222:key/0a1b2c3d-0000-4000-8000-000000000001'

export const model: SetupModel = {
  partition: 'aws',
  purpose: 'export',
  bucket: 'acme-audit',
  rootPath: 'exports/',
  bucketOwner: '222222222222',
  roleArn,
  vendorPrincipalArn: vendorArn,
  externalId: 'dbx_our-external-id',
  kmsKeyArn: null,
  acl: false,
  resume: false,
  sessionTagKeys: ['Team'],
  sourceIdentity: true,
}

export const assumeRole: AssumeRoleCall = {
  operation: 'sts:AssumeRole',
  caller: 'arn:aws:sts::111111111111:assumed-role/drawbridge-base/worker',
  callerPrincipalArn: vendorArn,
  roleArn,
  externalId: 'dbx_our-external-id',
  tags: { Team: 'quality' },
  sourceIdentity: 'u-4711',
  sessionName: 'u-4711',
  region: 'eu-west-1',
  sourceIp: '198.51.100.24',
}

export const putObject: PutObjectCall = {
  operation: 's3:PutObject',
  session: 'arn:aws:sts::222222222222:assumed-role/drawbridge-acme/u-4711',
  roleArn,
  tags: { Team: 'quality' },
  sourceIdentity: 'u-4711',
  region: 'eu-central-1',
  sourceIp: '198.51.100.24',
  bucket: 'acme-audit',
  key: 'exports/2026/report.pdf',
  bucketOwner: '222222222222',
  acl: 'none',
  encryption: { kind: 'bucket-default' },
  bucketKeyArn: null,
  multipart: false,
}

export const ours: OwnSettings = {
  egress: 'dynamic',
  observedAddress: '198.51.100.24',
  availableTags: { Team: 'quality', Department: 'audit' },
  bucketRegion: 'eu-central-1',
  objectOwnership: 'BucketOwnerEnforced',
  rootPath: 'exports/',
}

/** Reads a policy that the test wrote. */
export function named(name: string, value: unknown): NamedPolicy {
  const parsed = parsePolicy(value)
  if (!parsed.ok) throw new TypeError(`${name}: ${JSON.stringify(parsed.error)}`)
  return { name, policy: parsed.value }
}

/** A policy from statements. */
export function policyOf(name: string, ...Statement: readonly object[]): NamedPolicy {
  return named(name, { Version: '2012-10-17', Statement })
}

/** The chain as the set-up kit makes it. */
export function kitChain(setup: SetupModel): ChainPolicies {
  const policies = writeSetupPolicies(setup)
  return {
    base: [named('base', policies.base)],
    trust: named('trust', policies.trust),
    permissions: [named('permissions', policies.permissions)],
    boundary: null,
    session: named('session', writeSessionPolicy(setup)),
    bucket: null,
    key: policies.key === null ? null : named('key', policies.key),
    scp: [],
    rcp: [],
  }
}

export const healthy: ChainPolicies = kitChain(model)

/** The trust statement of the kit with a further condition. */
export function trustWith(condition: object, externalId: string | null = 'dbx_our-external-id'): NamedPolicy {
  const statements = writeSetupPolicies(model).trust.Statement.slice(1)
  const own = externalId === null ? {} : { StringEquals: { 'sts:ExternalId': externalId } }
  return policyOf(
    'trust',
    {
      Sid: 'AllowDrawbridge',
      Effect: 'Allow',
      Principal: { AWS: vendorArn },
      Action: 'sts:AssumeRole',
      Condition: merged(own, condition),
    },
    ...statements,
  )
}

function merged(one: object, other: object): object {
  const operators = new Map<string, object>()
  for (const [operator, keys] of [...Object.entries(one), ...Object.entries(other)]) {
    operators.set(operator, { ...operators.get(operator), ...(keys as object) })
  }
  return Object.fromEntries(operators)
}

/** The export grant with a further condition, or with other actions. */
export function permissionsWith(action: string | readonly string[], condition?: object): NamedPolicy {
  return policyOf('permissions', {
    Sid: 'AllowExport',
    Effect: 'Allow',
    Action: action,
    Resource: 'arn:aws:s3:::acme-audit/exports/*',
    ...(condition === undefined ? {} : { Condition: condition }),
  })
}

/** A scenario: what is called, and the broken chain. */
export interface Scenario {
  readonly call: ApiCall
  readonly policies: ChainPolicies
  readonly ours: OwnSettings
}

const withKey: SetupModel = { ...model, kmsKeyArn: keyArn }
const delegation = {
  Sid: 'KeyAdministration',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::222222222222:role/key-admin' },
  Action: 'kms:*',
  Resource: '*',
}

/** The nine ways in which an export that worked stops working. */
export const nine = {
  'source-ip': {
    call: assumeRole,
    ours,
    policies: { ...healthy, trust: trustWith({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }) },
  },
  'external-id': { call: assumeRole, ours, policies: { ...healthy, trust: trustWith({}, 'somebody-elses-id') } },
  'requested-region': {
    call: assumeRole,
    ours,
    policies: { ...healthy, trust: trustWith({ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } }) },
  },
  'request-tag': {
    call: assumeRole,
    ours,
    policies: { ...healthy, trust: withTagKeys(trustWith({ StringEquals: { 'aws:RequestTag/Department': 'audit' } })) },
  },
  'principal-tag': {
    call: putObject,
    ours,
    policies: {
      ...healthy,
      permissions: [permissionsWith('s3:PutObject', { StringEquals: { 'aws:PrincipalTag/Team': 'finance' } })],
    },
  },
  'missing-permission': {
    call: putObject,
    ours,
    policies: { ...healthy, permissions: [permissionsWith(['s3:PutObjectAcl', 's3:AbortMultipartUpload'])] },
  },
  'missing-acl': {
    call: { ...putObject, acl: 'bucket-owner-full-control' },
    ours,
    policies: { ...healthy, session: null },
  },
  'bucket-deny': {
    call: putObject,
    ours,
    policies: {
      ...healthy,
      bucket: policyOf('bucket', {
        Sid: 'DenyUnapproved',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:PutObject',
        Resource: 'arn:aws:s3:::acme-audit/*',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::222222222222:role/backup' } },
      }),
    },
  },
  kms: {
    call: { ...putObject, bucketKeyArn: keyArn },
    ours,
    policies: { ...kitChain(withKey), key: policyOf('key', delegation) },
  },
} as const satisfies Record<string, Scenario>

/** The kit's statement for tags, open for one more. */
function withTagKeys(trust: NamedPolicy): NamedPolicy {
  const statements = trust.policy.statements.map(
    (_, index) => (trust.policy.source as { Statement: object[] }).Statement[index] ?? {},
  )
  const widened = statements.map(
    (statement) =>
      JSON.parse(
        JSON.stringify(statement).replace('"aws:TagKeys":"Team"', '"aws:TagKeys":["Team","Department"]'),
      ) as object,
  )
  return policyOf(trust.name, ...widened)
}
