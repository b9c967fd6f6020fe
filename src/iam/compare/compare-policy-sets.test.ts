/** Which change of a policy turns which call, alone or together with others. */
import { describe, expect, test } from 'vitest'
import { renderComparison } from '../../terminal/index.ts'
import type { ApiCall, ChainPolicies, NamedPolicy, VerdictChange } from '../index.ts'
import { comparePolicySets, diffPolicySets, parsePolicy } from '../index.ts'
import {
  assumeRole,
  healthy,
  keyArn,
  kitChain,
  model,
  nine,
  permissionsWith,
  policyOf,
  putObject,
  trustWith,
} from '../repair/testing/scenario.ts'

/** The chain as it was before a scenario broke it. */
const earlier: Readonly<Record<keyof typeof nine, ChainPolicies>> = {
  'source-ip': healthy,
  'external-id': healthy,
  'requested-region': healthy,
  'request-tag': healthy,
  'principal-tag': healthy,
  'missing-permission': healthy,
  'missing-acl': kitChain({ ...model, acl: true }),
  'bucket-deny': healthy,
  kms: kitChain({ ...model, kmsKeyArn: keyArn }),
}

/** Policy, statements and how they changed: what a reader asks for. */
function causes({ through }: VerdictChange): readonly unknown[] {
  return through.map((cause) =>
    cause.kind === 'policy'
      ? [
          cause.change.policy,
          cause.statements.map(({ kind, beforeIndex, afterIndex }) => [kind, beforeIndex, afterIndex]),
        ]
      : cause,
  )
}

describe('the nine scenarios', () => {
  test.each<[keyof typeof nine, unknown]>([
    ['source-ip', ['trust', [['changed', 0, 0]]]],
    ['external-id', ['trust', [['changed', 0, 0]]]],
    ['requested-region', ['trust', [['changed', 0, 0]]]],
    ['request-tag', ['trust', [['changed', 0, 0]]]],
    ['principal-tag', ['permissions', [['changed', 0, 0]]]],
    ['missing-permission', ['permissions', [['changed', 0, 0]]]],
    ['missing-acl', ['permissions', [['changed', 0, 0]]]],
    ['bucket-deny', ['bucket', [['added', null, 0]]]],
    [
      'kms',
      [
        'key',
        [
          ['changed', 0, 0],
          ['removed', 1, null],
        ],
      ],
    ],
  ])('%s is turned by one policy', (name, expected) => {
    const { call, policies } = nine[name]
    const calls: readonly ApiCall[] = [assumeRole, putObject, call]
    const changes = comparePolicySets(earlier[name], policies, [...new Set(calls)])
    const own = changes.find((change) => change.call === call)
    if (own === undefined) throw new TypeError('the call did not change')
    expect(own.before.decision).toBe('allowed')
    expect(own.after.decision).not.toBe('allowed')
    expect(causes(own)).toEqual([expected])
    // Calls that AssumeRole precedes do not change with the trust policy, nor the other way round.
    for (const change of changes) expect(change.call.operation).toBe(call.operation)
  })

  test('and turned back, through the same statement', () => {
    const { call, policies } = nine['source-ip']
    const [change] = comparePolicySets(policies, healthy, [call])
    expect(change).toMatchObject({ before: { decision: 'implicitDeny' }, after: { decision: 'allowed' } })
  })
})

