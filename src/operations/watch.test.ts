/** The watch over a whole house: a folder goes away and comes back, and the history, the log and a webhook tell. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock, systemRandom } from '../base/index.ts'
import { parseConfig, webhooksOf } from '../cli/config.ts'
import { type OpenedHouse, openHouse } from '../cli/house.ts'
import { alertMessage, type DrawbridgeClient } from '../contract/index.ts'
import { operatorCaller } from './caller.ts'
import { inProcessClient } from './invoke.ts'

const hour = 3_600_000

let folder: string
let server: Server
let origin: string
let answers: number[]
let bodies: string[]
let clock: ManualClock
let opened: OpenedHouse
let client: DrawbridgeClient

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-watch-'))
  answers = []
  bodies = []
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    bodies.push(body)
    response.writeHead(answers.shift() ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  clock = new ManualClock(new Date('2026-11-02T10:00:00Z'))
  await open()
  await mkdir(join(folder, 'shelf'))
  await client.connection.add({
    name: 'shelf',
    purpose: 'export',
    location: { service: 'local', directory: join(folder, 'shelf'), rootPath: '' },
    authentication: { kind: 'none' },
  })
  await client.route.add({ name: 'audit', targets: ['shelf'] })
})

afterEach(async () => {
  await opened.close()
  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true, force: true })
})

async function open(): Promise<void> {
  const directory = join(folder, 'data')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'hook-secret'), 'a-secret-of-this-test\n')
  const config = {
    allowedEndpoints: [origin],
    watch: { everySeconds: 3600, jitter: 0 },
    alerts: { webhooks: [{ url: `${origin}/hook`, secretFile: 'hook-secret' }] },
  }
  opened = await openHouse({
    config: parseConfig(JSON.stringify(config), 'test'),
    directory,
    clock,
    random: systemRandom,
    provider: null,
  })
  client = inProcessClient(opened.house, operatorCaller())
}

const statuses = async (): Promise<string[]> =>
  (await client.connection.history({ name: 'shelf' })).entries.map(({ status }) => status)

const actions = async (): Promise<string[]> =>
  (await client.evidence.export({})).entries.map((entry) => (JSON.parse(entry) as { action: string }).action)

describe('the watch', () => {
  it('verifies what is due and nothing else', async () => {
    await opened.watch.round()
    expect(await statuses()).toEqual([])
    clock.advance(hour)
    await opened.watch.round()
    await opened.watch.round()
    expect(await statuses()).toEqual(['pass'])
    clock.advance(hour)
    await opened.watch.round()
    expect((await client.connection.history({ name: 'shelf' })).entries).toMatchObject([
      { status: 'pass', by: 'watch', failed: [] },
      { status: 'pass', by: 'watch', failed: [] },
    ])
  })

  it('tells once when a connection turns red, and once when it is green again', async () => {
    clock.advance(hour)
    await opened.watch.round()
    await rename(join(folder, 'shelf'), join(folder, 'gone'))
    for (let round = 0; round < 3; round++) {
      clock.advance(hour)
      await opened.watch.round()
    }
    await rename(join(folder, 'gone'), join(folder, 'shelf'))
    clock.advance(hour)
    await opened.watch.round()
    expect((await statuses()).reverse()).toEqual(['pass', 'fail', 'fail', 'fail', 'pass'])
    await opened.watch.send()
    const told = bodies
      .map((body) => alertMessage.parse(JSON.parse(body)))
      .filter((one) => one.event === 'connection.turned')
    expect(told.map(({ connection, change }) => [connection, change.from, change.to])).toEqual([
      ['shelf', 'pass', 'fail'],
      ['shelf', 'fail', 'pass'],
    ])
    expect(told[0]?.change).toMatchObject({ routes: ['audit'], since: '2026-11-02T12:00:00.000Z' })
    expect(told[0]?.change.turned.length).toBeGreaterThan(0)
    expect((await actions()).filter((action) => action === 'connection.turned')).toHaveLength(2)
    await opened.watch.send()
    expect(bodies).toHaveLength(2)
    const { recipients, alerts } = await client.alert.list({})
    const [recipient] = recipients
    expect(recipients).toEqual([{ name: recipient?.name, kind: 'webhook', connections: ['shelf'] }])
    expect(recipient?.name.startsWith(`${origin}#`)).toBe(true)
    expect(alerts.map(({ state, connection, recipient: to }) => [state, connection, to])).toEqual([
      ['taken', 'shelf', recipient?.name],
      ['taken', 'shelf', recipient?.name],
    ])
    expect(JSON.stringify(recipients)).not.toContain('/hook')
  })

  it('tells once when several verify at the same moment, the watch or people', async () => {
    clock.advance(hour)
    await opened.watch.round()
    await rm(join(folder, 'shelf'), { recursive: true })
    const several = 3
    let arrived = 0
    const all = Promise.withResolvers<void>()
    const { connections } = opened.house
    // Nobody keeps a result before everybody has one.
    const together = new Proxy(connections, {
      get(target, property) {
        const member: unknown = Reflect.get(target, property, target)
        if (typeof member !== 'function') return member
        return async (...values: unknown[]): Promise<unknown> => {
          if (property === 'saveVerification' && ++arrived === several) all.resolve()
          if (property === 'saveVerification') await all.promise
          return await Reflect.apply(member, target, values)
        }
      },
    })
    const house = { ...opened.house, connections: together }
    const byHand = async (): Promise<void> => {
      const person = inProcessClient(house, operatorCaller())
      for await (const { type } of await person.connection.verify({ name: 'shelf' })) expect(type).toBeTruthy()
    }
    await Promise.all(Array.from({ length: several }, byHand))
    expect(await statuses()).toEqual(['fail', 'fail', 'fail', 'pass'])
    await opened.watch.send()
    expect(bodies.map((body) => alertMessage.parse(JSON.parse(body)).event)).toEqual(['connection.turned'])
    expect((await actions()).filter((action) => action === 'connection.turned')).toHaveLength(1)
  })

  it('keeps an alert that nobody took over a restart, and sends the same again when its time has come', async () => {
    await rm(join(folder, 'shelf'), { recursive: true })
    clock.advance(hour)
    await opened.watch.round()
    answers = [500]
    await opened.watch.send()
    const [waiting] = (await client.alert.list({})).alerts
    expect(waiting).toMatchObject({ state: 'waiting', attempts: 1, reason: expect.stringContaining('500') })
    expect(Date.parse(waiting?.nextAt ?? '')).toBeGreaterThan(clock.now().getTime())
    await opened.watch.send()
    expect(bodies).toHaveLength(1)
    await opened.close()
    await open()
    clock.advance(10_000)
    await opened.watch.send()
    expect(bodies).toHaveLength(2)
    expect(bodies[1]).toBe(bodies[0])
    clock.advance(24 * hour)
    await opened.watch.send()
    expect(bodies).toHaveLength(2)
  })

  it('delivers what is owed once the target is back, without anybody asking', async () => {
    await rm(join(folder, 'shelf'), { recursive: true })
    const upload = await client.upload('report.txt', new TextEncoder().encode('a report'))
    const { id } = await client.delivery.create({ route: 'audit', uploads: [upload.upload] })
    await opened.worker.runOnce()
    expect((await client.delivery.show({ id })).state).not.toBe('delivered')
    clock.advance(hour)
    await opened.watch.round()
    await mkdir(join(folder, 'shelf'))
    clock.advance(hour)
    await opened.watch.round()
    expect((await statuses())[0]).toBe('pass')
    await opened.worker.runOnce()
    expect((await client.delivery.show({ id })).state).toBe('delivered')
  })

  it('says when it was our own settings that changed', async () => {
    clock.advance(hour)
    await opened.watch.round()
    await client.connection.change({ name: 'shelf', writing: { resume: true } })
    await rm(join(folder, 'shelf'), { recursive: true })
    clock.advance(hour)
    await opened.watch.round()
    const [entry] = (await client.connection.history({ name: 'shelf', limit: 1 })).entries
    expect(entry?.change).toMatchObject({ to: 'fail', isOursChanged: true })
  })

  it('keeps no result of a verification that was broken off', async () => {
    const stop = new AbortController()
    for await (const event of client.connection.verify({ name: 'shelf' }, { signal: stop.signal })) {
      stop.abort()
      if (event.type === 'done') expect(event.verification.status).not.toBe('fail')
    }
    expect(await statuses()).toEqual([])
    expect((await client.connection.show({ name: 'shelf' })).state).toBe('unverified')
  })
})

describe('the configuration of alerts', () => {
  it('is refused without a secret worth the name', async () => {
    await writeFile(join(folder, 'short'), 'abc')
    const config = parseConfig(
      JSON.stringify({ alerts: { webhooks: [{ url: 'https://hooks.example.com/x', secretFile: 'short' }] } }),
      'test',
    )
    await expect(webhooksOf(config, folder)).rejects.toMatchObject({ code: 'configuration-invalid' })
    await expect(webhooksOf(config, join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'configuration-invalid' })
    expect(() => parseConfig('{ "watch": { "everySeconds": 5 } }', 'test')).toThrow('0, or at least 60')
  })
})
