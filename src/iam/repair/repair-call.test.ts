import { describe, expect, test } from 'vitest'
import { mostWorkGrowth, sizeGrowth, workGrowth } from '../../base/testing/growth.ts'
import { repair } from '../../contract/index.ts'
import { type ApiCall, decideCall } from '../operations/index.ts'
import { repairCall } from './repair-call.ts'
import { decideAfter } from './testing/apply-proposal.ts'
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
  vendorArn,
} from './testing/scenario.ts'

/** The link that refuses and the first proposal, reduced to what a reader acts on. */
function firstRepair(scenario: Scenario): Record<string, unknown> {
  const verdict = decideCall(scenario.call, scenario.policies)
  const proposals = repairCall(scenario.call, scenario.policies, scenario.ours)
  const [first] = proposals
  expect(verdict.refusedBy).not.toBeNull()
  expect(first?.proved).toBe(true)
  if (first !== undefined) expect(decideAfter(scenario, proposals, first).decision).toBe('allowed')
  return {
    link: verdict.parts[verdict.refusedBy ?? 0]?.link,
    side: first?.side,
    change: first?.change,
    policy: first?.patch?.policy,
    operations: first?.patch?.operations,
  }
}

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

describe('source address', () => {
  const trust = trustWith({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })

  test('fixed addresses are listed instead of the condition being dropped', () => {
    const scenario = {
      call: assumeRole,
      policies: { ...healthy, trust },
      ours: { ...ours, egress: ['198.51.100.0/24'] },
    }
    expect(firstRepair(scenario)).toMatchObject({
      operations: [{ op: 'replace', path: '/Statement/0/Condition/IpAddress/aws:SourceIp', value: '198.51.100.0/24' }],
    })
  })

  test('an unknown address is not guessed: the verdict says what is missing', () => {
    const verdict = decideCall({ ...assumeRole, sourceIp: null }, { ...healthy, trust })
    expect(verdict).toMatchObject({ decision: 'implicitDeny', missingContextValues: ['aws:SourceIp'] })
  })

  test('declared addresses that nobody observed prove nothing', () => {
    const own = { ...ours, egress: ['198.51.100.0/24'], observedAddress: null }
    const [first] = repairCall({ ...assumeRole, sourceIp: null }, { ...healthy, trust }, own)
    expect(first?.summary).toContain('list our addresses')
    expect(first?.proved).toBe(false)
  })

  test('where the statement had no External ID, it is put back as the address goes', () => {
    const bare = trustWith({ IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }, null)
    const scenario = { call: assumeRole, policies: { ...healthy, trust: bare }, ours }
    firstRepair(scenario)
    const [first] = repairCall(assumeRole, scenario.policies, ours)
    expect(first?.patch?.after).toMatchObject({
      Statement: [{ Condition: { StringEquals: { 'sts:ExternalId': 'dbx_our-external-id' } } }, {}, {}],
    })
    expect(first?.patch?.diff).not.toContain('+          "aws:SourceIp"')
  })

  test('a bucket policy that denies all other networks makes an exception for the role', () => {
    const bucket = policyOf('bucket', {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: ['arn:aws:s3:::acme-audit', 'arn:aws:s3:::acme-audit/*'],
      Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    })
    const scenario = { call: putObject, policies: { ...healthy, bucket }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'bucket-policy',
      operations: [{ op: 'add', path: '/Statement/0/Condition/ArnNotEquals', value: { 'aws:PrincipalArn': roleArn } }],
    })
    const fixed = { ...scenario, ours: { ...ours, egress: ['198.51.100.24/32'] } }
    expect(firstRepair(fixed)).toMatchObject({
      operations: [{ op: 'replace', value: ['203.0.113.0/24', '198.51.100.24/32'] }],
    })
  })
})

