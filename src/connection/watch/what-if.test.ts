/** Plans tried before they are applied: what they break, what they open, and where that stands. */
import { describe, expect, it } from 'vitest'
import type { PlanCause, WhatIf } from '../../contract/index.ts'
import { buildKit } from '../index.ts'
import { customerAccount, dana, makeConnection, makeContext } from '../testing/surroundings.ts'
import { whatIf } from './what-if.ts'

const context = makeContext()

interface Document {
  Statement: Record<string, unknown>[]
}

async function kitPolicy(name: string, change: Parameters<typeof makeConnection>[0] = {}): Promise<Document> {
  const kit = await buildKit(await makeConnection(change, context), context)
  const file = kit.files.find(({ path }) => path === `${name}-policy.json`)
  return JSON.parse(file?.text ?? 'null') as Document
}

function withCondition(policy: Document, index: number, condition: Record<string, unknown>): string {
  const statement = policy.Statement[index]
  if (statement === undefined) throw new TypeError(`no statement ${index}`)
  statement['Condition'] = { ...(statement['Condition'] as object | undefined), ...condition }
  return JSON.stringify(policy, null, 2)
}

const effects = (found: WhatIf): string[] =>
  found.calls.filter(({ effect }) => effect !== 'none').map(({ operation, effect }) => `${operation} ${effect}`)
const only = (found: WhatIf): PlanCause | undefined => (found.causes.length === 1 ? found.causes[0] : undefined)

describe('a plan for the trust policy', () => {
  it('that demands a source address breaks AssumeRole, at the line of the condition', async () => {
    const trust = withCondition(await kitPolicy('trust'), 0, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })
    const found = await whatIf(await makeConnection({}, context), dana, { trust }, {}, context)
    expect([found.status, effects(found)]).toEqual(['fail', ['sts:AssumeRole breaks']])
    const line = trust.split('\n').findIndex((text) => text.includes('"aws:SourceIp"')) + 1
    expect(only(found)).toMatchObject({
      id: 'trust-source-ip',
      effect: 'breaks',
      // Our address is not known, so nothing is proved; that it is not promised to stay is what breaks.
      confidence: 'likely',
      link: 'assume-role',
      statement: { policy: 'trust', index: 0, condition: { key: 'aws:SourceIp', wanted: ['203.0.113.0/24'] } },
      place: { policy: 'trust', document: 0, line },
    })
    expect(found.chain.links.find(({ id }) => id === 'assume-role')?.status).toBe('fail')
    expect(found.chain.links.find(({ id }) => id === 'permissions')?.status).not.toBe('fail')
  })

  it('that names another network than ours is proved to break, with the repair', async () => {
    const ours = makeContext({ egress: ['198.51.100.7/32'] })
    const trust = withCondition(await kitPolicy('trust'), 0, { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })
    const found = await whatIf(await makeConnection({}, ours), dana, { trust }, {}, ours)
    expect(only(found)).toMatchObject({ confidence: 'proved', statement: { condition: { actual: ['198.51.100.7'] } } })
    expect(only(found)?.repairs[0]).toMatchObject({ side: 'theirs', proved: true })
    expect(only(found)?.repairs[0]?.patch?.diff).toContain('198.51.100.7/32')
  })

  it('that names our own network breaks nothing', async () => {
    const ours = makeContext({ egress: ['198.51.100.7/32'] })
    const trust = withCondition(await kitPolicy('trust'), 0, { IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } })
    const found = await whatIf(await makeConnection({}, ours), dana, { trust }, {}, ours)
    expect([found.status, effects(found), found.causes]).toEqual(['pass', [], []])
  })

  it('that drops the External ID opens the role to everybody, which a verification would refuse', async () => {
    const policy = await kitPolicy('trust')
    delete policy.Statement[0]?.['Condition']
    const found = await whatIf(await makeConnection({}, context), dana, { trust: JSON.stringify(policy) }, {}, context)
    expect([found.status, effects(found)]).toEqual(['fail', ['sts:AssumeRole opens', 'sts:AssumeRole opens']])
    expect(found.causes[0]).toMatchObject({ id: 'external-id-not-required', effect: 'opens', place: { line: 1 } })
  })

  it('that does not let the source identity be set breaks the call as a whole', async () => {
    const policy = await kitPolicy('trust')
    policy.Statement = policy.Statement.filter(({ Action }) => Action !== 'sts:SetSourceIdentity')
    const found = await whatIf(await makeConnection({}, context), dana, { trust: JSON.stringify(policy) }, {}, context)
    expect(only(found)).toMatchObject({ id: 'trust-source-identity', confidence: 'proved', link: 'assume-role' })
  })
})

