/**
 * The checks that tell about the place, each on a sandbox that has the fault: buckets that keep objects or versions, that anybody
 * can see, that take no ACLs; keys that are off, going, elsewhere or not ours; grants on the bucket alone and on objects alone.
 */
import { CreateKeyCommand, DisableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  ListObjectVersionsCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseLive, openConnection } from '../src/connection/index.ts'
import type { Check, Connection, ConnectionInput, Verification } from '../src/contract/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { dana, type House, openHouse, region, textOf, unwell } from './kit/house.ts'

let house: House
let count = 0

beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house.close())

const s3 = () => house.administrator().s3
const none = { kind: 'none' } as const

interface Wish {
  readonly purpose?: ConnectionInput['purpose']
  readonly writing?: ConnectionInput['writing']
  /** Made by the test; absent: the house's own. */
  readonly bucket?: string
  /** Edits the permissions of the kit before they are applied. */
  readonly edit?: (permissions: string) => string
}

/** A connection with its kit applied, in a folder of its own. */
async function setUp({ purpose = 'export', writing = {}, bucket, edit = (text) => text }: Wish): Promise<Connection> {
  const name = `place${++count}`
  const place = house.place(`${name}/`)
  const location = bucket === undefined || place.service !== 's3' ? place : { ...place, uri: `s3://${bucket}` }
  const { connection } = await house.connect({ name, purpose, writing, location })
  const kit = await house.kitOf(connection)
  const permissions = edit(textOf(kit, 'permissions-policy.json'))
  await house.putRole(customerAccountId, `drawbridge-${name}`, '/', textOf(kit, 'trust-policy.json'), permissions)
  return connection
}

async function makeBucket(Bucket: string, lock = false): Promise<string> {
  const CreateBucketConfiguration = { LocationConstraint: region } as const
  await s3().send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration, ObjectLockEnabledForBucket: lock }))
  return Bucket
}

function checkOf(report: Verification, id: string): Check {
  const found = report.checks.find((check) => check.id === id)
  if (found === undefined) throw new Error(`the report has no ${id}`)
  return found
}

/** Whether a delete marker was left, and how many versions there are. */
async function left(Bucket: string): Promise<{ markers: number; versions: number }> {
  const { DeleteMarkers = [], Versions = [] } = await s3().send(new ListObjectVersionsCommand({ Bucket }))
  return { markers: DeleteMarkers.length, versions: Versions.length }
}

describe('the owner of the bucket', () => {
  it.each(['export', 'enrichment', 'source'] as const)('is demanded by every call of %s', async (purpose) => {
    const writing = purpose === 'source' ? {} : ({ resume: true, acl: 'bucket-owner-full-control' } as const)
    const connection = await setUp({ purpose, writing })
    house.sandbox.clearHistory()
    const report = await house.verify(connection)
    expect(unwell(report)).toEqual([])
    const open = await openConnection(connection, none, dana, house.context)
    const key = `${open.rootPath}x`
    await Promise.allSettled([open.store.head(key), open.store.get(key), open.store.delete(key)])
    open.close()
    await diagnoseLive(connection, none, dana, house.context)
    const calls = house.sandbox.history().filter(({ service }) => service === 's3')
    expect(new Set(calls.map(({ operation }) => operation)).size).toBeGreaterThan(4)
    expect(calls.filter(({ expectedBucketOwner }) => expectedBucketOwner !== customerAccountId)).toEqual([])
    // Whoever looks for a check in the customer's trail finds the call.
    const ids = new Set(house.sandbox.history().map(({ requestId }) => requestId))
    const told = report.checks.flatMap(({ requestIds }) => requestIds)
    expect(told.length).toBeGreaterThan(4)
    expect(told.filter((id) => !ids.has(id))).toEqual([])
  })
})

