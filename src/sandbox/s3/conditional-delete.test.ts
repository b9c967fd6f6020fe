/** DeleteObject with a condition: what it takes, what it answers, and that nothing goes when the condition does not hold. */
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { policy, refusal, Stage } from '../testing/stage.ts'

const Bucket = 'kept'
const Key = 'report'
const another = '"00000000000000000000000000000000"'
let stage: Stage
let s3: S3Client

beforeAll(async () => {
  stage = await Stage.open()
  await stage.bucket(Bucket)
  s3 = stage.customer.s3
})
afterEach(() => s3.send(new DeleteBucketPolicyCommand({ Bucket })))
afterAll(() => stage.close())

const remove = (IfMatch: string, key = Key) => s3.send(new DeleteObjectCommand({ Bucket, Key: key, IfMatch }))

/** Denies the administrator of the account one action on every object. */
async function deny(action: string): Promise<void> {
  const statement = { Effect: 'Deny', Principal: '*', Action: action, Resource: `arn:aws:s3:::${Bucket}/*` }
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(statement) }))
}

test('only what has the entity tag goes', async () => {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'a' }))
  expect(await refusal(remove(another))).toMatchObject({ code: 'PreconditionFailed', status: 412 })
  await remove(ETag)
  expect(await refusal(remove(ETag))).toMatchObject({ code: 'NoSuchKey', status: 404 })
})

test('an entity tag takes the right to read as well, and `*` does not', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'a' }))
  await deny('s3:GetObject')
  const { code, message } = await refusal(remove(another))
  expect(code).toBe('AccessDenied')
  expect(message).toContain('is not authorized to perform: s3:GetObject')
  await remove('*')
})

test('who may not delete is refused for that, whatever the condition', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'a' }))
  await deny('s3:DeleteObject')
  for (const [condition, key] of [
    [another, Key],
    ['*', Key],
    ['*', 'never-written'],
  ] as const) {
    expect((await refusal(remove(condition, key))).message).toContain('is not authorized to perform: s3:DeleteObject')
  }
})

test('the condition reaches the policies', async () => {
  const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'a' }))
  const plain = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:DeleteObject',
    Resource: `arn:aws:s3:::${Bucket}/*`,
    Condition: { Null: { 's3:if-match': 'true' } },
  }
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(plain) }))
  expect((await refusal(s3.send(new DeleteObjectCommand({ Bucket, Key })))).code).toBe('AccessDenied')
  await remove(ETag)
})

test('a condition on what is not there leaves no delete marker', async () => {
  const VersioningConfiguration = { Status: 'Enabled' } as const
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))
  for (const condition of ['*', another]) {
    expect(await refusal(remove(condition, 'absent'))).toMatchObject({ code: 'NoSuchKey', status: 404 })
  }
  const versions = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'absent' }))
  expect(versions.DeleteMarkers ?? []).toEqual([])
})
