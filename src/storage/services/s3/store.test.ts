/**
 * The S3 store against servers that misbehave on the wire: cut answers, redirects, errors inside a 200, silence, floods. The
 * contract itself is held on real servers, in test/storage-contract.test.ts.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../../../base/index.ts'
import type { AwsCredentials } from '../../../credentials/index.ts'
import { bodyOfBytes } from '../../body.ts'
import type { Body, ObjectStore } from '../../object-store.ts'
import { patternBody } from '../../testing/bodies.ts'
import { failureOf } from '../../testing/contract-suite.ts'
import type { S3StoreOptions } from './bucket.ts'
import { inspectBucket } from './inspect.ts'
import { s3Store } from './store.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const servers: Server[] = []
const stores: ObjectStore[] = []

afterEach(async () => {
  for (const store of stores.splice(0)) store.close()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(answer: Answer): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const secrets = { key: 'wJalrXUtnFEMI-CANARY-SECRET', token: 'CANARY-TOKEN-FwoGZXIvYXdzE' }
const credentials: AwsCredentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: new Secret(secrets.key),
  sessionToken: new Secret(secrets.token),
}

async function storeAt(answer: Answer, more: Partial<S3StoreOptions> = {}): Promise<ObjectStore> {
  const endpoint = await listen(answer)
  const store = s3Store({
    bucket: 'customer-reports',
    region: 'eu-central-1',
    endpoint,
    expectedBucketOwner: '222222222222',
    credentials: async () => credentials,
    allowPrivateEndpoint: true,
    ...more,
  })
  stores.push(store)
  return store
}

function xml(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'REQ1', ...headers })
  response.end(`<?xml version="1.0" encoding="UTF-8"?>${text}`)
}

const errorXml = (code: string, more = ''): string =>
  `<Error><Code>${code}</Code><Message>because</Message>${more}</Error>`
const body = bodyOfBytes('the report')
const onlyNew = { ifAbsent: true }
const part = { number: 1, etag: '"e1"', sizeBytes: 10 }

/** Answers once the request has arrived. */
const afterBody =
  (then: (response: ServerResponse, request: IncomingMessage) => void): Answer =>
  (request, response) => {
    request.resume()
    request.on('end', () => then(response, request))
  }

