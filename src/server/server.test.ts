/** The server over real HTTP: who gets in, what comes back, and that reports travel through it whole. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DrawbridgeError } from '../base/index.ts'
import { createClient, type Delivery, type DrawbridgeClient } from '../contract/index.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'

let house: TestServer
let client: DrawbridgeClient

beforeAll(async () => {
  house = await startTestServer()
  client = createClient(house.server.url, { token: house.server.token })
})

afterAll(() => house.close())

describe('a client with the operator token', () => {
  it('learns who it is', async () => {
    const status = await client.service.status({})
    expect(status).toMatchObject({
      tenant: 'default',
      signedIn: { kind: 'operator' },
      principal: null,
      egress: 'dynamic',
    })
  })

  it('sets a connection up, verifies it as a stream of checks, and delivers through it', async () => {
    const folder = join(house.directory, 'target')
    await mkdir(folder)
    const added = await client.connection.add({
      name: 'shelf',
      purpose: 'export',
      location: { service: 'local', directory: folder, rootPath: 'audit/' },
      authentication: { kind: 'none' },
    })
    expect(added.state).toBe('unverified')
    const events = []
    for await (const event of client.connection.verify({ name: 'shelf' })) events.push(event)
    const last = events.at(-1)
    expect(events.length).toBeGreaterThan(1)
    expect(last?.type === 'done' && last.verification.status).toBe('pass')
    expect((await client.connection.show({ name: 'shelf' })).state).toBe('active')

    await client.route.add({ name: 'monthly', targets: ['shelf'] })
    const bytes = new Uint8Array(randomBytes(3_000_000))
    const file = await client.upload('audit 2026-10.pdf', bytes)
    expect(file.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    const accepted = await client.delivery.create({ route: 'monthly', uploads: [file.upload], period: '2026-10' })
    const ended = await untilEnded(accepted)
    expect(ended.state).toBe('delivered')
    const [key = ''] = ended.targets[0]?.keys ?? []
    expect(
      createHash('sha256')
        .update(await readFile(join(folder, key)))
        .digest('hex'),
    ).toBe(file.sha256)
    const files = [{ name: 'note.txt', base64: Buffer.from('small').toString('base64') }]
    const small = await untilEnded(await client.delivery.create({ route: 'monthly', files, period: '2026-10' }))
    expect(await readFile(join(folder, small.targets[0]?.keys[0] ?? ''), 'utf8')).toBe('small')
    // The largest that fits into a request, beyond what the database keeps of a report; and one that does not.
    const large = (bytes: number) => [{ name: 'large.bin', base64: Buffer.alloc(bytes, 7).toString('base64') }]
    const { state } = await untilEnded(await client.delivery.create({ route: 'monthly', files: large(780_000) }))
    expect(state).toBe('delivered')
    await expect(client.delivery.create({ route: 'monthly', files: large(800_000) })).rejects.toMatchObject({
      code: 'input-invalid',
    })
    await expect(client.delivery.create({ route: 'monthly' })).rejects.toMatchObject({
      message: 'a report has at least one file',
    })
    const receipt = await client.receipt.show({ id: accepted.id, connection: 'shelf' })
    expect(receipt.files.map((entry) => entry.path)).toContain('receipt.dsse.json')
    const log = await client.evidence.export({})
    const actions = log.entries.map((entry) => (JSON.parse(entry) as { action: string }).action)
    expect(actions).toEqual(
      expect.arrayContaining([
        'connection.added',
        'connection.verified',
        'route.added',
        'delivery.accepted',
        'delivery.delivered',
      ]),
    )
  })

  it('gets errors of the table with their code, one line and help', async () => {
    const missing = await client.connection.show({ name: 'nobody' }).catch((error: unknown) => error)
    expect(missing).toBeInstanceOf(DrawbridgeError)
    expect(missing).toMatchObject({ code: 'not-found', message: 'there is no connection `nobody`' })
    const invalid = await client.route.add({ name: 'Not A Name', targets: [] }).catch((error: unknown) => error)
    expect(invalid).toMatchObject({ code: 'input-invalid', message: expect.stringContaining('`name`') })
    const stream = client.connection.verify({ name: 'nobody' })
    await expect(stream.next()).rejects.toMatchObject({ code: 'not-found' })
  })

  it('can not leave the house through a file name', async () => {
    // A folder of the report's own is no way out of it.
    for (const name of ['../evil', 'a/../b', '/a', 'a//b', 'a\\b', '', '..', 'a\u0000b']) {
      await expect(client.upload(name, new Uint8Array([1]))).rejects.toMatchObject({ code: 'input-invalid' })
    }
  })

  async function untilEnded(accepted: Delivery): Promise<Delivery> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const delivery = await client.delivery.show({ id: accepted.id })
      if (delivery.state !== 'accepted' && delivery.targets.every((target) => target.hasReceipt)) return delivery
      if (Date.now() > deadline) throw new Error(`still ${delivery.state}: ${JSON.stringify(delivery.targets)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
})

describe('whoever is not signed in', () => {
  it('gets nothing of the API', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer dbo_wrong' },
      { authorization: 'Basic eA==' },
      { cookie: 'x=1' },
    ]) {
      const response = await fetch(`${house.server.url}/api/v1/connections`, { headers })
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
    }
  })

  it('can not upload either', async () => {
    const response = await fetch(`${house.server.url}/api/v1/uploads?name=x`, { method: 'POST', body: 'x' })
    expect(response.status).toBe(401)
  })
})

describe('every answer', () => {
  it('carries the security headers, and a page a strict policy', async () => {
    const page = await fetch(house.server.url)
    expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('npm run build:web')
    expect((await fetch(`${house.server.url}/openapi.json`)).headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('is refused to a Host that is not ours, as a rebound name would send it', async () => {
    expect(await statusWithHost(house.server.url, 'evil.example')).toBe(403)
    expect(await statusWithHost(house.server.url, new URL(house.server.url).host)).toBe(200)
  })

  it('says no more than it should of a body that is not what was asked for', async () => {
    const send = (body: string, type: string): Promise<Response> =>
      fetch(`${house.server.url}/api/v1/routes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${house.server.token}`, 'content-type': type },
        body,
      })
    for (const [body, type, status] of [
      ['{"name":', 'application/json', 400],
      ['[]', 'application/json', 400],
      ['name=x', 'application/x-www-form-urlencoded', 400],
      [`{"name":"${'x'.repeat(2_000_000)}"}`, 'application/json', 400],
      ['{"__proto__":{"name":"x"},"constructor":1}', 'application/json', 400],
    ] as const) {
      const response = await send(body, type)
      const text = await response.text()
      expect([response.status, text]).toEqual([status, expect.stringContaining('input-invalid')])
      expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules/)
    }
    expect(house.faults).toEqual([])
  })

  it('is told in the log by path alone', async () => {
    await fetch(`${house.server.url}/api/v1/connections?secret=hunter2`)
    expect(house.requests.at(-1)).toMatchObject({ path: '/api/v1/connections', status: 401, caller: 'nobody' })
    expect(JSON.stringify(house.requests)).not.toContain('hunter2')
  })
})

describe('the file of the running server', () => {
  it('is for its owner alone, and goes when the server goes', async () => {
    const other = await startTestServer()
    const path = join(other.directory, 'server.json')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ url: other.server.localUrl, pid: process.pid })
    await other.server.close()
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await other.close()
  })
})

describe('a deployment for more than this machine', () => {
  it('is not started over plain http, and is strict over https', async () => {
    const plain = startTestServer({}, { baseUrl: 'http://drawbridge.example' })
    await expect(plain).rejects.toMatchObject({ code: 'configuration-invalid' })
    const other = await startTestServer({}, { baseUrl: 'https://drawbridge.example' })
    const page = await fetch(other.server.localUrl)
    expect(page.headers.get('strict-transport-security')).toContain('max-age=31536000')
    await other.close()
  })
})

describe('an upload that is cut off', () => {
  it('leaves nothing that could be taken for the report', async () => {
    const address = new URL(`${house.server.url}/api/v1/uploads?name=half.bin`)
    await new Promise<void>((resolve) => {
      const half = request(address, {
        method: 'POST',
        headers: { authorization: `Bearer ${house.server.token}`, 'content-length': 1_000_000 },
      })
      half.on('error', () => resolve())
      half.write(Buffer.alloc(500_000), () => half.destroy())
      half.on('close', () => resolve())
    })
    const state = await client.service.status({})
    expect(state.tenant).toBe('default')
    const log = await client.evidence.export({})
    expect(log.entries.join()).not.toContain('half.bin')
  })
})

function statusWithHost(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(new URL('/openapi.json', url), { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}
