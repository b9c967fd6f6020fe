/** The controls: faults, history, time and addresses, from this process and over HTTP. */
import {
  CompleteMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromHttp } from '@aws-sdk/credential-providers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { customerAccountId, type FaultAction, vendorAccountId } from '../index.ts'
import { refusal, region, Stage } from '../testing/stage.ts'

const Bucket = 'faulty'
let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
  await stage.bucket(Bucket)
})

afterEach(() => stage.sandbox.setFaults([]))

afterAll(() => stage.close())

const put = (Key: string, Body = 'x') => stage.customer.s3.send(new PutObjectCommand({ Bucket, Key, Body }))
const exists = async (Key: string) => {
  try {
    await stage.customer.s3.send(new HeadObjectCommand({ Bucket, Key }))
    return true
  } catch {
    return false
  }
}
const fault = (action: FaultAction, operation = 'PutObject') =>
  stage.sandbox.setFaults([{ match: { operation, bucket: Bucket }, do: action }])

describe('faults', () => {
  test('answer 503, 500 and an expired token', async () => {
    fault({ kind: 'slow-down' })
    expect(await refusal(put('a'))).toMatchObject({ code: 'SlowDown', status: 503 })
    fault({ kind: 'internal-error' }, 's3:PutObject')
    expect(await refusal(put('a'))).toMatchObject({ code: 'InternalError', status: 500 })
    fault({ kind: 'expired-token' })
    expect(await refusal(put('a'))).toMatchObject({ code: 'ExpiredToken', status: 400 })
    expect(await exists('a')).toBe(false)
    stage.sandbox.setFaults([{ match: { operation: 'sts:GetCallerIdentity' }, do: { kind: 'slow-down' } }])
    const throttled = stage.vendor.sts.send(new GetCallerIdentityCommand({}))
    expect((await refusal(throttled)).code).toBe('Throttling')
  })

  test('lose the answer after the work was done', async () => {
    fault({ kind: 'lost-answer' })
    const lost = await put('lost').catch((cause: unknown) => cause)
    expect((lost as { code?: string }).code).toBe('ECONNRESET')
    expect(await exists('lost')).toBe(true)
    expect(stage.sandbox.history().findLast((entry) => entry.operation === 'PutObject')).toMatchObject({
      status: 200,
      fault: 'lost-answer',
    })
  })

  test('cut the connection before the work, or in the middle of the body', async () => {
    fault({ kind: 'reset' })
    expect(await put('cut').catch((cause: unknown) => (cause as { code?: string }).code)).toBe('ECONNRESET')
    fault({ kind: 'reset', afterBytes: 100_000 })
    const body = 'z'.repeat(2_000_000)
    expect(await put('cut', body).catch((cause: unknown) => (cause as { code?: string }).code)).toMatch(
      /ECONNRESET|EPIPE/,
    )
    expect(await exists('cut')).toBe(false)
  })

  test('hit the nth request, so many times, and no other bucket', async () => {
    await stage.bucket('sound')
    stage.sandbox.setFaults([
      { match: { operation: 'PutObject', bucket: Bucket, nth: 2, times: 2 }, do: { kind: 'slow-down' } },
    ])
    const answers: number[] = []
    for (let round = 0; round < 5; round += 1) {
      await stage.customer.s3.send(new PutObjectCommand({ Bucket: 'sound', Key: 'a', Body: 'x' }))
      answers.push(
        await put('n').then(
          () => 200,
          () => 503,
        ),
      )
    }
    expect(answers).toEqual([200, 503, 503, 200, 200])
  })

  test('delay, and leave the rest as it is', async () => {
    fault({ kind: 'latency', milliseconds: 60 })
    const before = performance.now()
    await put('slow')
    expect(performance.now() - before).toBeGreaterThanOrEqual(59)
  })

  test('of one operation leave the others alone', async () => {
    fault({ kind: 'error-in-200' }, 'CompleteMultipartUpload')
    await put('alone')
    const complete = new CompleteMultipartUploadCommand({
      Bucket,
      Key: 'alone',
      UploadId: 'none',
      MultipartUpload: { Parts: [] },
    })
    expect((await refusal(stage.customer.s3.send(complete))).code).toBe('NoSuchUpload')
  })
})