describe('what is sent', () => {
  test('every call names the bucket’s owner, and bodies without another checksum are signed by their hash, in one piece', async () => {
    const seen: { method: string; url: string; headers: IncomingMessage['headers'] }[] = []
    const store = await storeAt(
      afterBody((response, { method = '', url = '', headers }) => {
        seen.push({ method, url, headers })
        if (url.includes('uploads'))
          xml(response, 200, '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>')
        else
          response
            .writeHead(200, { etag: '"e1"', 'x-amz-checksum-sha256': 'echo', date: 'Sun, 22 Nov 2026 12:00:00 GMT' })
            .end()
      }),
    )
    const answer = await store.put('a/b.csv', body, onlyNew)
    expect(answer).toMatchObject({
      etag: '"e1"',
      checksum: { algorithm: 'sha256', base64: 'echo' },
      date: 'Sun, 22 Nov 2026 12:00:00 GMT',
    })
    await store.head('a/b.csv')
    await store.delete('a/b.csv')
    const uploadId = await store.createUpload('a/b.csv', onlyNew)
    await store.uploadPart('a/b.csv', uploadId, 1, body, 4, 10)
    expect(seen.map(({ headers }) => headers['x-amz-expected-bucket-owner'])).toEqual(seen.map(() => '222222222222'))
    const [put, , , , second] = seen
    expect(put).toMatchObject({ method: 'PUT', url: '/customer-reports/a/b.csv?x-id=PutObject' })
    expect(put?.headers).toMatchObject({
      'content-length': '10',
      'if-none-match': '*',
      'x-amz-content-sha256': body.sha256,
      'x-amz-checksum-sha256': Buffer.from(body.sha256, 'hex').toString('base64'),
    })
    expect(put?.headers['transfer-encoding']).toBeUndefined()
    expect(put?.headers['content-encoding']).toBeUndefined()
    expect(second?.headers['x-amz-content-sha256']).toBe(createHash('sha256').update('report').digest('hex'))
  })

  test('encryption and ACL go as they were asked for, and not otherwise', async () => {
    const seen: IncomingMessage['headers'][] = []
    const store = await storeAt(
      afterBody((response, { headers }) => {
        seen.push(headers)
        response.writeHead(200, { etag: '"e"' }).end()
      }),
    )
    await store.put('k', body, {
      ...onlyNew,
      acl: 'bucket-owner-full-control',
      encryption: { kind: 'sse-kms', keyArn: 'arn:aws:kms:eu-central-1:222222222222:key/1' },
    })
    await store.put('k', body, { ...onlyNew, acl: 'none', encryption: { kind: 'bucket-default' } })
    expect(seen[0]).toMatchObject({
      'x-amz-acl': 'bucket-owner-full-control',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-central-1:222222222222:key/1',
    })
    expect(
      Object.keys(seen[1] ?? {}).filter((name) => name.startsWith('x-amz-acl') || name.includes('encryption')),
    ).toEqual([])
  })

  test('a renewed session signs the very next request', async () => {
    const keys: (string | undefined)[] = []
    let current = credentials
    const answer = afterBody((response, { headers }) => {
      keys.push(/Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1])
      response.writeHead(404).end()
    })
    const store = await storeAt(answer, { credentials: async () => current })
    await store.head('k')
    current = { ...credentials, accessKeyId: 'ASIARENEWED', expiresAt: new Date(Date.now() + 3_600_000) }
    await store.head('k')
    current = { ...current, accessKeyId: 'ASIAAGAIN' }
    await store.head('k')
    expect(keys).toEqual(['ASIAEXAMPLE', 'ASIARENEWED', 'ASIAAGAIN'])
  })

  test('a large body stays at home when the refusal comes first', async () => {
    let opened = 0
    const large = patternBody(4 * 1024 * 1024)
    const counted: Body = {
      ...large,
      open(start, end) {
        opened += 1
        return large.open(start, end)
      },
    }
    const endpoint = await listen(() => undefined)
    servers
      .at(-1)
      ?.on('checkContinue', (_request: IncomingMessage, response: ServerResponse) =>
        xml(response, 403, errorXml('AccessDenied')),
      )
    const store = s3Store({
      bucket: 'bucket',
      region: 'eu-central-1',
      endpoint,
      expectedBucketOwner: null,
      credentials: async () => credentials,
      allowPrivateEndpoint: true,
    })
    stores.push(store)
    expect(await failureOf(store.put('k', counted, onlyNew))).toMatchObject({
      code: 'access-denied',
      context: { providerCode: 'AccessDenied', httpStatus: 403 },
    })
    expect(opened).toBe(0)
  })
})

