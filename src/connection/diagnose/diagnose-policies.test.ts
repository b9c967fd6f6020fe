/** Diagnosis from policies: the link, the statement and the repair, where everything can be seen. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Connection, ConnectionInput, Diagnosis } from '../../contract/index.ts'
import { buildKit } from '../kit/index.ts'
import { customerAccount, makeConnection, makeContext } from '../testing/surroundings.ts'
import { diagnosePolicies } from './diagnose-policies.ts'
import type { PolicyTexts } from './policy-texts.ts'

interface Document {
  Statement: {
    Action: string | string[]
    Condition?: Record<string, Record<string, unknown>>
    [key: string]: unknown
  }[]
}

const keyArn = `arn:aws:kms:eu-central-1:${customerAccount}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const identity = { tags: { department: 'Quality' }, sourceIdentity: 'dana', sessionName: 'dana' }
const input: Partial<ConnectionInput> = {
  identityMapping: { sourceIdentityClaim: 'sub', tags: [{ tag: 'department', claim: 'department', required: true }] },
  writing: { acl: 'bucket-owner-full-control', encryption: { kind: 'sse-kms', keyArn } },
}
const context = makeContext({ observedAddress: '198.51.100.24' })

let connection: Connection
let documents: Record<'trust' | 'permissions' | 'key', Document>
let bucket: Document

beforeEach(async () => {
  connection = await makeConnection(input, context)
  const kit = await buildKit(connection, context)
  const read = (path: string): Document =>
    JSON.parse(kit.files.find((file) => file.path === path)?.text ?? '') as Document
  documents = {
    trust: read('trust-policy.json'),
    permissions: read('permissions-policy.json'),
    key: read('key-policy.json'),
  }
  bucket = { Version: '2012-10-17', Statement: [] } as unknown as Document
})

function texts(): PolicyTexts {
  return {
    trust: JSON.stringify(documents.trust),
    permissions: [JSON.stringify(documents.permissions)],
    key: JSON.stringify(documents.key),
    bucket: bucket.Statement.length === 0 ? '' : JSON.stringify(bucket),
    objectOwnership: 'BucketOwnerEnforced',
  }
}

const explain = (claims: Record<string, string> = {}): Promise<Diagnosis> =>
  diagnosePolicies(connection, identity, texts(), context, claims)

function statementWith(document: Document, action: string): Document['Statement'][number] {
  const found = document.Statement.find((statement) => [statement.Action].flat().includes(action))
  if (found === undefined) throw new Error(`no statement with ${action}`)
  return found
}

function demand(document: Document, action: string, operator: string, key: string, value: unknown): void {
  const statement = statementWith(document, action)
  statement.Condition = { ...statement.Condition, [operator]: { ...statement.Condition?.[operator], [key]: value } }
}

function drop(action: string): void {
  const statement = statementWith(documents.permissions, action)
  statement.Action = [statement.Action].flat().filter((one) => one !== action)
  if (statement.Action.length === 0) {
    documents.permissions.Statement = documents.permissions.Statement.filter((one) => one !== statement)
  }
}

function redLink(diagnosis: Diagnosis): string[] {
  return diagnosis.chain.links.filter((link) => link.status === 'fail').map((link) => link.id)
}

describe('diagnosePolicies', () => {
  it('finds the policies of the set-up kit in order, and says what it could not see', async () => {
    const diagnosis = await explain()
    expect(diagnosis.causes).toEqual([])
    expect(redLink(diagnosis)).toEqual([])
    expect(diagnosis.chain.links.find((link) => link.id === 'assume-role')?.status).toBe('pass')
    expect(diagnosis.notSeen.join()).toContain('our own identity policy')
  })

  it('source-ip: drops the condition for dynamic egress and keeps the External ID', async () => {
    demand(documents.trust, 'sts:AssumeRole', 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])
    const diagnosis = await explain()
    expect(redLink(diagnosis)).toEqual(['assume-role'])
    expect(diagnosis.causes[0]).toMatchObject({
      id: 'trust-source-ip',
      confidence: 'proved',
      link: 'assume-role',
      statement: {
        policy: 'trust',
        effect: 'Allow',
        condition: { key: 'aws:SourceIp', wanted: ['203.0.113.0/24'], actual: ['198.51.100.24'] },
      },
    })
    const repair = diagnosis.causes[0]?.repairs[0]
    expect(repair).toMatchObject({ side: 'theirs', proved: true, patch: { policy: 'trust' } })
    expect(repair?.patch?.diff).toContain('-')
    expect(JSON.stringify(repair?.patch?.after)).toContain('sts:ExternalId')
    expect(JSON.stringify(repair?.patch?.after)).not.toContain('aws:SourceIp')
  })

  it('source-ip: is only likely where our address is not known', async () => {
    demand(documents.trust, 'sts:AssumeRole', 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])
    const blind = await diagnosePolicies(connection, identity, texts(), makeContext())
    expect(blind.causes[0]).toMatchObject({ id: 'trust-source-ip', confidence: 'likely' })
    expect(blind.notSeen.join()).toContain('aws:SourceIp')
  })

  it('external-id: puts ours in the place of the other', async () => {
    demand(documents.trust, 'sts:AssumeRole', 'StringEquals', 'sts:ExternalId', 'acme-audit-2026')
    const diagnosis = await explain()
    expect(diagnosis.causes[0]).toMatchObject({ id: 'external-id-mismatch', confidence: 'proved', link: 'assume-role' })
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({ side: 'theirs', proved: true })
    const { authentication } = connection
    if (authentication.kind !== 'role') throw new Error('no role')
    expect(JSON.stringify(diagnosis.causes[0]?.repairs[0]?.patch?.after)).toContain(authentication.externalId)
  })

  it('requested-region: calls STS where the customer allows it', async () => {
    demand(documents.trust, 'sts:AssumeRole', 'StringEquals', 'aws:RequestedRegion', 'eu-west-1')
    const diagnosis = await explain()
    expect(diagnosis.causes[0]).toMatchObject({ id: 'trust-requested-region', link: 'assume-role' })
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({
      side: 'ours',
      change: { setting: 'stsRegion', from: 'eu-central-1', to: 'eu-west-1' },
      proved: true,
    })
  })

  it('request-tag: maps the claim that has the wanted value, as a whole mapping', async () => {
    demand(documents.trust, 'sts:AssumeRole', 'StringEquals', 'aws:RequestTag/CostCenter', 'QA-114')
    const tagging = statementWith(documents.trust, 'sts:TagSession')
    for (const [operator, keys] of Object.entries(tagging.Condition ?? {})) {
      if (operator !== 'Null' && keys['aws:TagKeys'] !== undefined)
        keys['aws:TagKeys'] = [keys['aws:TagKeys'], 'CostCenter'].flat()
    }
    const diagnosis = await explain({ cost_center: 'QA-114', department: 'Quality' })
    expect(diagnosis.causes[0]).toMatchObject({ id: 'trust-request-tag', link: 'assume-role' })
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({
      side: 'ours',
      change: {
        setting: 'identityMapping',
        to: {
          sourceIdentityClaim: 'sub',
          tags: [
            { tag: 'department', claim: 'department', required: true },
            { tag: 'CostCenter', claim: 'cost_center', required: true },
          ],
        },
      },
      proved: true,
    })
    const without = await explain({ department: 'Quality' })
    expect(without.causes[0]?.repairs[0]?.side).toBe('theirs')
  })

  it('principal-tag: edits the value and never lies about the claim', async () => {
    demand(documents.permissions, 's3:PutObject', 'StringEquals', 'aws:PrincipalTag/department', 'Regulatory')
    const diagnosis = await explain({ department: 'Quality' })
    expect(redLink(diagnosis)).toEqual(['permissions'])
    expect(diagnosis.causes[0]).toMatchObject({
      id: 'principal-tag',
      confidence: 'proved',
      statement: { policy: 'permissions', condition: { actual: ['Quality'], wanted: ['Regulatory'] } },
    })
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({ side: 'theirs', proved: true })
    expect(diagnosis.causes[0]?.repairs.every((repair) => repair.side === 'theirs')).toBe(true)
  })

  it('missing-permission: names the role’s permissions and adds the action on the root path', async () => {
    drop('s3:PutObject')
    const diagnosis = await explain()
    expect(redLink(diagnosis)).toEqual(['permissions'])
    expect(diagnosis.operation).toBe('s3:PutObject')
    expect(diagnosis.causes[0]).toMatchObject({ id: 'missing-permission', statement: { policy: 'permissions' } })
    const after = JSON.stringify(diagnosis.causes[0]?.repairs[0]?.patch?.after)
    expect(after).toContain('s3:PutObject')
    expect(after).not.toContain('"s3:*"')
  })

  it('missing-acl: stops sending the ACL where the bucket owner owns everything anyway', async () => {
    drop('s3:PutObjectAcl')
    const diagnosis = await explain()
    expect(diagnosis.causes[0]).toMatchObject({ id: 'missing-acl-permission', link: 'permissions' })
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({
      side: 'ours',
      change: { setting: 'acl', from: 'bucket-owner-full-control', to: 'none' },
      proved: true,
    })
  })

  it('bucket-deny: excepts the role from the Deny', async () => {
    bucket.Statement.push({
      Sid: 'OnlyBackupWrites',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::acme-audit/*',
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': `arn:aws:iam::${customerAccount}:role/backup-writer` } },
    })
    const diagnosis = await explain()
    expect(redLink(diagnosis)).toEqual(['bucket-policy'])
    expect(diagnosis.causes[0]).toMatchObject({
      id: 'bucket-policy-deny',
      confidence: 'proved',
      statement: { policy: 'bucket', sid: 'OnlyBackupWrites', effect: 'Deny', index: 0 },
    })
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({ side: 'theirs', proved: true, patch: { policy: 'bucket' } })
  })

  it('kms: gives the key policy the statement for the role', async () => {
    documents.key.Statement = [
      {
        Sid: 'AdministratorOnly',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${customerAccount}:user/admin` },
        Action: 'kms:*',
        Resource: '*',
      },
    ]
    const diagnosis = await explain()
    expect(redLink(diagnosis)).toEqual(['kms-key'])
    expect(diagnosis.causes[0]).toMatchObject({ link: 'kms-key', confidence: 'proved', statement: { policy: 'key' } })
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({ side: 'theirs', proved: true, patch: { policy: 'key' } })
  })

  it('cloudtrail: takes the address that AWS saw, and proves with it what was only likely', async () => {
    demand(documents.trust, 'sts:AssumeRole', 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])
    const blind = makeContext()
    const event = (change: object): string => {
      if (connection.authentication.kind !== 'role') throw new Error('no role')
      return JSON.stringify({
        eventSource: 'sts.amazonaws.com',
        eventName: 'AssumeRole',
        eventTime: '2026-11-02T09:58:00Z',
        sourceIPAddress: '198.51.100.77',
        errorCode: 'AccessDenied',
        userIdentity: { type: 'AWSAccount', accountId: '111111111111' },
        requestParameters: { roleArn: connection.authentication.roleArn, roleSessionName: 'dana' },
        ...change,
      })
    }
    const seen = (events: string): Promise<Diagnosis> =>
      diagnosePolicies(connection, identity, { ...texts(), events }, blind)
    const diagnosis = await seen(`found in the trail: ${event({})}`)
    expect(diagnosis.causes[0]).toMatchObject({
      id: 'trust-source-ip',
      confidence: 'proved',
      statement: { condition: { actual: ['198.51.100.77'] } },
    })
    expect(diagnosis.causes[0]?.because.join()).toContain('CloudTrail saw `sts:AssumeRole` come from `198.51.100.77`')
    const strange = await seen(event({ userIdentity: { type: 'AWSAccount', accountId: '999999999999' } }))
    expect(strange.causes[0]?.because.join()).toContain('it was not this connection')
    const byEndpoint = await seen(event({ vpcEndpointId: 'vpce-0123456789abcdef0', sourceIPAddress: '10.0.0.7' }))
    expect(byEndpoint.causes[0]?.statement?.condition?.actual).toBeNull()
    const other = await seen(
      '{"eventName":"PutObject","eventSource":"s3.amazonaws.com","requestParameters":{"bucketName":"x"}}',
    )
    expect(other.causes[0]?.because.join()).toContain('none of the 1 CloudTrail events is about this role or bucket')
  })

  it('organization: a service control policy refuses, and FullAWSAccess is supposed beside a Deny alone', async () => {
    const deny = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Sid: 'NoUploads', Effect: 'Deny', Action: 's3:PutObject', Resource: '*' }],
    })
    const diagnosis = await diagnosePolicies(connection, identity, { ...texts(), scp: [[deny]] }, context)
    expect(diagnosis.causes[0]).toMatchObject({
      id: 'organization-policy',
      confidence: 'proved',
      link: 'permissions',
      statement: { policy: 'scp', sid: 'NoUploads', effect: 'Deny' },
    })
    expect(diagnosis.notSeen.join()).toContain('`FullAWSAccess` was not among the service control policies')
    expect(diagnosis.notSeen.join()).toContain('resource control policies of the organization were not at hand')
    const narrow = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }],
    })
    const implicit = await diagnosePolicies(connection, identity, { ...texts(), scp: [[narrow]] }, context)
    expect(implicit.causes[0]).toMatchObject({ id: 'organization-policy', statement: { policy: 'scp' } })
    const rcp = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }],
    })
    const byResource = await diagnosePolicies(connection, identity, { ...texts(), rcp: [[rcp]] }, context)
    expect(byResource.causes[0]).toMatchObject({ id: 'organization-policy', link: 'bucket-policy' })
    expect(redLink(byResource)).toEqual(['bucket-policy'])
  })

  it('key state: a key that is switched off refuses whatever its policy says', async () => {
    const off = await diagnosePolicies(connection, identity, { ...texts(), keyState: 'PendingDeletion' }, context)
    expect(off.causes[0]).toMatchObject({ id: 'kms-key-missing', link: 'kms-key', confidence: 'proved' })
    expect(off.causes[0]?.repairs[0]?.summary).toContain('cancel the deletion')
    expect(redLink(off)).toEqual(['kms-key'])
    const on = await diagnosePolicies(connection, identity, { ...texts(), keyState: 'Enabled' }, context)
    expect(on.causes).toEqual([])
  })

  it('another path: names the statement that allows the action elsewhere', async () => {
    statementWith(documents.permissions, 's3:PutObject')['Resource'] = 'arn:aws:s3:::acme-audit/archive/*'
    const diagnosis = await explain()
    expect(diagnosis.causes[0]).toMatchObject({
      id: 'permissions-key-pattern',
      statement: { policy: 'permissions', effect: 'Allow' },
    })
    expect(diagnosis.causes[0]?.statement?.text).toContain('archive/')
    expect(diagnosis.causes[0]?.repairs[0]).toMatchObject({ side: 'theirs', proved: true })
  })

  it('tells two causes when two links refuse', async () => {
    demand(documents.trust, 'sts:AssumeRole', 'IpAddress', 'aws:SourceIp', ['203.0.113.0/24'])
    drop('s3:PutObject')
    const diagnosis = await explain()
    expect(diagnosis.causes.map((cause) => cause.id)).toEqual(['trust-source-ip', 'missing-permission'])
    expect(redLink(diagnosis)).toEqual(['assume-role'])
    expect(diagnosis.chain.links.find((link) => link.id === 'permissions')?.status).toBe('skipped')
  })

  it('says which policy can not be read, and where', async () => {
    const broken = { ...texts(), bucket: '{"Version": "2012-10-17", "Statement": [}' }
    await expect(diagnosePolicies(connection, identity, broken, context)).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('the bucket policy can not be read in line 1'),
    })
  })

  it('takes the principal of the trust policy where our own is not known', async () => {
    const diagnosis = await diagnosePolicies(connection, identity, texts(), { ...context, base: null })
    expect(diagnosis.causes).toEqual([])
    expect(diagnosis.notSeen.join()).toContain('which the trust policy names, is taken for it')
  })
})
