/** What is proposed for a call that is refused: the scenarios of the demo, alone and two at once. */
import { describe, expect, test } from 'vitest'
import { repair } from '../../contract/index.ts'
import { decideCall } from '../operations/index.ts'
import { repairCall } from './repair-call.ts'
import { decideAfter } from './testing/apply-proposal.ts'
import { firstRepair } from './testing/first-repair.ts'
import {
  assumeRole,
  healthy,
  keyArn,
  kitChain,
  model,
  named,
  nine,
  ours,
  permissionsWith,
  policyOf,
  putObject,
  roleArn,
  type Scenario,
  trustWith,
} from './testing/scenario.ts'

test('the healthy chain is allowed, and nothing is proposed for it', () => {
  for (const call of [assumeRole, putObject]) {
    const verdict = decideCall(call, healthy)
    expect(verdict).toMatchObject({ decision: 'allowed', refusedBy: null, missingContextValues: [], notSeen: [] })
    expect(repairCall(call, healthy, ours)).toEqual([])
  }
})

describe('the nine scenarios', () => {
  test.each([
    [
      'source-ip',
      {
        link: 'assume-role',
        side: 'theirs',
        policy: 'trust',
        operations: [{ op: 'remove', path: '/Statement/0/Condition/IpAddress' }],
      },
    ],
    [
      'external-id',
      {
        link: 'assume-role',
        side: 'theirs',
        policy: 'trust',
        operations: [
          { op: 'replace', path: '/Statement/0/Condition/StringEquals/sts:ExternalId', value: 'dbx_our-external-id' },
        ],
      },
    ],
    [
      'requested-region',
      { link: 'assume-role', side: 'ours', change: { setting: 'stsRegion', from: 'eu-west-1', to: 'eu-central-1' } },
    ],
    [
      'request-tag',
      {
        link: 'assume-role',
        side: 'ours',
        change: { setting: 'identityMapping', from: 'Team', to: { add: { Department: 'audit' } } },
      },
    ],
    [
      'principal-tag',
      {
        link: 'permissions',
        side: 'theirs',
        policy: 'permissions',
        operations: [
          { op: 'replace', path: '/Statement/0/Condition/StringEquals/aws:PrincipalTag~1Team', value: 'quality' },
        ],
      },
    ],
    [
      'missing-permission',
      {
        link: 'permissions',
        side: 'theirs',
        policy: 'permissions',
        operations: [{ op: 'add', path: '/Statement/0/Action/-', value: 's3:PutObject' }],
      },
    ],
    [
      'missing-acl',
      { link: 'permissions', side: 'ours', change: { setting: 'acl', from: 'bucket-owner-full-control', to: 'none' } },
    ],
    [
      'bucket-deny',
      {
        link: 'bucket-policy',
        side: 'theirs',
        policy: 'bucket',
        operations: [
          {
            op: 'replace',
            path: '/Statement/0/Condition/ArnNotEquals/aws:PrincipalArn',
            value: ['arn:aws:iam::222222222222:role/backup', roleArn],
          },
        ],
      },
    ],
    [
      'kms',
      {
        link: 'kms-key',
        side: 'theirs',
        policy: 'key',
        operations: [
          {
            op: 'add',
            path: '/Statement/-',
            value: {
              Sid: 'DrawbridgeKeyThroughS3',
              Effect: 'Allow',
              Principal: { AWS: roleArn },
              Action: 'kms:GenerateDataKey',
              Resource: '*',
              Condition: { StringEquals: { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' } },
            },
          },
        ],
      },
    ],
  ] as const)('%s has one obvious first repair', (name, expected) => {
    expect(firstRepair(nine[name])).toEqual({
      change: undefined,
      policy: undefined,
      operations: undefined,
      ...expected,
    })
  })
})

test('every proposal has the shape that the contract gives to repairs', () => {
  for (const scenario of Object.values(nine)) {
    for (const proposal of repairCall(scenario.call, scenario.policies, scenario.ours)) {
      expect(() => repair.parse(proposal)).not.toThrow()
      expect(proposal.summary).toMatch(/^[a-z][^\n]*[^.\n]$/)
      if (proposal.patch !== undefined) expect(proposal.patch.diff).toMatch(/^--- .+\n\+\+\+ .+\n@@ /)
    }
  }
})

describe('every two of them at once', () => {
  const trustFaults = {
    'source-ip': { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    'requested-region': { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } },
    'request-tag': { StringEquals: { 'aws:RequestTag/Department': 'audit' } },
  }
  const trustPairs: readonly (readonly [string, Scenario])[] = [
    ...Object.entries(trustFaults).map(
      ([name, condition]) =>
        [
          `external-id and ${name}`,
          { call: assumeRole, ours, policies: { ...healthy, trust: trustWith(condition, 'other') } },
        ] as const,
    ),
    ...[
      ['source-ip', 'requested-region'] as const,
      ['source-ip', 'request-tag'] as const,
      ['requested-region', 'request-tag'] as const,
    ].map(([one, other]) => {
      const first = trustWith(trustFaults[one]).policy.statements[0]?.conditions ?? []
      const second = trustWith(trustFaults[other]).policy.statements[0]?.conditions ?? []
      const condition: Record<string, Record<string, readonly string[]>> = {}
      for (const { operator, key, values } of [...first, ...second]) {
        condition[operator] = { ...condition[operator], [key]: values }
      }
      return [
        `${one} and ${other}`,
        { call: assumeRole, ours, policies: { ...healthy, trust: trustWith(condition) } },
      ] as const
    }),
  ]
  type Fault = 'principal-tag' | 'missing-permission' | 'missing-acl' | 'bucket-deny' | 'kms'
  const broken = (faults: readonly Fault[]): Scenario => {
    const has = (fault: Fault): boolean => faults.includes(fault)
    const actions = [
      ...(has('missing-permission') ? ['s3:AbortMultipartUpload'] : ['s3:PutObject']),
      ...(has('missing-acl') ? [] : ['s3:PutObjectAcl']),
    ]
    const tagged = has('principal-tag') ? { StringEquals: { 'aws:PrincipalTag/Team': 'finance' } } : undefined
    const { permissions, ...rest } = { ...kitChain({ ...model, kmsKeyArn: keyArn, acl: true }) }
    const keyUse = (permissions ?? []).map((one) => named('key-use', one.policy.source))
    return {
      call: { ...putObject, acl: 'bucket-owner-full-control', bucketKeyArn: keyArn },
      ours,
      policies: {
        ...rest,
        permissions: [
          permissionsWith(actions, tagged),
          ...keyUse.map((one) =>
            policyOf('key-use', ...(one.policy.source as { Statement: object[] }).Statement.slice(1)),
          ),
        ],
        bucket: has('bucket-deny') ? nine['bucket-deny'].policies.bucket : null,
        key: has('kms') ? nine.kms.policies.key : rest.key,
      },
    }
  }
  const faults: readonly Fault[] = ['principal-tag', 'missing-permission', 'missing-acl', 'bucket-deny', 'kms']
  const putPairs = faults.flatMap((one, index) =>
    faults.slice(index + 1).map((other) => [`${one} and ${other}`, broken([one, other])] as const),
  )

  test.each([...trustPairs, ...putPairs])('%s are repaired together', (_, scenario) => {
    const proposals = repairCall(scenario.call, scenario.policies, scenario.ours)
    const [first] = proposals
    expect(decideCall(scenario.call, scenario.policies).decision).not.toBe('allowed')
    expect(first?.proved).toBe(true)
    if (first !== undefined) expect(decideAfter(scenario, proposals, first).decision).toBe('allowed')
  })

  test('two faults in one policy make one patch', () => {
    const [first] = repairCall(assumeRole, { ...healthy, trust: trustWith(trustFaults['source-ip'], 'other') }, ours)
    expect(first?.requires).toEqual([])
    expect(first?.patch?.operations).toHaveLength(2)
  })

  test('faults on both sides are two proposals that name each other', () => {
    const scenario = broken(['missing-permission', 'kms'])
    const [first, second] = repairCall(scenario.call, scenario.policies, ours)
    expect([first?.patch?.policy, second?.patch?.policy]).toEqual(['permissions', 'key'])
    expect(first?.summary).toContain(`needed together with: ${second?.summary.split('; needed')[0]}`)
    expect(first?.requires).toHaveLength(1)
  })
})
