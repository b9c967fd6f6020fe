/** Object Lock: what a bucket that keeps its objects demands of a write, and what it refuses to remove. */
import { createHash } from 'node:crypto'
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clients, refusal, Stage } from '../testing/stage.ts'

const Bucket = 'kept'
let stage: Stage
/** A client that adds no checksum by itself. */
let plain: Clients['s3']

beforeAll(async () => {
  stage = await Stage.open()
  plain = stage.clients(stage.sandbox.customer).s3
  plain.config.requestChecksumCalculation = async () => 'WHEN_REQUIRED'
  await plain.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
  await keepFor('COMPLIANCE', 30)
})

afterAll(() => stage.close())

const keepFor = (Mode: 'COMPLIANCE' | 'GOVERNANCE', Days: number) =>
  plain.send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode, Days } } },
    }),
  )
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')
const put = (Key: string) => plain.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ChecksumSHA256: sha256('x') }))

test('is told as it was set, and keeps its versions', async () => {
  const told = await plain.send(new GetObjectLockConfigurationCommand({ Bucket }))
  expect(told.ObjectLockConfiguration?.Rule?.DefaultRetention).toEqual({ Mode: 'COMPLIANCE', Days: 30 })
  const suspend = plain.send(
    new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
  )
  expect((await refusal(suspend)).code).toBe('InvalidBucketState')
  await stage.bucket('open')
  const none = plain.send(new GetObjectLockConfigurationCommand({ Bucket: 'open' }))
  expect((await refusal(none)).code).toBe('ObjectLockConfigurationNotFoundError')
})

test('demands a checksum of every object and every part', async () => {
  const bare = await refusal(plain.send(new PutObjectCommand({ Bucket, Key: 'bare', Body: 'x' })))
  expect(bare).toMatchObject({ code: 'InvalidRequest', status: 400 })
  expect(bare.message).toContain('Put Object requests with Object Lock parameters')
  const Key = 'parts'
  const { UploadId } = await plain.send(new CreateMultipartUploadCommand({ Bucket, Key }))
  const part = { Bucket, Key, UploadId, PartNumber: 1, Body: 'x' }
  expect((await refusal(plain.send(new UploadPartCommand(part)))).message).toContain('Put Part requests')
  await plain.send(new UploadPartCommand({ ...part, ChecksumSHA256: sha256('x') }))
})

test('removes no version before its time, and hides it behind a marker all the same', async () => {
  const { VersionId } = await put('report')
  const head = await plain.send(new HeadObjectCommand({ Bucket, Key: 'report' }))
  expect(head.ObjectLockMode).toBe('COMPLIANCE')
  expect(head.ObjectLockRetainUntilDate?.getTime()).toBeGreaterThan(Date.now() + 29 * 86_400_000)
  const remove = () => plain.send(new DeleteObjectCommand({ Bucket, Key: 'report', VersionId }))
  const refused = await refusal(remove())
  expect(refused).toMatchObject({ code: 'AccessDenied', status: 403 })
  expect(refused.message).toContain('protected by object lock')
  expect((await plain.send(new DeleteObjectCommand({ Bucket, Key: 'report' }))).DeleteMarker).toBe(true)
  stage.sandbox.advance(31 * 86_400_000)
  await remove()
})

test('governance gives way to who may bypass it, and says so', async () => {
  await keepFor('GOVERNANCE', 365)
  const { VersionId } = await put('governed')
  const version = { Bucket, Key: 'governed', VersionId }
  expect((await refusal(plain.send(new DeleteObjectCommand(version)))).code).toBe('AccessDenied')
  await plain.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }))
})

test('a retention of the writer’s own needs a bucket that has Object Lock, and a day that is to come', async () => {
  const lock = { ObjectLockMode: 'COMPLIANCE' as const, ObjectLockRetainUntilDate: new Date(Date.now() + 86_400_000) }
  const body = { Key: 'own', Body: 'x', ChecksumSHA256: sha256('x') }
  await stage.bucket('unlocked')
  const unlocked = plain.send(new PutObjectCommand({ Bucket: 'unlocked', ...body, ...lock }))
  expect((await refusal(unlocked)).message).toContain('missing Object Lock')
  await plain.send(new PutObjectCommand({ Bucket, ...body, ...lock }))
  const past = { ...lock, ObjectLockRetainUntilDate: new Date(Date.now() - 86_400_000) }
  expect((await refusal(plain.send(new PutObjectCommand({ Bucket, ...body, ...past })))).code).toBe('InvalidArgument')
})
