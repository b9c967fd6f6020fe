/**
 * The checks of the place from outside, each against a real server that has the fault: names that do not resolve, certificates
 * that are not trusted, run out or made for another name, ports where nobody listens, servers that are no store, that never
 * answer, or whose clock is wrong.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { verifyConnection } from '../src/connection/index.ts'
import type { Check, Connection, Verification } from '../src/contract/index.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { dana, type House, openHouse, textOf } from './kit/house.ts'
import { needs } from './needs.ts'

let house: House
const servers: Server[] = []

beforeAll(async () => {
  house = await openHouse()
})
afterEach(() => {
  house.sandbox.setClockSkew(0)
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections()
    server.close()
  }
})
afterAll(() => house.close())

/** The port of a server that listens until the test is over. */
async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

interface Asked {
  readonly budgetMs?: number
  /** False: the operator allowed no private address. */
  readonly isAllowed?: boolean
}

async function verifyAt(endpoint: string, { budgetMs, isAllowed = true }: Asked = {}): Promise<Verification> {
  const origin = new URL(endpoint).origin
  const context = { ...house.freshContext(), allowedEndpoints: isAllowed ? [origin] : [] }
  const { accessKeyId, secretAccessKey } = house.administrator().credentials
  const authentication = { kind: 'access-key', accessKeyId, secretAccessKey } as const
  const { connection } = await house.connect({ name: 'elsewhere', authentication })
  const { location } = connection
  if (location.service !== 's3') throw new TypeError('no bucket')
  const moved: Connection = { ...connection, location: { ...location, endpoint } }
  const secret = { kind: 'access-key', secretAccessKey } as const
  for await (const event of verifyConnection(moved, secret, dana, context, { budgetMs })) {
    if (event.type === 'done') return event.verification
  }
  throw new Error('no report')
}

function checkOf(report: Verification, id: string): Check {
  const found = report.checks.find((check) => check.id === id)
  if (found === undefined) throw new Error(`the report has no ${id}`)
  return found
}

const atStorage = ['put-object', 'conditional-write', 'read-refused', 'list-refused', 'public-refused']
const statusesOf = (report: Verification): Set<string> =>
  new Set(report.checks.filter(({ id }) => atStorage.includes(id)).map(({ status }) => status))

/** An endpoint that answers as S3 does to somebody without rights. */
function aStore(): ReturnType<typeof createHttpServer> {
  return createHttpServer((_, response) => response.writeHead(403, { 'x-amz-request-id': 'REQ1' }).end())
}

describe('the name', () => {
  it('that does not resolve is red, and nothing behind it is tried', async () => {
    // Too long for any name service, so that none has to be asked.
    const report = await verifyAt(`https://${'s3'.repeat(32)}.example`)
    expect(checkOf(report, 'dns')).toMatchObject({ status: 'fail', cause: 'not-reached' })
    expect(checkOf(report, 'dns').detail).toContain('ENOTFOUND')
    for (const id of ['tls', 'endpoint', 'clock']) expect(checkOf(report, id).status).toBe('skipped')
    expect(statusesOf(report)).toEqual(new Set(['skipped']))
  })
})

describe('the endpoint', () => {
  it('where nobody listens is red, with its cause and its repair', async () => {
    const server = aStore()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const report = await verifyAt(`http://127.0.0.1:${port}`)
    expect(checkOf(report, 'endpoint')).toMatchObject({ status: 'fail', cause: 'not-reached', link: 'object' })
    expect(checkOf(report, 'endpoint').repair).toContain('endpoint')
    expect(statusesOf(report)).toEqual(new Set(['skipped']))
    expect(report.diagnosis?.causes[0]?.id).toBe('not-reached')
  })

  it.each([
    ['welcomes strangers', 200, {}],
    ['refuses them with a page', 404, { 'content-type': 'text/html; charset=utf-8' }],
  ])('that %s is no store, and no credential is sent there', async (_, status, headers) => {
    const seen: (string | undefined)[] = []
    const server = createHttpServer((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(status, headers).end()
    })
    const report = await verifyAt(`http://127.0.0.1:${await listening(server)}`)
    expect(checkOf(report, 'endpoint')).toMatchObject({ status: 'fail' })
    expect(checkOf(report, 'endpoint').detail).toContain('not as S3 does')
    expect(seen).toEqual([undefined])
  })

  it('of a store that does not say who it is passes: the operations of the job decide', async () => {
    const server = createHttpServer((_, response) => {
      response.writeHead(403, { 'content-type': 'application/xml' }).end()
    })
    const report = await verifyAt(`http://127.0.0.1:${await listening(server)}`)
    expect(checkOf(report, 'endpoint').status).toBe('pass')
    expect(checkOf(report, 'put-object').status).toBe('fail')
  })

  it('that leads home is refused before anything is sent', async () => {
    let calls = 0
    const server = createHttpServer((_, response) => {
      calls += 1
      response.end()
    })
    const report = await verifyAt(`http://127.0.0.1:${await listening(server)}`, { isAllowed: false })
    expect(checkOf(report, 'endpoint')).toMatchObject({ status: 'fail' })
    expect(checkOf(report, 'endpoint').detail).toContain('may not call')
    expect(calls).toBe(0)
  })

  it('that takes connections and never answers leaves everything unknown, within the budget', async () => {
    const hole = createTcpServer((socket) => void socket.on('error', () => undefined))
    const origin = `http://127.0.0.1:${await listening(hole)}`
    const report = await verifyAt(origin, { budgetMs: 1_500 })
    expect(report.status).toBe('unknown')
    for (const id of ['endpoint', 'clock', ...atStorage]) {
      expect(checkOf(report, id)).toMatchObject({ status: 'unknown', detail: 'not answered within 2 seconds' })
    }
  })
})

