/**
 * The database fails while reports are accepted and delivered: it crashes, stops answering, holds everybody up, lets
 * nobody in. Whoever asks is told within the timeouts, and afterwards every accepted report is there once.
 */
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DrawbridgeError, Secret, systemClock, systemRandom } from '../../src/base/index.ts'
import { parseConfig } from '../../src/cli/config.ts'
import { type OpenedHouse, openHouse } from '../../src/cli/house.ts'
import type { Person } from '../../src/delivery/index.ts'
import { localConnection, tenant } from '../../src/delivery/testing/house.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'
import { openGate, type TcpGate } from '../servers/tcp-gate.ts'

const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }
const reportsPerFault = 30

describe.skipIf(lacksPostgres())('the database fails at work', () => {
  let server: PostgresServer
  let gate: TcpGate
  let directory = ''
  let house: OpenedHouse
  const accepted = new Map<string, string>()
  const faults: unknown[] = []
  let next = 0

  beforeAll(async () => {
    server = await startPostgres()
    gate = await openGate(server.port)
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-faults-'))
    const url = new Secret(server.appUrl.replace(`:${server.port}/`, `:${gate.port}/`))
    house = await openHouse({
      config: parseConfig(
        JSON.stringify({ database: { poolSize: 3, statementTimeoutSeconds: 1, connectTimeoutSeconds: 2 } }),
        'config.json',
      ),
      directory,
      database: { url, ownerUrl: null },
      works: true,
      clock: systemClock,
      random: systemRandom,
      provider: null,
      onDelivery: (event) => {
        if (event.type === 'crash') faults.push(event.error)
      },
      onWatchFault: (error) => faults.push(error),
    })
    await mkdir(join(directory, 'customer'))
    const location = { service: 'local' as const, directory: join(directory, 'customer'), rootPath: 'in/' }
    await house.house.connections.add(localConnection('acme', { location }), { kind: 'none' })
    const route = { id: 'rte_1', name: 'audit', policy: 'failover' as const, targets: ['acme'] }
    await house.house.routes.add(tenant, { ...route, createdAt: systemClock.now().toISOString() })
    await house.startWorking()
  })
  afterAll(async () => {
    await house?.close()
    await gate?.close()
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  })

  /** Offers one report under its idempotency key until somebody says that it is accepted. */
  async function insist(): Promise<void> {
    const name = `report-${next++}`
    // Every third lies in the spool and not in the database.
    const bytes = Buffer.alloc(next % 3 === 0 ? 100_000 : 2_000, name)
    for (;;) {
      try {
        const { upload } = await house.house.deliveries.upload(tenant, `${name}.bin`, chunks(bytes))
        const input = { route: 'audit', period: '2026-10', report: name, idempotencyKey: name, uploads: [upload] }
        const { id } = await house.house.deliveries.accept(tenant, person, input)
        accepted.set(id, createHash('sha256').update(bytes).digest('hex'))
        return
      } catch (error) {
        // Nothing but one line of one code ever reaches whoever asked.
        expect(error).toBeInstanceOf(DrawbridgeError)
        expect(error).toMatchObject({ code: 'database-unavailable', retry: 'later' })
        await systemClock.sleep(100)
      }
    }
  }

  async function insistOnAll(): Promise<void> {
    const sender = async (): Promise<void> => {
      for (let sent = 0; sent < reportsPerFault / 3; sent++) await insist()
    }
    await Promise.all([sender(), sender(), sender()])
  }

  async function delivered(): Promise<void> {
    await expect
      .poll(
        async () => {
          const [row] = await server.query<{ open: number }>(
            `select count(*)::int as open from drawbridge.deliveries where state <> 'delivered' or available_at is not null`,
          )
          return row?.open
        },
        { timeout: 60_000, interval: 200 },
      )
      .toBe(0)
    const folder = join(directory, 'customer', 'in')
    const files = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.bin'))
    const hashes = await Promise.all(
      files.map(async (path) =>
        createHash('sha256')
          .update(await readFile(join(folder, path)))
          .digest('hex'),
      ),
    )
    expect(hashes.sort()).toEqual([...accepted.values()].sort())
    const { logStore } = house.house
    const entries = await logStore.entries(tenant, 0, await logStore.size(tenant))
    const told = entries
      .map((json): { action: string; subject: string } => JSON.parse(json))
      .filter(({ action }) => action === 'delivery.delivered')
      .map(({ subject }) => subject)
    expect(told.sort()).toEqual([...accepted.keys()].sort())
  }

  test('it crashes and comes back', async () => {
    const load = insistOnAll()
    await house.house.deliveries.list(tenant, { limit: 1 })
    await server.stop('immediate')
    await expect(house.ping()).rejects.toMatchObject({ code: 'database-unavailable' })
    await server.start()
    await load
    await delivered()
  })

  test('connections go silent without being closed', async () => {
    const load = insistOnAll()
    await house.ping()
    gate.block()
    const startedAt = performance.now()
    await expect(house.ping()).rejects.toMatchObject({ code: 'database-unavailable' })
    expect(performance.now() - startedAt).toBeLessThan(30_000)
    gate.unblock()
    await load
    await delivered()
  })

  test('somebody else holds a table, and every connection waits for it', async () => {
    const other = new pg.Client({
      connectionString: `postgres://postgres:${server.password}@127.0.0.1:${server.port}/postgres`,
    })
    await other.connect()
    await other.query('begin')
    await other.query('lock table drawbridge.deliveries, drawbridge.uploads in access exclusive mode')
    const load = insistOnAll()
    const waiting = Array.from({ length: 12 }, () => house.house.deliveries.list(tenant, { limit: 1 }))
    for (const end of await Promise.allSettled(waiting)) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'database-unavailable' } })
    }
    await other.query('rollback')
    await other.end()
    await load
    await delivered()
  })

  test('it lets nobody in for a while', async () => {
    await server.query('alter role drawbridge_login connection limit 0')
    await server.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'drawbridge_login'`)
    const load = insistOnAll()
    await expect(house.ping()).rejects.toMatchObject({ code: 'database-unavailable' })
    await server.query('alter role drawbridge_login connection limit -1')
    await load
    await delivered()
  })

  test('what workers told of it is one code as well', () => {
    const others = faults.filter(
      (fault) => !(fault instanceof DrawbridgeError) || fault.code !== 'database-unavailable',
    )
    expect(others.map(String)).toEqual([])
  })
})

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