describe('causes', () => {
  test('of two differences that each would do, both are named', () => {
    const after = {
      ...healthy,
      bucket: nine['bucket-deny'].policies.bucket,
      permissions: [permissionsWith('s3:GetObject')],
    }
    const [change] = comparePolicySets(healthy, after, [putObject])
    expect(change === undefined ? null : causes(change)).toEqual([
      ['permissions', [['changed', 0, 0]]],
      ['bucket', [['added', null, 0]]],
    ])
  })

  test('of differences that it takes together, each is named as one of several', () => {
    const base = policyOf('base', { Effect: 'Allow', Action: 'sts:*', Resource: '*' })
    const closed: ChainPolicies = {
      ...healthy,
      base: [policyOf('base', { Effect: 'Allow', Action: 'sts:GetCallerIdentity', Resource: '*' })],
      trust: trustWith({}, 'other'),
    }
    const open: ChainPolicies = { ...healthy, base: [base] }
    const [change] = comparePolicySets(closed, open, [assumeRole])
    expect(change?.after.decision).toBe('allowed')
    expect(change?.through.map((cause) => cause.kind === 'policy' && [cause.change.policy, cause.isAlone])).toEqual([
      ['base', false],
      ['trust', false],
    ])
  })

  test('a setting of the bucket is a cause like any other', () => {
    const bucket = policyOf('bucket', { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' })
    const before: ChainPolicies = {
      ...healthy,
      bucket: policyOf(
        'bucket',
        { Effect: 'Allow', Principal: { AWS: '222222222222' }, Action: 's3:PutObject', Resource: '*' },
        { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' },
      ),
    }
    const call = { ...putObject, bucketOwner: '333333333333' }
    const [change] = comparePolicySets(before, { ...before, restrictPublicBuckets: true }, [call])
    expect(change?.through).toEqual([{ kind: 'restrictPublicBuckets', before: false, after: true }])
    expect(renderComparison(change === undefined ? [] : [change], [])).toContain('RestrictPublicBuckets turned on')
    expect(diffPolicySets({ ...healthy, bucket }, { ...healthy, bucket })).toEqual([])
  })

  test('a grant that is revoked is named', () => {
    const { call, policies } = nine.kms
    const grant = { name: 'exports', keyArn, granteePrincipal: call.roleArn, issuingAccount: null, constraints: {} }
    const grants = [{ ...grant, operations: ['GenerateDataKey'] }]
    const [change] = comparePolicySets({ ...policies, grants }, { ...policies, grants: [] }, [call])
    expect(change?.through).toEqual([{ kind: 'grants', added: [], removed: ['exports'] }])
    expect(renderComparison(change === undefined ? [] : [change], [])).toContain('through: grants removed: exports')
  })

  test('a level of the organization that comes is tried as a level', () => {
    const all = policyOf('FullAWSAccess', { Effect: 'Allow', Action: '*', Resource: '*' })
    const kms = policyOf('OnlyKms', { Effect: 'Allow', Action: 'kms:*', Resource: '*' })
    const [change] = comparePolicySets({ ...healthy, scp: [[all]] }, { ...healthy, scp: [[all], [kms]] }, [putObject])
    expect(change?.through).toMatchObject([{ change: { policy: 'scp', name: 'OnlyKms', level: 1, kind: 'added' } }])
  })
})

describe('differences of policies', () => {
  const written = (value: unknown): NamedPolicy => {
    const parsed = parsePolicy(value)
    if (!parsed.ok) throw new TypeError('not a policy')
    return { name: 'permissions', policy: parsed.value }
  }
  const one = {
    Sid: 'One',
    Effect: 'Allow',
    Action: ['s3:PutObject', 's3:GetObject'],
    Resource: 'arn:aws:s3:::b/*',
  }
  const two = {
    Effect: 'Deny',
    Action: 's3:Delete*',
    Resource: '*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' }, StringEquals: { 'aws:SourceVpce': ['a', 'b'] } },
  }
  const chain = (...statements: readonly object[]): ChainPolicies => ({
    ...healthy,
    permissions: [written({ Version: '2012-10-17', Statement: statements })],
  })

  test('order and spelling that mean nothing are no difference', () => {
    const same = {
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceVpce': ['b', 'a'] }, Bool: { 'aws:SecureTransport': false } },
      Action: ['S3:delete*'],
      Effect: 'Deny',
    }
    const before = chain(one, two)
    const after = chain(same, { ...one, Sid: 'Renamed', Action: ['s3:GetObject', 's3:PutObject'] })
    expect(diffPolicySets(before, after)).toEqual([])
    expect(renderComparison([], diffPolicySets(before, after))).toBe(
      'no call changes its verdict\n\nthe policies say the same\n',
    )
  })

  test('a statement is followed by its Sid, whatever its place', () => {
    const [change] = diffPolicySets(chain(one, two), chain(two, { ...one, Action: 's3:putobject' }))
    expect(change?.statements).toEqual([
      {
        kind: 'changed',
        sid: 'One',
        beforeIndex: 0,
        afterIndex: 1,
        elements: [
          {
            element: 'Action',
            before: ['s3:PutObject', 's3:GetObject'],
            after: ['s3:putobject'],
            added: [],
            removed: ['s3:GetObject'],
          },
        ],
      },
    ])
  })

  test('an Allow that became a Deny, a statement that came and one that went', () => {
    const [turned] = diffPolicySets(chain(one), chain({ ...one, Effect: 'Deny' }))
    expect(turned?.statements[0]?.elements).toEqual([
      { element: 'Effect', before: ['Allow'], after: ['Deny'], added: ['Deny'], removed: ['Allow'] },
    ])
    const [came] = diffPolicySets(chain(one), chain(one, two))
    expect(came?.statements).toMatchObject([{ kind: 'added', beforeIndex: null, afterIndex: 1 }])
    const [went] = diffPolicySets(chain(one, two), chain(two))
    expect(went?.statements).toMatchObject([{ kind: 'removed', sid: 'One', beforeIndex: 0, afterIndex: null }])
  })

  test('a policy that was not looked at is not compared', () => {
    expect(diffPolicySets({ ...healthy, trust: null }, healthy)).toEqual([])
    expect(diffPolicySets({ ...healthy, boundary: null }, { ...healthy, boundary: healthy.session })).toHaveLength(1)
  })

  test('what is rendered names both verdicts, the cause and the values', () => {
    const { call, policies } = nine['external-id']
    const shown = renderComparison(comparePolicySets(healthy, policies, [call]), diffPolicySets(healthy, policies))
    expect(shown).toContain('sts:AssumeRole on arn:aws:iam::222222222222:role/drawbridge-acme: allowed -> implicitDeny')
    expect(shown).toContain('through: trust policy `trust` changed, statement 0 (`AllowDrawbridge`) changed')
    expect(shown).toContain('- Condition StringEquals sts:ExternalId: dbx_our-external-id\n')
    expect(shown).toContain('+ Condition StringEquals sts:ExternalId: somebody-elses-id\n')
  })
})
