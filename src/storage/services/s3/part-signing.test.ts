/** How parts are signed, on the wire: without their bytes where the store takes that, with them where it or a policy does not. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { Secret } from '../../../base/index.ts'
import { bodyOfBytes } from '../../body.ts'
import type { ObjectStore, StoredPart } from '../../object-store.ts'
import { failureOf } from '../../testing/contract-suite.ts'
import { s3Store } from './store.ts'

const unsigned = 'UNSIGNED-PAYLOAD'
const body = bodyOfBytes('the report')
const hash = createHash('sha256').update('report').digest('hex')
const crcBytes = Buffer.alloc(4)
crcBytes.writeUInt32BE(crc32('report'))
const crc = crcBytes.toString('base64')

let server: Server | null = null
let endpoint = ''
const stores: ObjectStore[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) store.close()
  server?.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve))
})

type Answer = (hash: string, response: ServerResponse, request: IncomingMessage) => void

/** A store that answers to parts like this. Tells what they were signed with, in their order. */
async function listen(answer: Answer): Promise<string[]> {
  const seen: string[] = []
  server = createServer((request, response) => {
    request.resume().once('end', () => {
      if (request.method === 'POST') {
        response.end('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>')
        return
      }
      const signedWith = `${request.headers['x-amz-content-sha256']}`
      seen.push(signedWith)
      answer(signedWith, response, request)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return seen
}

function open(): ObjectStore {
  const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: new Secret('wJalrXUtnFEMI') }
  const store = s3Store({
    ...{ bucket: 'customer-reports', region: 'eu-central-1', endpoint, allowPrivateEndpoint: true },
    expectedBucketOwner: '222222222222',
    credentials: async () => credentials,
  })
  stores.push(store)
  return store
}

const send = (store: ObjectStore, number = 1): Promise<StoredPart> =>
  store.uploadPart('a.csv', 'u', number, body, 4, 10, { withCrc32: true })

const take: Answer = (_, response) => response.writeHead(200, { etag: '"e"', 'x-amz-checksum-crc32': crc }).end()
const refuse = (response: ServerResponse, status: number, code: string, message = 'because'): void =>
  void response.writeHead(status).end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`)
const takeSigned =
  (status: number, code: string, message?: string): Answer =>
  (signedWith, response, request) =>
    signedWith === unsigned ? refuse(response, status, code, message) : take(signedWith, response, request)

test('where its CRC stands in a signed header, no byte of a part is hashed for its signature', async () => {
  const headers: IncomingMessage['headers'][] = []
  const seen = await listen((signedWith, response, request) => {
    headers.push(request.headers)
    take(signedWith, response, request)
  })
  expect(await send(open())).toEqual({ number: 1, etag: '"e"', sizeBytes: 6 })
  expect(seen).toEqual([unsigned])
  expect(headers[0]?.['x-amz-checksum-crc32']).toBe(crc)
  expect(headers[0]?.authorization).toMatch(/SignedHeaders=[^,]*;x-amz-checksum-crc32;x-amz-content-sha256;/u)
})

test('without a CRC the hash of a part is signed', async () => {
  const seen = await listen(take)
  await open().uploadPart('a.csv', 'u', 1, body, 4, 10)
  expect(seen).toEqual([hash])
})

test.each([
  [403, 'AccessDenied', 'explicit deny in a resource-based policy'],
  [403, 'SignatureDoesNotMatch', undefined],
  [400, 'XAmzContentSHA256Mismatch', undefined],
  [400, 'InvalidArgument', 'x-amz-content-sha256 must be a hash'],
])(
  'a store that answers %i %s to that gets the part signed, and the next upload begins so',
  async (status, code, message) => {
    const seen = await listen(takeSigned(status, code, message))
    expect(await send(open())).toMatchObject({ etag: '"e"' })
    expect(seen).toEqual([unsigned, hash])
    const next = open()
    await next.createUpload('b.csv', { ifAbsent: true })
    await send(next)
    expect(seen.slice(2)).toEqual([hash])
  },
)

test('a store that says nothing of the CRC gets the part signed, and the next upload begins so', async () => {
  const seen = await listen((_, response) => void response.writeHead(200, { etag: '"e"' }).end())
  expect(await send(open())).toMatchObject({ etag: '"e"' })
  await send(open())
  expect(seen).toEqual([unsigned, hash, hash])
})

test('a denial that has nothing to do with it costs one request more, and is the signed one’s', async () => {
  const seen = await listen((signedWith, response) =>
    refuse(response, 403, signedWith === unsigned ? 'AccessDenied' : 'AllAccessDisabled'),
  )
  const store = open()
  const failures = await Promise.all([1, 2, 3, 4].map((number) => failureOf(send(store, number))))
  for (const failure of failures) {
    expect(failure).toMatchObject({ code: 'access-denied', context: { providerCode: 'AllAccessDisabled' } })
  }
  expect(seen.toSorted()).toEqual([hash, unsigned, unsigned, unsigned, unsigned].toSorted())
  // As after the session was renewed: asked once more, in the form that every policy takes.
  seen.length = 0
  await failureOf(send(store))
  expect(seen).toEqual([hash])
  // Another upload, another day.
  await store.createUpload('b.csv', { ifAbsent: true })
  seen.length = 0
  await failureOf(send(store))
  expect(seen).toEqual([unsigned, hash])
  await failureOf(send(open()))
  expect(seen.slice(2)).toEqual([unsigned, hash])
})

test('parts that are refused side by side wait for one of them to be tried', async () => {
  const seen = await listen(takeSigned(403, 'AccessDenied'))
  const store = open()
  await Promise.all([1, 2, 3, 4].map((number) => send(store, number)))
  expect(seen.filter((signedWith) => signedWith === hash)).toHaveLength(4)
})

test('a fault on the way of the signed part tells nothing: the next one begins anew', async () => {
  const seen = await listen((signedWith, response) =>
    signedWith === unsigned ? refuse(response, 403, 'AccessDenied') : refuse(response, 503, 'SlowDown'),
  )
  const store = open()
  expect(await failureOf(send(store))).toMatchObject({ code: 'throttled' })
  expect(await failureOf(send(store))).toMatchObject({ code: 'throttled' })
  expect(seen).toEqual([unsigned, hash, unsigned, hash])
})

test.each([
  ['ExpiredToken', 400, 'session-expired'],
  ['RequestTimeTooSkewed', 403, 'clock-skew'],
  ['InvalidAccessKeyId', 403, 'access-denied'],
  ['BadDigest', 400, 'checksum-mismatch'],
])('%s is about something else', async (code, status, expected) => {
  const seen = await listen((_, response) => refuse(response, status, code))
  expect((await failureOf(send(open()))).code).toBe(expected)
  expect(seen).toEqual([unsigned])
})

test('a store that tells another CRC has other bytes', async () => {
  await listen((_, response) => void response.writeHead(200, { etag: '"e"', 'x-amz-checksum-crc32': 'AAAAAA==' }).end())
  expect(await failureOf(send(open()))).toMatchObject({ code: 'checksum-mismatch', retry: 'later' })
})