describe('trust policy', () => {
  const kit = kitChain(model).trust?.policy.source as { Statement: { Principal: { AWS: string } }[] }

  test('the id of a deleted principal is replaced everywhere at once', () => {
    const dead = JSON.parse(JSON.stringify(kit).replaceAll(vendorArn, 'AROAEXAMPLEEXAMPLE123')) as object
    const scenario = { call: assumeRole, policies: { ...healthy, trust: named('trust', dead) }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      side: 'theirs',
      operations: [0, 1, 2].map((index) => ({
        op: 'replace',
        path: `/Statement/${index}/Principal/AWS`,
        value: vendorArn,
      })),
    })
  })

  test('another principal of our account is replaced; somebody else’s statement is left alone', () => {
    const wrong = JSON.parse(JSON.stringify(kit).replaceAll('drawbridge-base', 'old-exporter')) as object
    const scenario = { call: assumeRole, policies: { ...healthy, trust: named('trust', wrong) }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      operations: [{ value: vendorArn }, { value: vendorArn }, { value: vendorArn }],
    })
    const foreign = policyOf('trust', {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::333333333333:role/auditor' },
      Action: 'sts:AssumeRole',
    })
    const [first] = repairCall(assumeRole, { ...healthy, trust: foreign }, ours)
    expect(first?.proved).toBe(true)
    expect(first?.patch?.after).toMatchObject({
      Statement: [
        { Principal: { AWS: 'arn:aws:iam::333333333333:role/auditor' } },
        { Principal: { AWS: vendorArn }, Condition: { StringEquals: { 'sts:ExternalId': 'dbx_our-external-id' } } },
        { Action: 'sts:TagSession' },
        { Action: 'sts:SetSourceIdentity' },
      ],
    })
  })

  test.each([
    ['sts:TagSession', 1, 'DrawbridgeTagSession'],
    ['sts:SetSourceIdentity', 2, 'DrawbridgeSetSourceIdentity'],
  ])('a missing %s gets its own statement', (action, index, sid) => {
    const trust = policyOf('trust', ...kit.Statement.filter((_, at) => at !== index))
    const scenario = { call: assumeRole, policies: { ...healthy, trust }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'assume-role',
      policy: 'trust',
      operations: [
        { op: 'add', path: '/Statement/-', value: { Sid: sid, Action: action, Principal: { AWS: vendorArn } } },
      ],
    })
  })

  test('a tag that the sign-in does not have is never invented', () => {
    const trust = trustWith({ StringEquals: { 'aws:RequestTag/CostCentre': '42' } })
    const proposals = repairCall(assumeRole, { ...healthy, trust }, ours)
    expect(proposals.length).toBeGreaterThan(0)
    expect(proposals.filter((one) => one.change?.setting === 'identityMapping')).toEqual([])
    expect(proposals[0]?.patch?.policy).toBe('trust')
  })

  test('a claim with another value than the policy wants is not passed off as the wanted one', () => {
    const trust = trustWith({ StringEquals: { 'aws:RequestTag/Department': 'finance' } })
    for (const proposal of repairCall(assumeRole, { ...healthy, trust }, ours)) {
      expect(JSON.stringify(proposal.change ?? '')).not.toContain('finance')
    }
  })

  test('a newly mapped tag that the trust policy does not let through yet is added to its list', () => {
    const trust = trustWith({ StringEquals: { 'aws:RequestTag/Department': 'audit' } })
    const proposals = repairCall(assumeRole, { ...healthy, trust }, ours)
    expect(proposals.slice(0, 2)).toMatchObject([
      { side: 'ours', change: { setting: 'identityMapping' }, proved: true },
      {
        side: 'theirs',
        patch: {
          operations: [
            {
              op: 'replace',
              path: '/Statement/1/Condition/ForAllValues:StringEquals/aws:TagKeys',
              value: ['Team', 'Department'],
            },
          ],
        },
      },
    ])
  })

  test('a wildcard principal is not loosened further: our own statement is added', () => {
    const trust = policyOf('trust', {
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
      Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } },
    })
    const [first] = repairCall(assumeRole, { ...healthy, trust }, ours)
    expect(first?.proved).toBe(true)
    expect(first?.patch?.after).toMatchObject({
      Statement: [{ Condition: { IpAddress: {} } }, { Principal: { AWS: vendorArn } }, {}, {}],
    })
  })

  test('our own identity policy is ours to repair', () => {
    const base = [policyOf('base', { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roleArn })]
    expect(firstRepair({ call: assumeRole, policies: { ...healthy, base }, ours })).toMatchObject({
      link: 'base-identity',
      side: 'ours',
      policy: 'base',
    })
  })
})

