/** Row-level security: what a query that forgot its tenant, or names another one, gets to see. It is nothing. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { localConnection, tenant } from '../../src/delivery/testing/house.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import { openSharedState, type State } from '../../src/state/index.ts'
import { PostgresStore } from '../../src/state/postgres/store.ts'
import { accept, claimOne } from '../../src/state/testing/deliveries.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'

/** No tenant's data stands in these. */
const houseTables = ['breaks', 'migrations', 'receipt_texts', 'sealed_values', 'spool_space']
/** Workers look for work of every tenant in these. */
const queueTables = [
  'alerts',
  'deliveries',
  'delivery_items',
  'delivery_parts',
  'delivery_targets',
  'small_reports',
  'uploads',
]

describe.skipIf(lacksPostgres())('row-level security', () => {
  let server: PostgresServer
  let directory = ''
  let state: State
  let client: pg.Client
  let tables: string[] = []

  beforeAll(async () => {
    server = await startPostgres()
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-tenants-'))
    state = await openSharedState({ directory, clock: systemClock, postgres: server.app })
    await fill()
    // As a process signs in, without Drawbridge's code in between.
    client = new pg.Client({
      connectionString: server.appUrl,
      options: '-c search_path=drawbridge -c role=drawbridge_app',
    })
    await client.connect()
    const rows = await server.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'drawbridge' order by 1`,
    )
    tables = rows.map(({ name }) => name)
  })
  afterAll(async () => {
    await client?.end()
    await state?.close()
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function fill(): Promise<void> {
    const { connections, routes, log, evidenceKey } = state
    await connections.add(localConnection('acme'), { kind: 'none' })
    const createdAt = '2026-11-03T10:00:00.000Z'
    await routes.add(tenant, { id: 'rte_1', name: 'audit', policy: 'failover', targets: ['acme'], createdAt })
    await accept(state, [1])
    await claimOne(state)
    const evidence = new EvidenceLog({
      store: log,
      signer: evidenceKey.privateKey,
      origin: 'tenants.example',
      clock: systemClock,
    })
    await evidence.integrate(tenant)
    await evidence.checkpoint(tenant)
  }

  /** How many rows each table shows to a transaction of that tenant. */
  async function seen(setting: string | null): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    await client.query('begin')
    try {
      if (setting !== null) await client.query(`select set_config('drawbridge.tenant', $1, true)`, [setting])
      for (const name of tables) {
        const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from ${name}`)
        counts[name] = rows[0]?.count ?? -1
      }
      return counts
    } finally {
      await client.query('rollback')
    }
  }

  const shown = (counts: Record<string, number>): string[] =>
    Object.keys(counts).filter((name) => (counts[name] ?? 0) > 0 && !houseTables.includes(name))

  test('every table of tenants is held by it, and the role that works can not get around it', async () => {
    const open = await server.query<{ name: string }>(
      `select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where nspname = 'drawbridge' and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity) order by 1`,
    )
    expect(open.map(({ name }) => name)).toEqual(houseTables)
    const roles = `select rolname, rolsuper, rolbypassrls, rolcreaterole from pg_roles
      where rolname in ('drawbridge_app', 'drawbridge_login') and (rolsuper or rolbypassrls or rolcreaterole)`
    expect(await server.query(roles)).toEqual([])
    const owned = `select relname from pg_class c join pg_roles r on r.oid = c.relowner where rolname like 'drawbridge_app'`
    expect(await server.query(owned)).toEqual([])
  })

  test('a query without a tenant sees nothing, also after a transaction that had one', async () => {
    expect(shown(await seen(tenant)).length).toBeGreaterThan(8)
    expect(shown(await seen(null))).toEqual([])
    expect(shown(await seen(''))).toEqual([])
    const { rows } = await client.query('select * from connections')
    expect(rows).toEqual([])
  })

  test('a query of another tenant sees nothing, and the queue’s no more than the queue', async () => {
    expect(shown(await seen('other'))).toEqual([])
    const queue = shown(await seen('*'))
    expect(queue.filter((name) => !queueTables.includes(name))).toEqual([])
    expect(queue).toContain('deliveries')
    expect(queue).not.toContain('connections')
  })

  test('nothing is written into another tenant, and nobody is called like the queue', async () => {
    await client.query('begin')
    await client.query(`select set_config('drawbridge.tenant', 'other', true)`)
    const insert = client.query(`insert into role_claims (role_arn, tenant) values ('arn:x', $1)`, [tenant])
    await expect(insert).rejects.toMatchObject({ code: '42501' })
    await client.query('rollback')
    const store = await PostgresStore.open({ postgres: server.app, clock: systemClock })
    await expect(store.read('*', async () => 0)).rejects.toBeInstanceOf(TypeError)
    await store.close()
  })

  test('what is in the log can not be changed or taken out, nor the form be touched', async () => {
    for (const statement of [
      `update log_entries set json = '{}'`,
      'delete from log_entries',
      `update log_hashes set hash = ''`,
      'truncate log_entries',
      'delete from migrations',
      'alter table connections disable row level security',
      'drop policy of_tenant on connections',
    ]) {
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' })
    }
  })
})
