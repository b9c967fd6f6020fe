/**
 * The connection room against the sandbox: the kit as the customer's administrator applies it, and a role that grants
 * too much; verified link by link.
 */
import { ListMultipartUploadsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { openConnection } from '../../src/connection/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import {
  apply,
  bucket,
  connect,
  context,
  dana,
  keyArn,
  keys,
  none,
  onStage,
  redLink,
  region,
  role,
  s3,
  sandbox,
  statementWith,
  statuses,
  verify,
} from './stage.ts'

onStage()

describe('a connection whose kit was applied as it is', () => {
  it('export: every check passes, and the chain is green from person to object', async () => {
    const connection = await connect()
    await apply(connection)
    const report = await verify(connection)
    expect(statuses(report)).toEqual({
      'base-identity': 'pass',
      'assume-role': 'pass',
      'external-id-required': 'pass',
      'external-id-matched': 'pass',
      'session-identity': 'pass',
      endpoint: 'pass',
      clock: 'pass',
      'bucket-region': 'pass',
      'bucket-owner': 'pass',
      'public-refused': 'pass',
      'put-object': 'pass',
      'conditional-write': 'pass',
      'object-ownership': 'pass',
      'object-lock': 'pass',
      'delete-refused': 'pass',
      'read-refused': 'pass',
      'list-refused': 'pass',
      'outside-root-refused': 'pass',
    })
    expect(report.status).toBe('pass')
    expect(report.diagnosis).toBeUndefined()
    expect(report.chain.links.every((link) => link.status === 'pass')).toBe(true)
    expect(
      report.checks.filter((check) => check.status === 'pass' && check.requestIds.length > 0).length,
    ).toBeGreaterThan(5)
    // One probe object, and nothing beside the root path.
    expect(await keys()).toEqual([expect.stringMatching(/^reports\/\.drawbridge\/probe-prb_/)])
  })

  it('export with KMS, ACL and resumed uploads: passes and leaves no upload behind', async () => {
    const connection = await connect({
      writing: { acl: 'bucket-owner-full-control', encryption: { kind: 'sse-kms', keyArn }, resume: true },
    })
    await apply(connection)
    const report = await verify(connection)
    expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
    expect(report.chain.links.map((link) => link.id)).toContain('kms-key')
    const pending = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    expect(pending.Uploads ?? []).toEqual([])
  })

  it('enrichment: reads its probe back and removes it', async () => {
    const connection = await connect({ purpose: 'enrichment' })
    await apply(connection)
    const before = await keys('reports/')
    const report = await verify(connection)
    expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
    expect(statuses(report)).toMatchObject({ 'delete-probe': 'pass', 'read-object': 'pass' })
    expect(await keys('reports/')).toEqual(before)
  })

  it('source: lists and reads, in an empty folder too, and may not write', async () => {
    const location = {
      service: 's3',
      uri: `s3://${bucket}`,
      rootPath: 'raw/',
      region,
      bucketOwner: customerAccountId,
      endpoint: sandbox.endpoint,
    } as const
    const connection = await connect({ purpose: 'source', location })
    await apply(connection)
    const empty = await verify(connection)
    expect(empty.checks.filter((check) => check.status !== 'pass')).toEqual([])
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'raw/orders.csv', Body: 'a,b\n1,2\n' }))
    const report = await verify(connection)
    expect(report.status).toBe('pass')
    expect(report.checks.find((check) => check.id === 'read-object')?.detail).toContain('raw/orders.csv')
    expect(statuses(report)).toMatchObject({ 'write-refused': 'pass', 'outside-root-refused': 'pass' })
    expect(await keys('raw/')).toEqual(['raw/orders.csv'])
  })

  it('opens the store in the person’s name and renews its session', async () => {
    const connection = await connect()
    await apply(connection)
    const open = await openConnection(connection, none, dana, context)
    expect(open.facts).toMatchObject({ service: 's3', location: `s3://${bucket}`, bucketOwner: customerAccountId })
    expect(open.facts.principal).toBe(`arn:aws:sts::${customerAccountId}:assumed-role/${role}/dana`)
    await open.renew()
    open.close()
    const assumed = sandbox.history().filter((entry) => entry.operation === 'AssumeRole')
    expect(assumed.length).toBeGreaterThan(1)
  })
})

describe('a role that grants too much', () => {
  it('fails loudly when the trust policy does not demand the External ID, and keeps no such session', async () => {
    const connection = await connect()
    await apply(connection, {
      trust: (document) => {
        for (const statement of document.Statement) delete statement.Condition
      },
    })
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({
      'assume-role': 'pass',
      'external-id-required': 'fail',
      'external-id-matched': 'fail',
    })
    expect(report.status).toBe('fail')
    expect(redLink(report)).toEqual(['assume-role'])
    expect(report.diagnosis?.causes[0]?.id).toBe('external-id-not-required')
  })

  it('fails only the comparison when any External ID will do', async () => {
    const connection = await connect()
    await apply(connection, {
      trust: (document) => {
        statementWith(document, 'sts:AssumeRole').Condition = { StringLike: { 'sts:ExternalId': '*' } }
      },
    })
    expect(statuses(await verify(connection))).toMatchObject({
      'external-id-required': 'pass',
      'external-id-matched': 'fail',
    })
  })

  it('leaves the External ID checks unknown when STS gives no clear answer', async () => {
    const connection = await connect()
    await apply(connection)
    // The first AssumeRole answers; whatever comes after it meets a broken STS.
    sandbox.setFaults([{ match: { operation: 'AssumeRole', nth: 2, times: 100 }, do: { kind: 'internal-error' } }])
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({
      'assume-role': 'pass',
      'external-id-required': 'unknown',
      'external-id-matched': 'unknown',
      'read-refused': 'unknown',
      'put-object': 'pass',
    })
    expect(report.status).toBe('unknown')
  })

  it('notices rights to read, to list and to write beside the root path', async () => {
    const connection = await connect()
    await apply(connection, {
      permissions: (document) => {
        document.Statement.push({ Sid: 'TooMuch', Effect: 'Allow', Action: 's3:*', Resource: '*' })
      },
    })
    const before = await keys('drawbridge-outside')
    const report = await verify(connection)
    expect(statuses(report)).toMatchObject({
      'put-object': 'pass',
      'read-refused': 'fail',
      'list-refused': 'fail',
      'outside-root-refused': 'fail',
    })
    expect(report.diagnosis?.causes[0]).toMatchObject({ id: 'grants-too-much', confidence: 'likely' })
    expect(await keys('drawbridge-outside')).toEqual(before)
  })
})
