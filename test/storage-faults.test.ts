/** The S3 store under its retry layer against a sandbox that misbehaves, and against TLS that can not be trusted. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Secret, systemClock, systemRandom } from '../src/base/index.ts'
import type { FaultAction, Sandbox } from '../src/sandbox/index.ts'
import { sandboxAccounts, startSandbox } from '../src/sandbox/index.ts'
import type { ObjectStore, RetryNotice } from '../src/storage/index.ts'
import { bodyOfBytes, s3Store, withRetry } from '../src/storage/index.ts'
import { patternBody } from '../src/storage/testing/bodies.ts'
import { failureOf } from '../src/storage/testing/contract-suite.ts'

const region = 'eu-central-1'
const body = bodyOfBytes('the report')
const onlyNew = { ifAbsent: true }

describe('against a sandbox that misbehaves', () => {
  let sandbox: Sandbox
  let plain: ObjectStore
  let retrying: ObjectStore
  const notices: RetryNotice[] = []

  beforeAll(async () => {
    sandbox = await startSandbox()
    const user = sandbox.userCredentials(sandboxAccounts.customer, 'admin')
    const admin = new S3Client({ region, endpoint: sandbox.endpoint, forcePathStyle: true, credentials: user })
    await admin.send(new CreateBucketCommand({ Bucket: 'reports' }))
    admin.destroy()
    const credentials = { accessKeyId: user.accessKeyId, secretAccessKey: new Secret(user.secretAccessKey) }
    plain = s3Store({
      bucket: 'reports',
      region,
      endpoint: sandbox.endpoint,
      expectedBucketOwner: sandboxAccounts.customer,
      credentials: async () => credentials,
      allowPrivateEndpoint: true,
    })
    retrying = withRetry(plain, {
      clock: systemClock,
      random: systemRandom,
      baseDelayMs: 5,
      onRetry: (notice) => notices.push(notice),
    })
  })
  beforeEach(() => {
    notices.length = 0
    sandbox.setFaults([])
  })
  afterAll(async () => {
    plain.close()
    await sandbox.close()
  })

  const fault = (operation: string, action: FaultAction, times = 1): void =>
    sandbox.setFaults([{ match: { operation, times }, do: action }])

  test.each(['slow-down', 'internal-error', 'reset'] as const)('a passing `%s` is survived', async (kind) => {
    fault('s3:PutObject', { kind }, 2)
    await retrying.put(`survived/${kind}`, body, onlyNew)
    expect(notices.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect((await plain.head(`survived/${kind}`))?.sizeBytes).toBe(body.sizeBytes)
  })

  test('a connection that is cut in the middle of a large body is survived, and the object is whole', async () => {
    const large = patternBody(6 * 1024 * 1024)
    fault('s3:PutObject', { kind: 'reset', afterBytes: 1024 * 1024 })
    const answer = await retrying.put('survived/large', large, onlyNew)
    expect(answer.checksum).toEqual({
      algorithm: 'sha256',
      base64: Buffer.from(large.sha256, 'hex').toString('base64'),
    })
    expect(notices).toHaveLength(1)
  })

  test('a lost answer to a conditional write ends in the object that it made, and is told as possibly ours', async () => {
    fault('s3:PutObject', { kind: 'lost-answer' })
    const failure = await failureOf(retrying.put('lost/put', body, onlyNew))
    expect(failure).toMatchObject({ code: 'object-exists', context: { afterPossibleSend: true } })
    expect((await plain.head('lost/put'))?.sizeBytes).toBe(body.sizeBytes)
  })

  test('so does a lost answer to a completion', async () => {
    const uploadId = await plain.createUpload('lost/parts', onlyNew)
    const part = await plain.uploadPart('lost/parts', uploadId, 1, body, 0, body.sizeBytes)
    fault('s3:CompleteMultipartUpload', { kind: 'lost-answer' })
    const failure = await failureOf(retrying.completeUpload('lost/parts', uploadId, [part], onlyNew))
    expect(failure.code).toMatch(/^(object-exists|upload-not-found)$/)
    expect(failure.context['afterPossibleSend']).toBe(true)
    expect((await plain.head('lost/parts'))?.sizeBytes).toBe(body.sizeBytes)
  })

  test('an error inside the 200 of a completion is tried again', async () => {
    const uploadId = await plain.createUpload('inside/200', onlyNew)
    const part = await plain.uploadPart('inside/200', uploadId, 1, body, 0, body.sizeBytes)
    fault('s3:CompleteMultipartUpload', { kind: 'error-in-200' })
    expect((await retrying.completeUpload('inside/200', uploadId, [part], onlyNew)).etag).toBeTruthy()
    expect(notices).toHaveLength(1)
  })

  test('an expired session is not tried again: nobody renewed it', async () => {
    fault('s3:PutObject', { kind: 'expired-token' }, 9)
    expect((await failureOf(retrying.put('expired', body, onlyNew))).code).toBe('session-expired')
    expect(notices).toEqual([])
  })

  test('an outage that lasts ends in `exhausted`, with nothing written', async () => {
    fault('s3:PutObject', { kind: 'internal-error' }, 99)
    expect(await failureOf(retrying.put('outage', body, onlyNew))).toMatchObject({
      code: 'unavailable',
      retry: 'exhausted',
      context: { attempts: 5, possiblySent: true },
    })
    expect(await plain.head('outage')).toBeNull()
  })

  test('a bucket in another region is told with its region', async () => {
    const user = sandbox.userCredentials(sandboxAccounts.customer, 'admin')
    const store = s3Store({
      bucket: 'reports',
      region: 'us-west-2',
      endpoint: sandbox.endpoint,
      expectedBucketOwner: sandboxAccounts.customer,
      credentials: async () => ({ accessKeyId: user.accessKeyId, secretAccessKey: new Secret(user.secretAccessKey) }),
      allowPrivateEndpoint: true,
    })
    expect(await failureOf(store.put('elsewhere', body, onlyNew))).toMatchObject({
      code: 'wrong-region',
      context: { bucketRegion: region },
    })
    store.close()
  })
})

describe('over TLS', () => {
  let folder: string
  let certificate: string
  let endpoint: string
  let close: () => Promise<void>
  let calls = 0

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drawbridge-tls-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    await promisify(execFile)('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...names])
    certificate = await readFile(cert, 'utf8')
    const server = createServer({ key: await readFile(key), cert: certificate }, (request, response) => {
      calls += 1
      request.resume()
      request.on('end', () => response.writeHead(200, { etag: '"e1"' }).end())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `https://localhost:${(server.address() as AddressInfo).port}`
    close = () => new Promise((resolve) => server.close(() => resolve()))
  })
  afterAll(async () => {
    await close()
    await rm(folder, { recursive: true, force: true })
  })

  const put = async (at: string): Promise<unknown> => {
    const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: new Secret('secret') }
    const store = s3Store({
      bucket: 'reports',
      region,
      endpoint: at,
      expectedBucketOwner: null,
      credentials: async () => credentials,
      allowPrivateEndpoint: true,
    })
    try {
      return await store.put('k', patternBody(3 * 1024 * 1024), onlyNew)
    } finally {
      store.close()
    }
  }

  test('a certificate that nobody vouches for is refused for good, before a byte is sent', async () => {
    expect(await failureOf(put(endpoint))).toMatchObject({
      code: 'unavailable',
      retry: 'never',
      context: { possiblySent: false },
    })
    expect(calls).toBe(0)
  })

  test('a trusted certificate carries the body, and only under its own name', async () => {
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, certificate])
    try {
      expect(await put(endpoint)).toMatchObject({ etag: '"e1"' })
      expect(calls).toBe(1)
      const otherName = await failureOf(put(endpoint.replace('localhost', '127.0.0.1')))
      expect(otherName).toMatchObject({ code: 'unavailable', retry: 'never' })
      expect(calls).toBe(1)
    } finally {
      setDefaultCACertificates(before)
    }
  })
})