describe('a store that hangs in the middle', () => {
  // Shorter than what the probes of a diagnosis may take by themselves.
  it('costs no more than the budget, the diagnosis included', { timeout: 12_000 }, async () => {
    const { connection } = await house.connect({ name: 'stuck', location: house.place('stuck/') })
    const kit = await house.kitOf(connection)
    const permissions = textOf(kit, 'permissions-policy.json').replaceAll('"s3:PutObject"', '"s3:GetBucketTagging"')
    await house.putRole(customerAccountId, 'drawbridge-stuck', '/', textOf(kit, 'trust-policy.json'), permissions)
    // The first write is refused; whatever is tried about it afterwards is never answered.
    const hang = { kind: 'latency', milliseconds: 60_000 } as const
    house.sandbox.setFaults([{ match: { operation: 'PutObject', nth: 2, times: 1_000 }, do: hang }])
    const report = await house.verify(connection, { kind: 'none' }, house.freshContext(), {
      budgetMs: 4_000,
      outsideRoot: false,
    })
    house.sandbox.setFaults([])
    expect(checkOf(report, 'put-object').status).toBe('fail')
    expect(report.diagnosis?.causes[0]?.id).toBe('missing-permission')
  })
})

describe('the clock', () => {
  it('that is a little off is told, and one that signatures can not bear is red', async () => {
    const { connection } = await house.connect({ name: 'skewed' })
    const of = async (skewMs: number): Promise<Check> => {
      house.sandbox.setClockSkew(skewMs)
      const report = await house.verify(connection)
      house.sandbox.setClockSkew(0)
      return checkOf(report, 'clock')
    }
    expect(await of(0)).toMatchObject({ status: 'pass', detail: 'both clocks agree' })
    const ahead = await of(-120_000)
    expect(ahead.status).toBe('pass')
    expect(ahead.detail).toMatch(/^warning: our clock is 1(19|20|21) seconds ahead of that of /)
    const behind = await of(20 * 60_000)
    expect(behind).toMatchObject({ status: 'fail', cause: 'clock-skew' })
    expect(behind.detail).toMatch(/^our clock is 1(199|200|201) seconds behind /)
  })
})

describe.skipIf(needs('/usr/bin/openssl', 'openssl'))('the certificate', () => {
  let folder: string
  const usual = getCACertificates('default')

  const openssl = (...args: string[]): void => {
    execFileSync('/usr/bin/openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

  /** A certificate of the authority, for a name, between two dates. */
  function issue(name: string, subject: string, from: string, until: string): void {
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
    )
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${subject}\n`)
    openssl(
      'ca',
      '-batch',
      '-config',
      'ca.cnf',
      '-in',
      `${name}.csr`,
      '-out',
      `${name}.crt`,
      '-extfile',
      `${name}.ext`,
      '-startdate',
      from,
      '-enddate',
      until,
      '-notext',
    )
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drawbridge-tls-'))
    writeFileSync(
      join(folder, 'ca.cnf'),
      '[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ncertificate=ca.crt\nprivate_key=ca.key\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n',
    )
    writeFileSync(join(folder, 'index.txt'), '')
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '3650',
      '-subj',
      '/CN=a test authority',
    )
    issue('good', 'IP:127.0.0.1', '20200101000000Z', '20400101000000Z')
    issue('expired', 'IP:127.0.0.1', '20200101000000Z', '20210101000000Z')
    issue('other', 'DNS:somewhere.else.example', '20200101000000Z', '20400101000000Z')
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'self.key',
      '-out',
      'self.crt',
      '-days',
      '3650',
      '-subj',
      '/CN=self',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    )
    setDefaultCACertificates([...usual, read('ca.crt')])
  })
  afterAll(() => {
    setDefaultCACertificates(usual)
    rmSync(folder, { recursive: true })
  })

  async function verifyWith(name: string): Promise<Verification> {
    const server = createHttpsServer({ key: read(`${name}.key`), cert: read(`${name}.crt`) }, (_, response) =>
      response.writeHead(403, { 'x-amz-request-id': 'REQ1' }).end(),
    )
    return verifyAt(`https://127.0.0.1:${await listening(server)}`)
  }

  it('that is in order passes', async () => {
    expect(checkOf(await verifyWith('good'), 'tls').status).toBe('pass')
  })

  it.each([
    ['that nobody trusts', 'self', /self.signed/i],
    ['that has run out', 'expired', /expired/i],
    ['of another name', 'other', /altnames/i],
  ])('%s is red, and nothing is sent', async (_, name, says) => {
    const report = await verifyWith(name)
    const tls = checkOf(report, 'tls')
    expect(tls).toMatchObject({ status: 'fail', cause: 'tls-untrusted' })
    expect(tls.detail).toMatch(says)
    expect(tls.repair).toContain('never switch the check off')
    expect(statusesOf(report)).toEqual(new Set(['skipped']))
    expect(report.diagnosis?.causes[0]?.id).toBe('tls-untrusted')
  })
})
