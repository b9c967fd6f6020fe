/** The delay with which changes of roles and policies decide, and the clock that is wrong. */
import { CreateRoleCommand, DeleteRolePolicyCommand, GetRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { HeadBucketCommand, ListObjectsV2Command, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { customerAccountId, vendorAccountId } from '../index.ts'
import { policy, refusal, region, Stage } from '../testing/stage.ts'

const Bucket = 'slow-to-know'
const minute = 60_000
let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
  await stage.bucket(Bucket)
})

afterEach(() => {
  stage.sandbox.setPropagationDelay(0)
  stage.sandbox.setClockSkew(0)
})

afterAll(() => stage.close())

const trust = policy({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${vendorAccountId}:root` },
  Action: 'sts:AssumeRole',
})
const listing = policy({ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' })
const PolicyName = 'listing'

async function makeRole(RoleName: string): Promise<string> {
  const { iam } = stage.customer
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: listing }))
  return `arn:aws:iam::${customerAccountId}:role/${RoleName}`
}

test('a new role is refused like one that does not exist, until the delay is over', async () => {
  stage.sandbox.setPropagationDelay(minute)
  const RoleArn = await makeRole('fresh')
  const { Role } = await stage.customer.iam.send(new GetRoleCommand({ RoleName: 'fresh' }))
  expect(Role?.Arn).toBe(RoleArn)
  const assume = () => stage.base.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'early' }))
  expect(await refusal(assume())).toMatchObject({ code: 'AccessDenied', status: 403 })
  stage.sandbox.advance(minute - 1_000)
  expect((await refusal(assume())).code).toBe('AccessDenied')
  stage.sandbox.advance(1_000)
  expect((await assume()).Credentials?.AccessKeyId).toMatch(/^ASIA/)
})

test('permissions come and go late, and in their order', async () => {
  const RoleArn = await makeRole('late')
  const { s3 } = await stage.assume({ RoleArn })
  const list = () => s3.send(new ListObjectsV2Command({ Bucket }))
  stage.sandbox.setPropagationDelay(minute)
  const { iam } = stage.customer
  const named = { RoleName: 'late', PolicyName }
  await iam.send(new DeleteRolePolicyCommand(named))
  stage.sandbox.advance(minute / 2)
  await iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: listing }))
  await list()
  stage.sandbox.advance(minute / 2)
  expect((await refusal(list())).code).toBe('AccessDenied')
  stage.sandbox.advance(minute / 2)
  await list()
})

test('a bucket policy decides late', async () => {
  stage.sandbox.setPropagationDelay(minute)
  const Policy = policy({ Effect: 'Deny', Principal: '*', Action: 's3:ListBucket', Resource: `arn:aws:s3:::${Bucket}` })
  await stage.customer.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
  await stage.customer.s3.send(new ListObjectsV2Command({ Bucket }))
  stage.sandbox.advance(minute)
  expect((await refusal(stage.customer.s3.send(new ListObjectsV2Command({ Bucket })))).code).toBe('AccessDenied')
})

test('a clock that is wrong refuses signatures, and its Date header shows it', async () => {
  stage.sandbox.setClockSkew(20 * minute)
  const answer = await stage.raw({ method: 'HEAD', path: `/${Bucket}`, headers: { host: '127.0.0.1' } })
  const ahead = Date.parse(String(answer.headers['date'])) - Date.now()
  expect(Math.round(ahead / minute)).toBe(20)
  // Where the bucket is, everybody is told.
  expect(answer.headers['x-amz-bucket-region']).toBe(region)
  const list = stage.customer.s3.send(new ListObjectsV2Command({ Bucket }))
  expect((await refusal(list)).code).toBe('RequestTimeTooSkewed')
  stage.sandbox.setClockSkew(0)
  expect((await refusal(stage.base.s3.send(new HeadBucketCommand({ Bucket })))).status).toBe(403)
})
