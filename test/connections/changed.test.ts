/**
 * Every scenario of a broken policy in the sandbox, explained in both views, with the statement and a repair that is
 * proved.
 */
import { describe, expect, it } from 'vitest'
import { diagnoseLive, openConnection } from '../../src/connection/index.ts'
import { type ConnectionInput, diagnosis as diagnosisShape } from '../../src/contract/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import {
  administrator,
  apply,
  bucket,
  connect,
  context,
  dana,
  demand,
  drop,
  type Edits,
  none,
  onStage,
  redLink,
  statementWith,
  statuses,
  verify,
  withAcl,
  withKey,
} from './stage.ts'

onStage()

interface Scenario {
  readonly name: string
  readonly input?: () => Partial<ConnectionInput>
  readonly edits: Edits
  readonly claims?: Record<string, string>
  readonly red: string
  readonly policy: string
  readonly repairedBy: 'ours' | 'theirs'
  /** What the vendor must find by itself, where probes or the text can tell. */
  readonly vendorId?: string
}

const scenarios: readonly Scenario[] = [
  {
    name: 'source-ip',
    edits: { trust: (document) => demand(document, 'sts:AssumeRole', 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24']) },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'theirs',
  },
  {
    name: 'external-id',
    edits: {
      trust: (document) => demand(document, 'sts:AssumeRole', 'StringEquals', 'sts:ExternalId', 'acme-audit-2026'),
    },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'theirs',
  },
  {
    name: 'requested-region',
    edits: {
      trust: (document) => demand(document, 'sts:AssumeRole', 'StringEquals', 'aws:RequestedRegion', 'eu-west-1'),
    },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'ours',
    vendorId: 'trust-requested-region',
  },
  {
    name: 'request-tag',
    edits: {
      trust: (document) => {
        demand(document, 'sts:AssumeRole', 'StringEquals', 'aws:RequestTag/cost_center', 'QA-114')
        for (const [operator, wanted] of Object.entries(statementWith(document, 'sts:TagSession').Condition ?? {})) {
          if (operator !== 'Null' && wanted['aws:TagKeys'] !== undefined) {
            wanted['aws:TagKeys'] = [wanted['aws:TagKeys'], 'cost_center'].flat()
          }
        }
      },
    },
    claims: { cost_center: 'QA-114', department: 'Quality' },
    red: 'assume-role',
    policy: 'trust',
    repairedBy: 'ours',
  },
  {
    name: 'principal-tag',
    edits: {
      permissions: (document) =>
        demand(document, 's3:PutObject', 'StringEquals', 'aws:PrincipalTag/department', 'Regulatory'),
    },
    red: 'permissions',
    policy: 'permissions',
    repairedBy: 'theirs',
  },
  {
    name: 'missing-permission',
    edits: { permissions: (document) => drop(document, 's3:PutObject') },
    red: 'permissions',
    policy: 'permissions',
    repairedBy: 'theirs',
    vendorId: 'missing-permission',
  },
  {
    name: 'missing-acl',
    input: () => withAcl,
    edits: { permissions: (document) => drop(document, 's3:PutObjectAcl') },
    red: 'permissions',
    policy: 'permissions',
    repairedBy: 'ours',
    vendorId: 'missing-acl-permission',
  },
  {
    name: 'bucket-deny',
    edits: {
      bucket: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'OnlyBackupWrites',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${bucket}/*`,
            Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${customerAccountId}:role/backup-writer` } },
          },
        ],
      },
    },
    red: 'bucket-policy',
    policy: 'bucket',
    repairedBy: 'theirs',
    vendorId: 'bucket-policy-deny',
  },
  {
    name: 'kms',
    input: withKey,
    edits: {
      key: (document) => {
        document.Statement = [
          {
            Sid: 'AdministratorOnly',
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${customerAccountId}:user/admin` },
            Action: 'kms:*',
            Resource: '*',
          },
        ]
      },
    },
    red: 'kms-key',
    policy: 'key',
    repairedBy: 'theirs',
  },
]

describe('a policy that IT changed', () => {
  it.each(scenarios)('$name: red at $red in both views, with the statement and a proved repair', async (scenario) => {
    const connection = await connect(scenario.input?.())
    await apply(connection, scenario.edits)
    const report = await verify(connection)
    expect(report.status).toBe('fail')
    expect(redLink(report)).toEqual([scenario.red])
    const vendor = report.diagnosis
    if (vendor === undefined) throw new Error('no diagnosis')
    expect(diagnosisShape.safeParse(vendor).success).toBe(true)
    expect(redLink(vendor)).toEqual([scenario.red])
    expect(vendor.causes.length).toBeGreaterThan(0)
    expect(vendor.causes.every((cause) => cause.confidence !== 'proved')).toBe(true)
    expect(vendor.causes.flatMap((cause) => cause.repairs).some((repair) => repair.proved)).toBe(false)
    if (scenario.vendorId !== undefined) expect(vendor.causes[0]?.id).toBe(scenario.vendorId)

    const explained = await administrator(connection, scenario.claims)
    expect(diagnosisShape.safeParse(explained).success).toBe(true)
    expect(redLink(explained)).toEqual([scenario.red])
    expect(explained.causes[0]).toMatchObject({ confidence: 'proved', statement: { policy: scenario.policy } })
    expect(explained.causes[0]?.repairs[0]).toMatchObject({ side: scenario.repairedBy, proved: true })
  })

  it('a trust policy without sts:TagSession shows by probes', async () => {
    const connection = await connect()
    await apply(connection, { trust: (document) => drop(document, 'sts:TagSession') })
    const report = await verify(connection)
    expect(redLink(report)).toEqual(['assume-role'])
    expect(report.diagnosis?.causes[0]).toMatchObject({ id: 'trust-tag-session', confidence: 'likely' })
  })

  it('tells until when an earlier session still works, and does not use it', async () => {
    const connection = await connect()
    await apply(connection)
    const open = await openConnection(connection, none, dana, context)
    open.close()
    await apply(connection, scenarios[0]?.edits)
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({ 'assume-role': 'fail', 'put-object': 'skipped' })
    expect(report.sessionValidUntil).toBe(open.session?.expiresAt.toISOString())
  })

  it('says that nothing is refused when the connection works', async () => {
    const connection = await connect()
    await apply(connection)
    const explained = await diagnoseLive(connection, none, dana, context)
    expect(explained.causes).toEqual([])
    expect(explained.chain.links.every((link) => link.status === 'pass')).toBe(true)
  })
})