describe('the history', () => {
  test('tells who did what, from where, and what decided', async () => {
    stage.sandbox.clearHistory()
    stage.sandbox.setSourceAddress(vendorAccountId, '198.51.100.24')
    await refusal(stage.base.s3.send(new GetObjectCommand({ Bucket, Key: 'secret' })))
    expect(stage.sandbox.history()).toMatchObject([
      {
        service: 's3',
        operation: 'GetObject',
        principal: `arn:aws:sts::${vendorAccountId}:assumed-role/drawbridge-base/container`,
        resource: `${Bucket}/secret`,
        region,
        sourceAddress: '198.51.100.24',
        status: 403,
        errorCode: 'AccessDenied',
        decisions: [{ action: 's3:GetObject', resource: `arn:aws:s3:::${Bucket}/secret`, decision: 'implicitDeny' }],
      },
    ])
    stage.sandbox.setSourceAddress(vendorAccountId, '127.0.0.1')
  })

  test('and every refusal keep the secrets out', async () => {
    await stage.assume({ RoleArn: stage.sandbox.baseRoleArn }).catch(() => undefined)
    const { secretAccessKey } = stage.sandbox.customer
    const base = stage.sandbox.containerCredentials(null, 'drawbridge-base')
    const told = JSON.stringify(stage.sandbox.history())
    for (const secret of [secretAccessKey, base?.secretAccessKey, base?.sessionToken])
      expect(told).not.toContain(secret)
  })
})

describe('the control endpoint', () => {
  const control = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await stage.raw({
      method,
      path: `/_sandbox/${path}`,
      headers: { host: '127.0.0.1', ...headers },
      ...sent,
    })
    return [answer.status, JSON.parse(answer.body)] as const
  }

  test('serves the base identity to the standard provider', async () => {
    const credentials = fromHttp({ awsContainerCredentialsFullUri: stage.sandbox.containerCredentialsUrl })
    const sts = new STSClient({ region, endpoint: stage.sandbox.endpoint, credentials })
    const who = await sts.send(new GetCallerIdentityCommand({}))
    sts.destroy()
    expect(who.Arn).toBe(`arn:aws:sts::${vendorAccountId}:assumed-role/drawbridge-base/container`)
    expect((await credentials()).expiration?.getTime()).toBeGreaterThan(Date.now() + 3_600_000)
    expect((await control('GET', 'credentials/nobody'))[0]).toBe(404)
  })

  test('does what the object in this process does', async () => {
    expect(await control('GET', 'health')).toEqual([
      200,
      { status: 'ok', accounts: [vendorAccountId, customerAccountId] },
    ])
    expect(
      await control('POST', 'faults', { rules: [{ match: { operation: 'ListBuckets' }, do: { kind: 'slow-down' } }] }),
    ).toEqual([200, {}])
    expect((await refusal(stage.customer.s3.send(new ListBucketsCommand({})))).code).toBe('SlowDown')
    await control('DELETE', 'faults')
    await stage.customer.s3.send(new ListBucketsCommand({}))
    await control('POST', 'source-address', { accountId: customerAccountId, address: '2001:db8::1' })
    await stage.customer.s3.send(new ListBucketsCommand({}))
    const [, { entries }] = await control('GET', 'history')
    expect(entries.at(-1).sourceAddress).toBe('2001:db8::1')
    await control('DELETE', 'history')
    expect(stage.sandbox.history()).toEqual([])
    const session = await stage.assume({ RoleArn: stage.sandbox.baseRoleArn }).catch(() => null)
    expect(session).toBeNull()
    expect(await control('POST', 'advance', { seconds: 10 })).toEqual([200, {}])
  })

  test('refuses what it does not understand, and every page of a browser', async () => {
    expect((await control('POST', 'faults', { rules: [{ do: { kind: 'explode' } }] }))[0]).toBe(400)
    expect((await control('POST', 'advance', { seconds: -1 }))[0]).toBe(400)
    expect((await control('POST', 'source-address', { accountId: '9', address: '1.1.1.1' }))[0]).toBe(400)
    expect((await control('GET', 'nothing'))[0]).toBe(404)
    expect((await control('GET', 'credentials/drawbridge-base', undefined, { host: 'evil.example' }))[0]).toBe(403)
    expect(
      (await control('GET', 'credentials/drawbridge-base', undefined, { origin: 'https://evil.example' }))[0],
    ).toBe(403)
  })
})