describe('a bucket that keeps versions', () => {
  it.each(['Enabled', 'Suspended'] as const)(
    '%s: gets no delete marker, and the probe that stays is told',
    async (Status) => {
      const bucket = await makeBucket(`versions-${Status.toLowerCase()}`)
      await s3().send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }))
      const report = await house.verify(await setUp({ purpose: 'enrichment', bucket }))
      expect(unwell(report)).toEqual([])
      expect(checkOf(report, 'delete-probe').detail).toMatch(
        /^deleting is allowed; .* stays: the bucket keeps versions/,
      )
      expect(await left(bucket)).toEqual({ markers: 0, versions: 1 })
    },
  )

  it('loses the probe for good where its version may be removed', async () => {
    const bucket = await makeBucket('versions-removed')
    const VersioningConfiguration = { Status: 'Enabled' as const }
    await s3().send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }))
    const { accessKeyId, secretAccessKey } = house.administrator().credentials
    const place = house.place('removed/')
    if (place.service !== 's3') throw new TypeError('no bucket')
    const { connection, secret } = await house.connect({
      name: 'removed',
      purpose: 'enrichment',
      location: { ...place, uri: `s3://${bucket}` },
      authentication: { kind: 'access-key', accessKeyId, secretAccessKey },
    })
    const report = await house.verify(connection, secret)
    expect(checkOf(report, 'delete-probe')).toMatchObject({ status: 'pass' })
    expect(checkOf(report, 'delete-probe').detail).toContain('with its one version')
    expect(await left(bucket)).toEqual({ markers: 0, versions: 0 })
  })

  it('is red where deleting is not allowed, and gets no delete marker by the attempt', async () => {
    const bucket = await makeBucket('versions-refused')
    const VersioningConfiguration = { Status: 'Enabled' as const }
    await s3().send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }))
    const edit = (text: string): string => text.replaceAll('"s3:DeleteObject"', '"s3:GetBucketTagging"')
    const report = await house.verify(await setUp({ purpose: 'enrichment', bucket, edit }))
    expect(checkOf(report, 'delete-probe').status).toBe('fail')
    expect((await left(bucket)).markers).toBe(0)
  })
})

describe('Object Lock', () => {
  it.each(['export', 'enrichment'] as const)('takes what an %s writes, in one piece and in parts', async (purpose) => {
    const bucket = await makeBucket(`locked-${purpose}`, true)
    const Rule = { DefaultRetention: { Mode: 'COMPLIANCE' as const, Days: 30 } }
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule }
    await s3().send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration }))
    const report = await house.verify(await setUp({ purpose, bucket, writing: { resume: true } }))
    expect(unwell(report)).toEqual([])
    expect(checkOf(report, 'object-lock').detail).toContain('every object and part carries a checksum')
    expect((await left(bucket)).markers).toBe(0)
  })
})

describe('ACLs', () => {
  it('that the bucket does not take are red at their own check', async () => {
    const bucket = await makeBucket('acl-refused')
    const edit = (text: string): string => text.replaceAll('"s3:PutObjectAcl"', '"s3:GetBucketTagging"')
    const acl = { acl: 'bucket-owner-full-control' } as const
    const report = await house.verify(await setUp({ bucket, writing: acl, edit }))
    expect(checkOf(report, 'object-ownership')).toMatchObject({ status: 'fail', cause: 'missing-acl-permission' })
  })

  it('are taken where the writer hands its objects over', async () => {
    const bucket = await makeBucket('acl-preferred')
    const Rules = [{ ObjectOwnership: 'BucketOwnerPreferred' as const }]
    await s3().send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls: { Rules } }))
    const acl = { acl: 'bucket-owner-full-control' } as const
    const report = await house.verify(await setUp({ bucket, writing: acl }))
    expect(checkOf(report, 'object-ownership').detail).toContain('full control')
    expect(unwell(report)).toEqual([])
  })
})