describe('permissions and bucket', () => {
  test('without an enforced owner, and for another account’s bucket, the ACL is kept and its permission granted', () => {
    const call: ApiCall = { ...putObject, acl: 'bucket-owner-full-control', bucketOwner: '333333333333' }
    const bucket = policyOf('bucket', {
      Effect: 'Allow',
      Principal: { AWS: roleArn },
      Action: ['s3:PutObject', 's3:PutObjectAcl'],
      Resource: 'arn:aws:s3:::acme-audit/exports/*',
    })
    const scenario: Scenario = {
      call,
      policies: { ...healthy, session: null, bucket },
      ours: { ...ours, objectOwnership: 'ObjectWriter' },
    }
    expect(firstRepair(scenario)).toMatchObject({ side: 'theirs', policy: 'permissions' })
    expect(repairCall(call, scenario.policies, scenario.ours).filter((one) => one.change !== undefined)).toEqual([])
  })

  test('a grant for another folder gets the folder, not the bucket', () => {
    const permissions = [
      policyOf('permissions', { Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/old/*' }),
    ]
    expect(firstRepair({ call: putObject, policies: { ...healthy, permissions }, ours })).toMatchObject({
      operations: [
        {
          op: 'replace',
          path: '/Statement/0/Resource',
          value: ['arn:aws:s3:::acme-audit/old/*', 'arn:aws:s3:::acme-audit/exports/*'],
        },
      ],
    })
  })

  test('an administrator’s own conditional statement is not opened for us', () => {
    const permissions = [
      policyOf(
        'permissions',
        {
          Sid: 'Admin',
          Effect: 'Allow',
          Action: '*',
          Resource: '*',
          Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        },
        {
          Sid: 'Export',
          Effect: 'Allow',
          Action: 's3:AbortMultipartUpload',
          Resource: 'arn:aws:s3:::acme-audit/exports/*',
        },
      ),
    ]
    expect(firstRepair({ call: putObject, policies: { ...healthy, permissions }, ours })).toMatchObject({
      operations: [{ op: 'replace', path: '/Statement/1/Action', value: ['s3:AbortMultipartUpload', 's3:PutObject'] }],
    })
  })

  test('a Deny for us alone goes, or loses the action; the bucket policy goes when nothing is left of it', () => {
    const deny = (Action: string | string[]) =>
      policyOf('bucket', { Effect: 'Deny', Principal: { AWS: roleArn }, Action, Resource: 'arn:aws:s3:::acme-audit/*' })
    const only = { call: putObject, policies: { ...healthy, bucket: deny('s3:PutObject') }, ours }
    expect(firstRepair(only)).toMatchObject({ operations: [{ op: 'remove', path: '' }] })
    const several = { call: putObject, policies: { ...healthy, bucket: deny(['s3:DeleteObject', 's3:Put*']) }, ours }
    expect(firstRepair(several)).toMatchObject({ operations: [{ op: 'remove', path: '/Statement/0/Action/1' }] })
  })

  test('among several principals of a Deny ours is taken off', () => {
    const bucket = policyOf('bucket', {
      Effect: 'Deny',
      Principal: { AWS: ['arn:aws:iam::222222222222:role/intern', roleArn] },
      Action: 's3:*',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, bucket }, ours })).toMatchObject({
      operations: [{ op: 'remove', path: '/Statement/0/Principal/AWS/1' }],
    })
  })

  test('a demanded encryption header is sent rather than the Deny changed', () => {
    const bucket = policyOf('bucket', {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
      Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } },
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, bucket }, ours })).toMatchObject({
      side: 'ours',
      change: { setting: 'encryption', from: 'bucket-default', to: { kind: 'sse-s3' } },
    })
  })

  test('a bucket of another account without a policy gets one for the role alone', () => {
    const call = { ...putObject, bucketOwner: '333333333333' }
    const scenario = { call, policies: healthy, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'bucket-policy',
      operations: [
        { op: 'add', path: '', value: { Statement: [{ Principal: { AWS: roleArn }, Action: 's3:PutObject' }] } },
      ],
    })
  })

  test('organization policies name whose edit it is', () => {
    const full = policyOf('FullAWSAccess', { Effect: 'Allow', Action: '*', Resource: '*' })
    const deny = policyOf('Regions', {
      Effect: 'Deny',
      Action: 's3:*',
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': 'us-east-1' } },
    })
    for (const scp of [
      [[full], [full, deny]],
      [[full], [policyOf('Narrow', { Effect: 'Allow', Action: 'ec2:*', Resource: '*' })]],
    ]) {
      const scenario = { call: putObject, policies: { ...healthy, scp }, ours }
      expect(firstRepair(scenario)).toMatchObject({ link: 'permissions', side: 'theirs', policy: 'scp' })
      expect(repairCall(putObject, scenario.policies, ours)[0]?.summary).toContain(
        'ask the organization’s administrator',
      )
    }
  })

  test('boundary and session policy are repaired where they stand', () => {
    const narrow = policyOf('boundary', {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, boundary: narrow }, ours })).toMatchObject({
      side: 'theirs',
      policy: 'boundary',
    })
    const session = policyOf('session', {
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    expect(firstRepair({ call: putObject, policies: { ...healthy, session }, ours })).toMatchObject({
      side: 'ours',
      policy: 'session',
    })
  })

  test('a default key that our session policy does not know is named in the connection', () => {
    const chain = kitChain({ ...model, kmsKeyArn: keyArn })
    const call = { ...putObject, bucketKeyArn: keyArn }
    const session = kitChain(model).session
    const scenario = { call, policies: { ...chain, session }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      side: 'ours',
      change: { setting: 'encryption', to: { kind: 'sse-kms', keyArn } },
      policy: 'session',
    })
  })

  test('under RestrictPublicBuckets the public statements go, and ours stays', () => {
    const open = (Sid: string) => ({
      Sid,
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    })
    const own = {
      Effect: 'Allow',
      Principal: { AWS: roleArn },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
    }
    const call = { ...putObject, bucketOwner: '333333333333' }
    const bucket = policyOf('bucket', open('A'), own, open('B'))
    const scenario = { call, policies: { ...healthy, bucket, restrictPublicBuckets: true }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      link: 'bucket-policy',
      operations: [
        { op: 'remove', path: '/Statement/2' },
        { op: 'remove', path: '/Statement/0' },
      ],
    })
  })

  test('a multipart upload gets both key actions in one statement', () => {
    const call = { ...putObject, bucketKeyArn: keyArn, multipart: true }
    const chain = kitChain({ ...model, kmsKeyArn: keyArn, resume: true })
    const scenario = { call, policies: { ...chain, key: nine.kms.policies.key }, ours }
    expect(firstRepair(scenario)).toMatchObject({
      operations: [{ value: { Action: ['kms:GenerateDataKey', 'kms:Decrypt'] } }],
    })
  })
})

describe('ranking', () => {
  test('a repair that opens another call comes after one that does not, and says so', () => {
    const permissions = [
      policyOf('permissions', {
        Sid: 'Shared',
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:GetObject'],
        Resource: 'arn:aws:s3:::acme-audit/*',
        Condition: { StringEquals: { 'aws:PrincipalTag/Team': 'finance' } },
      }),
    ]
    const policies = { ...healthy, session: null, permissions }
    const read: ApiCall = {
      operation: 's3:GetObject',
      session: putObject.session,
      roleArn,
      tags: { Team: 'quality' },
      sourceIdentity: null,
      region: 'eu-central-1',
      sourceIp: null,
      bucket: 'acme-audit',
      key: 'secret/plan.txt',
      bucketOwner: '222222222222',
      bucketKeyArn: null,
    }
    const [alone] = repairCall(putObject, policies, ours)
    expect(alone?.summary).toMatch(/^replace `finance` by `quality`/)
    const [first, ...rest] = repairCall(putObject, policies, ours, [read])
    expect(first?.summary).toMatch(
      /^add a statement that allows `s3:PutObject` on `arn:aws:s3:::acme-audit\/exports\/\*`/,
    )
    expect(first?.opens).not.toContain('also allows')
    expect(rest.length).toBeGreaterThan(0)
    for (const other of rest) {
      expect(other.opens).toContain('also allows `s3:GetObject` on `acme-audit/secret/plan.txt`')
    }
  })

  test('a hostile policy of thousands of statements is answered in linear time', () => {
    const repairing = (statements: number) => () => {
      const many = Array.from({ length: statements }, (_, index) => ({
        Effect: index % 2 === 0 ? 'Deny' : 'Allow',
        Action: index % 3 === 0 ? 's3:PutObject' : 's3:GetObject',
        Resource: 'arn:aws:s3:::acme-audit/*',
      }))
      const permissions = [policyOf('permissions', ...many)]
      return () => {
        const proposals = repairCall(putObject, { ...healthy, permissions }, ours)
        expect(proposals.every((one) => !one.proved)).toBe(true)
      }
    }
    expect(workGrowth(repairing(3_000 / sizeGrowth), repairing(3_000))).toBeLessThan(mostWorkGrowth)
  })
})