describe('a plan for the storage', () => {
  it('that takes the ACL right away breaks an export that sends the ACL, and no other', async () => {
    const permissions = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/reports/*' }],
    })
    const sends = await makeConnection({ writing: { acl: 'bucket-owner-full-control' } }, context)
    const found = await whatIf(sends, dana, { permissions: [permissions] }, {}, context)
    expect(only(found)).toMatchObject({ id: 'missing-acl-permission', place: { policy: 'permissions', document: 0 } })
    const sendsNone = await makeConnection({}, context)
    expect((await whatIf(sendsNone, dana, { permissions: [permissions] }, {}, context)).status).toBe('pass')
  })

  it('that denies uploads without a header breaks the upload, multipart included', async () => {
    const bucket = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::acme-audit/*',
          Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
        },
      ],
    })
    const resumes = await makeConnection({ writing: { resume: true } }, context)
    const found = await whatIf(resumes, dana, { bucket }, {}, context)
    expect(effects(found)).toEqual(['s3:PutObject breaks', 's3:PutObject breaks'])
    expect(only(found)).toMatchObject({ link: 'bucket-policy', statement: { policy: 'bucket', effect: 'Deny' } })
  })

  it.each([
    ['source', ['s3:ListObjectsV2 breaks', 's3:GetObject breaks']],
    ['enrichment', ['s3:ListObjectsV2 breaks', 's3:PutObject breaks', 's3:GetObject breaks', 's3:DeleteObject breaks']],
    ['export', ['s3:PutObject breaks']],
  ] as const)('that takes every right away breaks the calls of %s, and only those', async (purpose, wanted) => {
    const nothing = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'ec2:DescribeRegions', Resource: '*' }],
    })
    const connection = await makeConnection({ purpose }, context)
    const found = await whatIf(connection, dana, { permissions: [nothing] }, {}, context)
    expect(effects(found)).toEqual(wanted)
  })

  it('that widens an export to reading is found, in the right one of several files', async () => {
    const kit = JSON.stringify(await kitPolicy('permissions'), null, 2)
    const reads = JSON.stringify(
      { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
      null,
      2,
    )
    const found = await whatIf(await makeConnection({}, context), dana, { permissions: [kit, reads] }, {}, context)
    expect(found.status).toBe('fail')
    expect(effects(found)).toContain('s3:GetObject opens')
    expect(found.causes.every(({ effect }) => effect === 'opens')).toBe(true)
    expect(found.causes.find(({ operations }) => operations.includes('s3:GetObject'))?.place?.document).toBe(1)
  })

  it('that repairs what is broken today is a pass that says so', async () => {
    const broken = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::acme-audit/other/*' }],
    })
    const planned = JSON.stringify(await kitPolicy('permissions'))
    const connection = await makeConnection({}, context)
    const found = await whatIf(connection, dana, { permissions: [planned] }, { permissions: [broken] }, context)
    expect([found.status, effects(found)]).toEqual(['pass', ['s3:PutObject repairs']])
    const still = await whatIf(
      connection,
      dana,
      { trust: JSON.stringify(await kitPolicy('trust')) },
      { permissions: [broken] },
      context,
    )
    expect([still.status, effects(still)[0]]).toEqual(['pass', 's3:PutObject still-refused'])
  })

  it('whose decision hangs on what nobody here knows is never a pass', async () => {
    const bucket = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: ['arn:aws:s3:::acme-audit', 'arn:aws:s3:::acme-audit/*'],
          Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
        },
      ],
    })
    const found = await whatIf(await makeConnection({}, context), dana, { bucket }, {}, context)
    expect([found.status, effects(found)]).toEqual(['unknown', ['s3:PutObject uncertain']])
    expect(only(found)?.summary).toContain('`aws:SourceIp`')
  })
})

describe('a plan that is no plan', () => {
  it('is refused with the line of the fault', async () => {
    const connection = await makeConnection({}, context)
    await expect(whatIf(connection, dana, { trust: '{\n  "Statement": [,]\n}' }, {}, context)).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('line 2'),
    })
  })

  it('is refused for a connection without a role', async () => {
    const connection = await makeConnection(
      {
        authentication: {
          kind: 'access-key',
          accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
          secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        },
      },
      context,
    )
    await expect(whatIf(connection, dana, { trust: '{}' }, {}, context)).rejects.toMatchObject({
      code: 'input-invalid',
    })
  })

  it('takes the bucket policy of the kit only where the bucket is in another account than the role', async () => {
    const own = await makeConnection({}, context)
    const trust = JSON.stringify(await kitPolicy('trust'))
    expect((await whatIf(own, dana, { trust }, {}, context)).notSeen.join()).toContain('none is supposed')
    const elsewhere = await makeConnection(
      { authentication: { kind: 'role', roleArn: 'arn:aws:iam::333333333333:role/x' } },
      context,
    )
    expect(customerAccount).not.toBe('333333333333')
    const found = await whatIf(elsewhere, dana, { bucket: '' }, {}, context)
    expect(effects(found)).toEqual(['s3:PutObject breaks'])
    expect(only(found)?.link).toBe('bucket-policy')
  })
})
