/**
 * Parts whose bytes no signature covers, at a customer whose bucket policy refuses them: the report arrives all the same, with
 * signed parts, and the next one begins with those.
 */
import { PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts'
import { accessOf, arrivedOnce, bucketOf, type FaultTarget, makeBucket, withFaultHouse } from './faults/house.ts'
import { startFaultProxy } from './faults/proxy.ts'

const sizeBytes = 20 * (1 << 20)
let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

/** What the sandbox answered to parts, in the order of its history. */
function answersToParts(bucket: string): (number | string)[] {
  return sandbox
    .history()
    .filter(({ operation, resource }) => operation === 'UploadPart' && resource.includes(bucket))
    .map(({ status, errorCode }) => errorCode ?? status)
}

async function deny(target: FaultTarget): Promise<void> {
  const { endpoint, bucket, keys } = target
  const s3 = new S3Client({ region: 'eu-central-1', endpoint, forcePathStyle: true, credentials: keys })
  const statement = {
    Sid: 'SignedBytesOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: `arn:aws:s3:::${bucket}/*`,
    Condition: { StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
  }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
  s3.destroy()
}

test('a bucket policy that denies unsigned payloads gets signed ones, the next report at once', async () => {
  const target = await makeBucket(sandbox, 'signed-bytes-only', true)
  await deny(target)
  await withFaultHouse(accessOf(target), async ({ accept, settle }) => {
    for (const report of ['first', 'second']) {
      const delivery = await settle(await accept(report, sizeBytes))
      expect(delivery).toMatchObject({ state: 'delivered', targets: [{ attempts: 1, hasReceipt: true }] })
      expect(await bucketOf(target, delivery)).toEqual(arrivedOnce(delivery, report, sizeBytes))
    }
  })
  const answers = answersToParts(target.bucket)
  // Each of the three parts of the first report may have left before the first refusal came back.
  expect(answers.filter((answer) => answer === 200)).toHaveLength(6)
  expect(answers.slice(-3)).toEqual([200, 200, 200])
  expect(answers.filter((answer) => answer === 'AccessDenied').length).toBeGreaterThanOrEqual(1)
  expect(answers.length).toBeLessThanOrEqual(9)
})

test('a bit that flips on the way of an unsigned part is noticed by the store, and the part is sent again', async () => {
  const proxy = await startFaultProxy(sandbox.endpoint)
  try {
    const target = await makeBucket(sandbox, 'flipped-on-the-way', true)
    proxy.setRules([{ line: /partNumber=2&/u, times: 1, fault: { kind: 'flip', atBodyByte: 5_000_000 } }])
    await withFaultHouse(accessOf({ ...target, endpoint: proxy.endpoint }), async ({ accept, settle }) => {
      const delivery = await settle(await accept('flipped', sizeBytes))
      expect(delivery).toMatchObject({ state: 'delivered', targets: [{ attempts: 1, hasReceipt: true }] })
      expect(await bucketOf(target, delivery)).toEqual(arrivedOnce(delivery, 'flipped', sizeBytes))
    })
    expect(answersToParts(target.bucket).toSorted()).toEqual([200, 200, 200, 'BadDigest'])
  } finally {
    await proxy.close()
  }
})
