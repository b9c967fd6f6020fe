/** Random requests and policy sets over a small world, in which collisions are frequent enough to matter. */
import fc from 'fast-check'
import type {
  AccessRequest,
  Condition,
  NamedPolicy,
  Policy,
  PolicySet,
  PrincipalElement,
  Statement,
} from '../../index.ts'

const accounts = ['111111111111', '222222222222'] as const
const principals = accounts.flatMap((account) => [
  `arn:aws:sts::${account}:assumed-role/app/run-1`,
  `arn:aws:iam::${account}:role/app`,
  `arn:aws:iam::${account}:user/kim`,
  `arn:aws:iam::${account}:root`,
  `arn:aws:sts::${account}:federated-user/ann`,
])
const targets = [
  { action: 's3:PutObject', resource: 'arn:aws:s3:::reports/a' },
  { action: 's3:GetObject', resource: 'arn:aws:s3:::reports/a' },
  { action: 's3:DeleteBucketPolicy', resource: 'arn:aws:s3:::reports' },
  { action: 'sts:AssumeRole', resource: 'arn:aws:iam::222222222222:role/drop' },
  { action: 'kms:Decrypt', resource: 'arn:aws:kms:eu-west-1:222222222222:key/1' },
  { action: 'kms:ScheduleKeyDeletion', resource: 'arn:aws:kms:eu-west-1:222222222222:key/1' },
] as const

const contexts: fc.Arbitrary<AccessRequest['context']> = fc.record(
  {
    'aws:SourceIp': fc.constantFrom('203.0.113.7', '198.51.100.1'),
    'aws:PrincipalTag/team': fc.constantFrom('red', 'blue'),
    'aws:TagKeys': fc.subarray(['red', 'blue']),
    'sts:ExternalId': fc.constantFrom('right', 'wrong'),
  },
  { requiredKeys: [] },
)

/** A request of somebody for something. */
export const requests: fc.Arbitrary<AccessRequest> = fc
  .tuple(
    fc.constantFrom(...principals, '*', 's3.amazonaws.com'),
    fc.constantFrom(...targets),
    fc.constantFrom(...accounts),
    contexts,
  )
  .map(([principal, target, resourceAccount, context]) => ({ principal, ...target, resourceAccount, context }))

const conditions: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    operator: fc.constantFrom('IpAddress', 'NotIpAddress', 'NotIpAddressIfExists'),
    key: fc.constant('aws:SourceIp'),
    values: fc.subarray(['203.0.113.0/24', '0.0.0.0/0']),
  }),
  fc.record({
    operator: fc.constantFrom('StringEquals', 'StringNotEquals', 'StringLike', 'StringEqualsIfExists'),
    key: fc.constantFrom('aws:PrincipalTag/team', 'sts:ExternalId'),
    values: fc.subarray(['red', 'right', 'r*', `\${aws:PrincipalTag/team}`], { minLength: 1 }),
  }),
  fc.record({
    operator: fc.constantFrom('ForAllValues:StringEquals', 'ForAnyValue:StringEquals', 'ForAnyValue:StringNotEquals'),
    key: fc.constant('aws:TagKeys'),
    values: fc.subarray(['red', 'blue']),
  }),
  fc.record({
    operator: fc.constant('Null'),
    key: fc.constantFrom('aws:SourceIp', 'sts:ExternalId'),
    values: fc.constantFrom(['true'], ['false']),
  }),
)

const elements: fc.Arbitrary<PrincipalElement> = fc.oneof(
  fc.constant('*' as const),
  fc.subarray([...principals, ...accounts], { minLength: 1, maxLength: 3 }).map((list) => ({ AWS: list })),
  fc.constant({ Service: ['s3.amazonaws.com'] }),
)

const statements = (hasPrincipal: boolean, hasResource: boolean): fc.Arbitrary<Statement> =>
  fc
    .record({
      effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
      action: fc.record({
        negated: fc.constantFrom(false, false, false, true),
        patterns: fc.subarray(['*', 's3:*', 's3:PutObject', 'sts:AssumeRole', 'kms:*'], { minLength: 1, maxLength: 2 }),
      }),
      principal: fc.record({ negated: fc.constantFrom(false, false, false, true), element: elements }),
      resource: fc.record({
        negated: fc.constantFrom(false, false, false, true),
        patterns: fc.subarray(['*', 'arn:aws:s3:::reports/*', `arn:aws:s3:::\${aws:PrincipalTag/team}/*`], {
          minLength: 1,
        }),
      }),
      conditions: fc.array(conditions, { maxLength: 2 }),
    })
    .map(({ principal, resource, ...rest }) => ({
      index: 0,
      ...rest,
      ...(hasPrincipal ? { principal } : {}),
      ...(hasResource ? { resource } : {}),
    }))

/** Numbers statements and makes them a policy. */
export function policyOf(list: readonly Statement[]): Policy {
  return { version: '2012-10-17', statements: list.map((statement, index) => ({ ...statement, index })), source: null }
}

const named = (hasPrincipal: boolean, hasResource = true): fc.Arbitrary<NamedPolicy> =>
  fc
    .array(statements(hasPrincipal, hasResource), { minLength: 1, maxLength: 3 })
    .map((list) => ({ name: 'p', policy: policyOf(list) }))

const orNone = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 2 })

/** A request with policies that fit the kind of its target. */
export const situations: fc.Arbitrary<{ readonly request: AccessRequest; readonly policies: PolicySet }> =
  requests.chain((request) =>
    fc.record({
      request: fc.constant(request),
      policies: fc.record({
        identity: fc.array(named(false), { maxLength: 2 }),
        boundary: fc.option(named(false), { freq: 1 }),
        session: fc.option(named(false), { freq: 1 }),
        scp: fc.array(fc.array(named(false), { minLength: 1, maxLength: 2 }), { maxLength: 1 }),
        rcp: fc.array(fc.array(named(true), { maxLength: 1 }), { maxLength: 1 }),
        resource: orNone(named(true, !request.action.startsWith('sts:'))),
        vpcEndpoint: fc.option(named(true), { freq: 1 }),
      }),
    }),
  )

/** A Deny statement of any policy type; types that know no principals ignore nothing: it is left out there. */
export const denies = (hasPrincipal: boolean, hasResource: boolean): fc.Arbitrary<Statement> =>
  statements(hasPrincipal, hasResource).map((statement) => ({ ...statement, effect: 'Deny' as const }))

/** Rewrites every policy of a set. */
export function mapPolicies(set: PolicySet, change: (policy: Policy, hasPrincipal: boolean) => Policy): PolicySet {
  const plain = (entry: NamedPolicy): NamedPolicy => ({ ...entry, policy: change(entry.policy, false) })
  const addressed = (entry: NamedPolicy): NamedPolicy => ({ ...entry, policy: change(entry.policy, true) })
  const one = (entry: NamedPolicy | null, map: typeof plain): NamedPolicy | null => (entry === null ? null : map(entry))
  return {
    identity: set.identity.map(plain),
    boundary: one(set.boundary, plain),
    session: one(set.session, plain),
    scp: set.scp.map((level) => level.map(plain)),
    rcp: set.rcp.map((level) => level.map(addressed)),
    resource: one(set.resource, addressed),
    vpcEndpoint: one(set.vpcEndpoint, addressed),
  }
}
