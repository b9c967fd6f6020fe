/** Prepared reads of the embedded database are answered at once, but never with what is not committed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../base/index.ts'
import { Prepared } from './prepared.ts'
import type { Executor } from './schema.ts'
import { SqliteStore } from './sqlite-store.ts'
import { everyTenant } from './store.ts'

let directory: string
let store: SqliteStore

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-prepared-'))
  store = await SqliteStore.open(join(directory, 'prepared.sqlite'), systemClock)
})

afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})

const notesOf = new Prepared<{ readonly tenant: string }, { note: string }>((executor, { tenant }) =>
  executor.selectFrom('checkpoints').select('note').where('tenant', '=', tenant).orderBy('size'),
)

const row = { tenant: 'acme', size: 1, saved_at: '2026-11-03T10:00:00.000Z', note: 'first' }
const keep = (executor: Executor) => executor.insertInto('checkpoints').values(row).execute()
const notes = () =>
  store.read(everyTenant, async (executor) => (await notesOf.run(executor, { tenant: 'acme' })).rows.map((r) => r.note))

test('a read while nothing else is under way is answered at once', async () => {
  await store.write(everyTenant, keep)
  const ran = await store.read(everyTenant, async (executor) => [notesOf.run(executor, { tenant: 'acme' })])
  expect(ran).toEqual([{ rows: [{ note: 'first' }], changes: 1 }])
})

test('a read beside a transaction waits for its end, and sees nothing of what was taken back', async () => {
  let beside: Promise<string[]> | null = null
  const failing = store.write(everyTenant, async (transaction) => {
    await keep(transaction)
    beside = notes()
    throw new Error('taken back')
  })
  await expect(failing).rejects.toThrow('taken back')
  expect(await beside).toEqual([])
})

test('a read beside a transaction sees what is committed', async () => {
  let beside: Promise<string[]> | null = null
  await store.write(everyTenant, async (transaction) => {
    beside = notes()
    await keep(transaction)
  })
  expect(await beside).toEqual(['first'])
})

test('a read of a database that was closed is refused', async () => {
  const path = join(directory, 'closed.sqlite')
  const closed = await SqliteStore.open(path, systemClock)
  const read = () => closed.read(everyTenant, async (executor) => await notesOf.run(executor, { tenant: 'acme' }))
  expect((await read()).rows).toEqual([])
  await closed.close()
  await expect(read()).rejects.toThrow()
})
