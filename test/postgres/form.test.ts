/** The form of the database: forward and back on both databases, one at a time, and beside older and newer code. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { runCli } from '../../src/cli/testing/run-cli.ts'
import { sampleKey, samplePlainPackage } from '../../src/evidence/testing/sample-package.ts'
import { openDatabase } from '../../src/state/database.ts'
import { openSharedState, PostgresForm } from '../../src/state/index.ts'
import { migrate, rollBack, sqliteForm } from '../../src/state/migrate.ts'
import { type Migration, migrations } from '../../src/state/migrations.ts'
import { PostgresStore } from '../../src/state/postgres/store.ts'
import { filesOfJson, keepInstructions, keepReceipt, receiptOf, writeReceipt } from '../../src/state/receipts.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'

const added: Migration = {
  name: 'something new',
  statements: [`create table novelties (tenant text not null, name text not null, primary key (tenant, name))`],
  back: [`drop table novelties`],
}
const breaking: Migration = { ...added, isBreaking: true }
const now = (): string => '2026-11-03T10:00:00.000Z'

test('on SQLite every step can be taken back, and leaves what stood before it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-form-'))
  const database = openDatabase(join(directory, 'form.sqlite'))
  const look = async (): Promise<string[]> => {
    const { rows } = await sql<{ sql: string }>`
      select m.name || ' ' || coalesce(group_concat(c.name || ' ' || c.type || ' ' || c."notnull", ', '), '') as sql
      from sqlite_master m left join pragma_table_info(m.name) c group by m.name order by m.name`.execute(database)
    // A column that comes back stands at the end.
    return rows.map((row) =>
      row.sql
        .split(/ (.*)/s)
        .flatMap((part, place) => (place === 1 ? part.split(', ').sort() : part))
        .join(' '),
    )
  }
  try {
    const seen = new Map<number, string[]>()
    for (let form = 1; form <= migrations.length; form++) {
      expect(await migrate(database, now, sqliteForm, migrations.slice(0, form))).toBe(1)
      seen.set(form, await look())
    }
    for (let form = migrations.length; form > 1; form--) {
      expect(await rollBack(database)).toBe(migrations[form - 1]?.name)
      expect(await look()).toEqual(seen.get(form - 1))
    }
    await expect(rollBack(database)).rejects.toMatchObject({ code: 'input-invalid' })
    expect(await migrate(database, now)).toBe(migrations.length - 1)
    await migrate(database, now, sqliteForm, [...migrations, added])
    expect(await migrate(database, now)).toBe(0)
    await rollBack(database, sqliteForm, [...migrations, added])
    await migrate(database, now, sqliteForm, [...migrations, breaking])
    await expect(migrate(database, now)).rejects.toMatchObject({ code: 'database-too-new' })
  } finally {
    await database.destroy()
    await rm(directory, { recursive: true, force: true })
  }
})

describe.skipIf(lacksPostgres())('postgresql', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.close()
  })
  beforeEach(async () => {
    await server.query('drop schema drawbridge cascade')
  })

  const look = (): Promise<object[]> =>
    server.query(`
      select table_name as name, column_name as part, data_type || ' ' || is_nullable as form
        from information_schema.columns where table_schema = 'drawbridge'
      union all select tablename, indexname, '' from pg_indexes where schemaname = 'drawbridge'
      union all select tablename, policyname, qual from pg_policies where schemaname = 'drawbridge'
      union all select table_name, grantee, privilege_type from information_schema.role_table_grants
        where table_schema = 'drawbridge'
      order by 1, 2, 3`)
  const open = (known?: readonly Migration[]) =>
    PostgresStore.open({ postgres: server.app, clock: systemClock, ...(known === undefined ? {} : { known }) })

  test('every step can be taken back, and leaves what stood before it', async () => {
    const seen = new Map<number, object[]>()
    for (let form = 1; form <= migrations.length; form++) {
      expect(await new PostgresForm(server.owner, migrations.slice(0, form)).migrate()).toBe(1)
      seen.set(form, await look())
    }
    const present = new PostgresForm(server.owner)
    for (let form = migrations.length; form > 1; form--) {
      expect(await present.rollBack()).toBe(migrations[form - 1]?.name)
      expect(await look()).toEqual(seen.get(form - 1))
    }
    await expect(present.rollBack()).rejects.toMatchObject({ code: 'input-invalid' })
    await expect(open()).rejects.toMatchObject({ code: 'database-outdated' })
    expect(await present.migrate()).toBe(migrations.length - 1)
    await (await open()).close()
  })

  test('receipts that are kept packed are there for the code of before', async () => {
    const form = new PostgresForm(server.owner)
    await form.migrate()
    const { receipt } = await samplePlainPackage(sampleKey(1))
    const store = await open()
    for (const tenant of ['acme', 'globex']) {
      const claim = { tenant, delivery: `dlv_${tenant}` }
      await keepInstructions(store)
      await store.write(tenant, (transaction) =>
        keepReceipt(transaction, claim, 'audit', writeReceipt(receipt), store.now()),
      )
      expect(await store.read(tenant, (executor) => receiptOf(executor, tenant, claim.delivery, 'audit'))).toEqual(
        receipt,
      )
    }
    await store.close()
    while ((await form.rollBack()) !== 'receipts in a third of the room');
    const rows = await server.query<{ files: string }>('select files from drawbridge.receipts')
    expect(rows).toHaveLength(2)
    for (const { files } of rows) expect(filesOfJson(files)).toEqual(receipt)
  })

  test('of four that begin at once one takes the steps, and the others find them taken', async () => {
    const forms = Array.from({ length: 4 }, () => new PostgresForm(server.owner))
    const steps = await Promise.all(forms.map((form) => form.migrate()))
    expect(steps.sort((one, other) => one - other)).toEqual([0, 0, 0, migrations.length])
  })

  test('code of before goes on beside a step that adds, and stops before one that breaks', async () => {
    const newer = new PostgresForm(server.owner, [...migrations, added])
    await newer.migrate()
    for (const known of [migrations, [...migrations, added]]) await (await open(known)).close()
    expect(await new PostgresForm(server.owner).migrate()).toBe(0)
    await expect(new PostgresForm(server.owner).rollBack()).rejects.toMatchObject({ code: 'database-too-new' })
    expect(await newer.rollBack()).toBe(added.name)
    await new PostgresForm(server.owner, [...migrations, breaking]).migrate()
    await expect(open()).rejects.toMatchObject({ code: 'database-too-new' })
    await expect(new PostgresForm(server.owner).migrate()).rejects.toMatchObject({ code: 'database-too-new' })
  })

  test('whoever may not change the form is told so; whoever names the owner starts at once', async () => {
    await expect(new PostgresForm(server.app).migrate()).rejects.toMatchObject({ code: 'database-unfit' })
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-form-'))
    const options = { directory, clock: systemClock, postgres: server.app }
    try {
      await expect(openSharedState(options)).rejects.toMatchObject({ code: 'database-outdated' })
      const states = await Promise.all(
        [1, 2].map((number) =>
          openSharedState({ ...options, directory: `${directory}-${number}`, ownerUrl: server.owner.url }).then(
            (state) => state.close(),
            (error: unknown) => error,
          ),
        ),
      )
      // Both found no key and made one of their own: one of them stands, and the other's does not open what is sealed.
      expect(states.filter((state) => state === undefined)).not.toHaveLength(0)
    } finally {
      for (const end of ['', '-1', '-2']) await rm(`${directory}${end}`, { recursive: true, force: true })
    }
  })

  test('the commands show the form, change it and take a step back', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-form-'))
    const environment = { DATABASE_URL: server.appUrl, DATABASE_OWNER_URL: server.ownerUrl, NO_COLOR: '1' }
    const run = (words: string[]) => runCli(words, { directory, environment })
    try {
      const before = await run(['database', 'migrate'])
      expect(before).toMatchObject({ code: 0, stderr: '' })
      expect(before.stdout).toContain(`took ${migrations.length} steps; the database has form ${migrations.length}`)
      expect((await run(['database', 'rollback'])).stdout).toContain(`took back: ${migrations.at(-1)?.name}`)
      expect(JSON.parse((await run(['database', 'status', '--json'])).stdout)).toMatchObject({
        version: migrations.length - 1,
        known: migrations.length,
      })
      const worker = await runCli(['worker'], { directory, environment: { DATABASE_URL: server.appUrl } })
      expect(worker.code).toBe(7)
      expect(worker.stderr).toMatch(
        /^error: the database has the older form \d+\nhint: run `drawbridge database migrate`/,
      )
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
