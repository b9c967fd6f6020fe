/**
 * AWS's published examples of signed requests, sent over the wire to a sandbox that holds the published key and whose
 * clock stands at the published moment.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ManualClock } from '../../base/index.ts'
import { type RawAnswer, Stage } from '../testing/stage.ts'

const accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const scope = `${accessKeyId}/20130524/us-east-1/s3/aws4_request`
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const moment = '2013-05-24T00:00:00Z'

let stage: Stage
let owner: S3Client

beforeAll(async () => {
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
  stage = await Stage.open({
    clock: new ManualClock(new Date(moment)),
    accounts: [
      {
        accountId: '111111111111',
        users: [{ name: 'admin', policy }],
        roles: [
          {
            name: 'drawbridge-base',
            trustPolicy: {
              Version: '2012-10-17',
              Statement: [
                { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' },
              ],
            },
            policy,
          },
        ],
      },
      { accountId: '222222222222', users: [{ name: 'admin', policy, accessKeyId, secretAccessKey }] },
    ],
  })
  owner = new S3Client({
    region: 'us-east-1',
    endpoint: stage.sandbox.endpoint,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    systemClockOffset: new Date(moment).getTime() - Date.now(),
  })
  await owner.send(new CreateBucketCommand({ Bucket: 'examplebucket' }))
})

afterAll(async () => {
  owner.destroy()
  await stage.close()
})

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=${signedHeaders},Signature=${signature}`
}

function code(answer: RawAnswer): string {
  return /<Code>(.*?)<\/Code>/.exec(answer.body)?.[1] ?? ''
}

const virtualHost = { host: 'examplebucket.s3.amazonaws.com', 'x-amz-date': '20130524T000000Z' }

describe('the published examples', () => {
  test('PUT Object in virtual-host style', async () => {
    const answer = await stage.raw({
      method: 'PUT',
      path: '/test%24file.text',
      headers: {
        ...virtualHost,
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        'content-length': '21',
        authorization: authorization(
          'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
          '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
        ),
      },
      body: 'Welcome to Amazon S3.',
    })
    expect(answer.status).toBe(200)
    const stored = await owner.send(new GetObjectCommand({ Bucket: 'examplebucket', Key: 'test$file.text' }))
    expect(await stored.Body?.transformToString()).toBe('Welcome to Amazon S3.')
    expect(stored.StorageClass).toBe('REDUCED_REDUNDANCY')
  })

  test('GET Object passes the signature, and finds that the key is missing', async () => {
    const answer = await stage.raw({
      method: 'GET',
      path: '/test.txt',
      headers: {
        ...virtualHost,
        range: 'bytes=0-9',
        'x-amz-content-sha256': empty,
        authorization: authorization(
          'host;range;x-amz-content-sha256;x-amz-date',
          'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
        ),
      },
    })
    expect([answer.status, code(answer)]).toEqual([404, 'NoSuchKey'])
  })

  test('a list of objects', async () => {
    const signature = '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'
    const send = (path: string) =>
      stage.raw({
        method: 'GET',
        path,
        headers: {
          ...virtualHost,
          'x-amz-content-sha256': empty,
          authorization: authorization('host;x-amz-content-sha256;x-amz-date', signature),
        },
      })
    expect((await send('/?max-keys=2&prefix=J')).status).toBe(200)
    const other = await send('/?max-keys=3&prefix=J')
    expect([other.status, code(other)]).toEqual([403, 'SignatureDoesNotMatch'])
  })

  test('a presigned URL', async () => {
    const signature = 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'
    const query = (expires: number) =>
      `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(scope)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=${expires}&X-Amz-SignedHeaders=host&X-Amz-Signature=${signature}`
    const headers = { host: virtualHost.host }
    const right = await stage.raw({ method: 'GET', path: `/test.txt?${query(86400)}`, headers })
    expect([right.status, code(right)]).toEqual([404, 'NoSuchKey'])
    const longer = await stage.raw({ method: 'GET', path: `/test.txt?${query(86401)}`, headers })
    expect([longer.status, code(longer)]).toEqual([403, 'SignatureDoesNotMatch'])
  })
})

const chunkHeaders = {
  host: 's3.amazonaws.com',
  'x-amz-date': '20130524T000000Z',
  'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  'content-encoding': 'aws-chunked',
  'x-amz-decoded-content-length': '66560',
}

function chunked(signatures: readonly [string, string, string], fill: string): string {
  const [first, second, last] = signatures
  return (
    `10000;chunk-signature=${first}\r\n${fill.repeat(65536)}\r\n` +
    `400;chunk-signature=${second}\r\n${fill.repeat(1024)}\r\n` +
    `0;chunk-signature=${last}\r\n`
  )
}

describe('a body in signed chunks', () => {
  const signatures = [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ] as const
  const send = (body: string) =>
    stage.raw({
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      headers: {
        ...chunkHeaders,
        'content-length': '66824',
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        authorization: authorization(
          'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
          '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
        ),
      },
      body,
    })

  test('is taken apart and stored', async () => {
    const body = `${chunked(signatures, 'a')}\r\n`
    expect(Buffer.byteLength(body)).toBe(66824)
    expect((await send(body)).status).toBe(200)
    const stored = await owner.send(new GetObjectCommand({ Bucket: 'examplebucket', Key: 'chunkObject.txt' }))
    expect(await stored.Body?.transformToString()).toBe('a'.repeat(66560))
    expect(stored.ContentEncoding).toBeUndefined()
  })

  test('is refused when one byte of a chunk was changed', async () => {
    const body = `${chunked(signatures, 'a')}\r\n`
    const answer = await send(`${body.slice(0, 5000)}b${body.slice(5001)}`)
    expect([answer.status, code(answer)]).toEqual([403, 'SignatureDoesNotMatch'])
  })

  test('is refused when its chunks were exchanged', async () => {
    const answer = await send(`${chunked([signatures[1], signatures[0], signatures[2]], 'a')}\r\n`)
    expect([answer.status, code(answer)]).toEqual([403, 'SignatureDoesNotMatch'])
  })
})

describe('a body in signed chunks with a trailer', () => {
  const send = (checksum: string) => {
    const body =
      chunked(
        [
          'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
          '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
          '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
        ],
        'a',
      ) +
      `x-amz-checksum-crc32c:${checksum}\r\n` +
      'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n'
    return stage.raw({
      method: 'PUT',
      path: '/examplebucket/chunkObject.txt',
      headers: {
        ...chunkHeaders,
        'content-length': String(Buffer.byteLength(body)),
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
        'x-amz-trailer': 'x-amz-checksum-crc32c',
        authorization: authorization(
          'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
          '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
        ),
      },
      body,
    })
  }

  test('is stored with the checksum of the trailer', async () => {
    const answer = await send('sOO8/Q==')
    expect(answer.status).toBe(200)
    expect(answer.headers['x-amz-checksum-crc32c']).toBe('sOO8/Q==')
  })

  test('is refused when the trailer was changed', async () => {
    const answer = await send('sOO8/A==')
    expect([answer.status, code(answer)]).toEqual([403, 'SignatureDoesNotMatch'])
  })
})