describe('what comes back', () => {
  const answers: readonly (readonly [string, Answer, string, string])[] = [
    ['a refusal', afterBody((response) => xml(response, 403, errorXml('AccessDenied'))), 'access-denied', 'never'],
    [
      'an expired session',
      afterBody((response) => xml(response, 400, errorXml('ExpiredToken'))),
      'session-expired',
      'never',
    ],
    [
      'an occupied key',
      afterBody((response) => xml(response, 412, errorXml('PreconditionFailed'))),
      'object-exists',
      'never',
    ],
    [
      'two writers at once',
      afterBody((response) => xml(response, 409, errorXml('ConditionalRequestConflict'))),
      'write-conflict',
      'later',
    ],
    ['a wish for less', afterBody((response) => xml(response, 503, errorXml('SlowDown'))), 'throttled', 'later'],
    ['an inner fault', afterBody((response) => xml(response, 500, errorXml('InternalError'))), 'unavailable', 'later'],
    [
      'another clock',
      afterBody((response) => xml(response, 403, errorXml('RequestTimeTooSkewed'))),
      'clock-skew',
      'later',
    ],
    [
      'a damaged body',
      afterBody((response) => xml(response, 400, errorXml('BadDigest'))),
      'checksum-mismatch',
      'later',
    ],
    [
      'no such bucket',
      afterBody((response) => xml(response, 404, errorXml('NoSuchBucket'))),
      'bucket-not-found',
      'never',
    ],
    [
      'a bucket without ACLs',
      afterBody((response) => xml(response, 400, errorXml('AccessControlListNotSupported'))),
      'access-denied',
      'never',
    ],
    [
      'a key that is disabled',
      afterBody((response) => xml(response, 400, errorXml('KMS.DisabledException'))),
      'access-denied',
      'never',
    ],
    ['a 503 without a word', afterBody((response) => response.writeHead(503).end()), 'throttled', 'later'],
    [
      'a 403 that is no XML',
      afterBody((response) => response.writeHead(403).end('{"error": ')),
      'access-denied',
      'never',
    ],
    [
      'something else entirely',
      afterBody((response) => xml(response, 400, errorXml('Strange\nCode'))),
      'protocol-broken',
      'never',
    ],
  ]
  test.each(answers)('%s is told as such', async (_, answer, code, retry) => {
    const failure = await failureOf((await storeAt(answer)).put('k', body, onlyNew))
    expect(failure).toMatchObject({ code, retry, operation: 's3:PutObject' })
    expect(failure.message).not.toMatch(/\n|\.$/)
  })

  test.each([
    [
      '301',
      afterBody((response) =>
        xml(response, 301, errorXml('PermanentRedirect', '<Endpoint>evil.example</Endpoint>'), {
          'x-amz-bucket-region': 'eu-west-1',
        }),
      ),
    ],
    [
      '307',
      afterBody((response) =>
        xml(response, 307, errorXml('TemporaryRedirect'), {
          location: 'http://127.0.0.1:9/',
          'x-amz-bucket-region': 'eu-west-1',
        }),
      ),
    ],
    [
      '400',
      afterBody((response) =>
        xml(response, 400, errorXml('AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>')),
      ),
    ],
  ])('a bucket elsewhere (%s) is told with its region, and nothing is followed', async (_, answer) => {
    let calls = 0
    const store = await storeAt((request, response) => {
      calls += 1
      answer(request, response)
    })
    expect(await failureOf(store.put('k', body, onlyNew))).toMatchObject({
      code: 'wrong-region',
      context: { bucketRegion: 'eu-west-1' },
    })
    expect(calls).toBe(1)
  })

  test('an error inside a completion’s 200 is an error', async () => {
    const inside = await storeAt(afterBody((response) => xml(response, 200, errorXml('InternalError'))))
    expect(await failureOf(inside.completeUpload('k', 'u', [part], onlyNew))).toMatchObject({
      code: 'unavailable',
      retry: 'later',
    })
    const refusal = await storeAt(afterBody((response) => xml(response, 200, errorXml('AccessDenied'))))
    expect(await failureOf(refusal.completeUpload('k', 'u', [part], onlyNew))).toMatchObject({ code: 'access-denied' })
    const empty = await storeAt(afterBody((response) => response.writeHead(200).end()))
    expect(await failureOf(empty.completeUpload('k', 'u', [part], onlyNew))).toMatchObject({
      code: 'unavailable',
      retry: 'later',
    })
  })

  test('a completion that says nothing of the object is no success', async () => {
    const store = await storeAt(afterBody((response) => xml(response, 200, '<Something/>')))
    expect((await failureOf(store.completeUpload('k', 'u', [part], onlyNew))).retry).toBe('later')
  })

  test('an answer that is lost says that the request may have been carried out', async () => {
    const store = await storeAt(afterBody((response) => response.destroy()))
    expect(await failureOf(store.put('k', body, onlyNew))).toMatchObject({
      code: 'unavailable',
      retry: 'later',
      context: { possiblySent: true },
    })
  })

  test('a server that is not there says that nothing was carried out', async () => {
    const store = await storeAt(() => undefined)
    await new Promise((resolve) => servers.pop()?.close(resolve))
    expect(await failureOf(store.put('k', body, onlyNew))).toMatchObject({
      code: 'unavailable',
      retry: 'later',
      context: { possiblySent: false },
    })
  })

  test('a server that falls silent is given up', async () => {
    const store = await storeAt(() => undefined, { idleMs: 150 })
    expect(await failureOf(store.head('k'))).toMatchObject({
      code: 'unavailable',
      retry: 'later',
      context: { providerCode: 'ETIMEDOUT' },
    })
  })

  test('an answer that never ends is cut', async () => {
    let written = 0
    const cut = Promise.withResolvers<void>()
    const store = await storeAt(
      afterBody((response) => {
        response.writeHead(403, { 'content-type': 'application/xml' })
        const piece = Buffer.alloc(65_536, '<x>')
        const flood = (): void => {
          do written += piece.length
          while (!response.destroyed && response.write(piece))
        }
        response.on('drain', flood)
        response.on('close', () => cut.resolve())
        flood()
      }),
    )
    expect((await failureOf(store.put('k', body, onlyNew))).code).toBe('access-denied')
    await cut.promise
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })

  test('an address of ours is refused unless the operator allowed it', async () => {
    let calls = 0
    const answer: Answer = (_, response) => {
      calls += 1
      response.end()
    }
    const store = await storeAt(answer, { allowPrivateEndpoint: false })
    expect((await failureOf(store.put('k', body, onlyNew))).code).toBe('endpoint-refused')
    expect(calls).toBe(0)
  })

  test('no error shows a secret, a signature or a header', async () => {
    const echo = afterBody((response, { headers }) =>
      xml(
        response,
        403,
        `<Error><Code>SignatureDoesNotMatch</Code><Message>${headers.authorization ?? ''} X-Amz-Security-Token=${headers['x-amz-security-token'] ?? ''}</Message></Error>`,
      ),
    )
    const failures = [
      await failureOf((await storeAt(echo)).head('k')),
      await failureOf((await storeAt(echo)).put('k', body, onlyNew)),
      await failureOf((await storeAt(afterBody((response) => response.destroy()))).put('k', body, onlyNew)),
    ]
    for (const failure of failures) {
      const shown = `${inspect(failure, { depth: 12, showHidden: true })} ${JSON.stringify(failure)}`
      expect(shown).not.toContain(secrets.key)
      expect(shown).not.toContain(secrets.token)
    }
  })
})

describe('inspectBucket', () => {
  const at = async (answer: Answer) =>
    inspectBucket({
      bucket: 'b-1',
      region: 'eu-central-1',
      endpoint: await listen(answer),
      expectedBucketOwner: '222222222222',
      credentials: async () => credentials,
      allowPrivateEndpoint: true,
    })
  const head =
    (withOwner: number, without: number): Answer =>
    (request, response) =>
      response
        .writeHead(request.headers['x-amz-expected-bucket-owner'] === undefined ? without : withOwner, {
          'x-amz-bucket-region': 'eu-west-1',
        })
        .end()

  test.each([
    [200, 200, { exists: true, region: 'eu-west-1', ownerMatches: true }],
    [403, 200, { exists: true, region: 'eu-west-1', ownerMatches: false }],
    [403, 403, { exists: null, region: 'eu-west-1', ownerMatches: null }],
    [404, 404, { exists: false, ownerMatches: null }],
    [301, 301, { exists: true, region: 'eu-west-1', ownerMatches: null }],
  ])('told %i with the owner named and %i without', async (withOwner, without, expected) => {
    expect(await at(head(withOwner, without))).toMatchObject(expected)
  })
})