describe('a place that everybody can see', () => {
  it.each([
    ['s3:GetObject', '/*', 'what we write'],
    ['s3:ListBucket', '', 'the place'],
  ])('by %s is red, with what closes it', async (Action, below, what) => {
    const bucket = await makeBucket(`public-${Action.slice(3).toLowerCase()}`)
    await s3().send(new DeletePublicAccessBlockCommand({ Bucket: bucket }))
    const Statement = [{ Effect: 'Allow', Principal: '*', Action, Resource: `arn:aws:s3:::${bucket}${below}` }]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await s3().send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
    const report = await house.verify(await setUp({ bucket }))
    expect(checkOf(report, 'public-refused')).toMatchObject({
      status: 'fail',
      cause: 'public-access',
      detail: `everybody can see ${what}, without any credentials`,
    })
    expect(checkOf(report, 'public-refused').repair).toContain('Block Public Access')
  })
})

describe('the key', () => {
  async function withKey(spoil: (kms: KMSClient, KeyId: string) => Promise<unknown>): Promise<Check> {
    const { kms } = house.administrator()
    const keyArn = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
    const connection = await setUp({ writing: { encryption: { kind: 'sse-kms', keyArn } } })
    expect(checkOf(await house.verify(connection), 'kms-key').status).toBe('pass')
    await spoil(kms, keyArn)
    return checkOf(await house.verify(connection), 'kms-key')
  }

  it('that is switched off is red in so many words', async () => {
    const check = await withKey((kms, KeyId) => kms.send(new DisableKeyCommand({ KeyId })))
    expect(check).toMatchObject({ status: 'fail', link: 'kms-key', cause: 'kms-key-missing' })
    expect(check.detail).toMatch(/^the key is switched off/)
  })

  it('that waits for its deletion is told apart', async () => {
    const check = await withKey((kms, KeyId) => kms.send(new ScheduleKeyDeletionCommand({ KeyId })))
    expect(check).toMatchObject({ status: 'fail', link: 'kms-key' })
    expect(check.detail).toMatch(/waits for its deletion/)
  })

  it('of another region is red, whatever it grants', async () => {
    const { credentials } = house.administrator()
    const kms = new KMSClient({ endpoint: house.sandbox.endpoint, region: 'eu-west-1', credentials })
    const keyArn = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
    kms.destroy()
    const report = await house.verify(await setUp({ writing: { encryption: { kind: 'sse-kms', keyArn } } }))
    expect(checkOf(report, 'kms-key')).toMatchObject({
      status: 'fail',
      detail: 'the key is in eu-west-1 and the bucket in eu-central-1: S3 takes keys of its own region only',
    })
  })
})

describe('grants', () => {
  const drop = (action: string) => (text: string) => text.replaceAll(`"${action}"`, '"s3:GetBucketTagging"')

  it('on objects alone look like a failed sign-in, and the check says that they are none', async () => {
    const connection = await setUp({ purpose: 'source', edit: drop('s3:ListBucket') })
    await house.fill(connection)
    const report = await house.verify(await setUp({ purpose: 'enrichment', edit: drop('s3:ListBucket') }))
    const check = checkOf(report, 'grant-levels')
    expect(check).toMatchObject({ status: 'fail', cause: 'missing-bucket-permission' })
    expect(check.detail).toContain('looks like a failed sign-in and is none')
    expect(check.repair).toContain('without `/*`')
  })

  it('on the bucket alone are told apart from them', async () => {
    const connection = await setUp({ purpose: 'source', edit: drop('s3:GetObject') })
    await house.fill(connection)
    const check = checkOf(await house.verify(connection), 'grant-levels')
    expect(check).toMatchObject({ status: 'fail', cause: 'missing-permission' })
    expect(check.detail).toContain('the bucket is granted and its objects are not')
  })

  it('of an export are told by the listing of its uploads', async () => {
    const report = await house.verify(
      await setUp({ writing: { resume: true }, edit: drop('s3:ListBucketMultipartUploads') }),
    )
    expect(checkOf(report, 'grant-levels')).toMatchObject({ status: 'fail', cause: 'missing-bucket-permission' })
  })
})
