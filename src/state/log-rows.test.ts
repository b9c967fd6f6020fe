/** Entries of the embedded database get their places at once; what is remembered of a log must be what stands in it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../base/index.ts'
import { EvidenceLog, generateEvidenceKey, LogTip } from '../evidence/index.ts'
import { GroupCommit } from './group-commit.ts'
import { enqueue, SqlLog } from './log.ts'
import { addToTree, readHashes, tipIn } from './log-rows.ts'
import { SqliteStore } from './sqlite-store.ts'
import { everyTenant } from './store.ts'

const tenant = 'default'
let directory: string
let store: SqliteStore
let log: SqlLog
let evidence: EvidenceLog

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-log-'))
  store = await SqliteStore.open(join(directory, 'log.sqlite'), systemClock)
  log = new SqlLog(store, new GroupCommit(store))
  const { privateKey } = generateEvidenceKey()
  evidence = new EvidenceLog({ store: log, signer: privateKey, origin: 'test.example', clock: systemClock })
})

afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})

const entryOf = (subject: string) => ({ actor: 'operator:local', action: 'tested', subject, fields: { n: 1 } })

async function tell(...subjects: readonly string[]): Promise<number[]> {
  return await store.write(tenant, (transaction) =>
    enqueue(transaction, tenant, subjects.map(entryOf), '2026-11-03T10:00:00.000Z'),
  )
}

/** What the log says, each entry proven under one checkpoint. */
async function proven(ids: readonly number[]): Promise<string[]> {
  const proofs = await evidence.proofsOf(tenant, ids)
  return proofs.map(({ seq, entryJson }) => `${seq} ${JSON.parse(entryJson).subject}`)
}

test('an entry has its place when its transaction ends, and nothing is left to place', async () => {
  const ids = [...(await tell('a', 'b', 'c')), ...(await tell('d')), ...(await tell('e', 'f', 'g'))]
  expect(await log.pending(tenant, 10)).toEqual([])
  expect(await log.size(tenant)).toBe(7)
  expect(await proven(ids)).toEqual(['0 a', '1 b', '2 c', '3 d', '4 e', '5 f', '6 g'])
})

test('a transaction that is taken back leaves no place behind, even when as many entries follow', async () => {
  const before = await tell('a', 'b', 'c')
  const failing = store.write(tenant, async (transaction) => {
    await enqueue(transaction, tenant, ['lost', 'gone'].map(entryOf), '2026-11-03T10:00:00.000Z')
    throw new Error('taken back')
  })
  await expect(failing).rejects.toThrow('taken back')
  const after = [...(await tell('d')), ...(await tell('e')), ...(await tell('f'))]
  expect(await proven([...before, ...after])).toEqual(['0 a', '1 b', '2 c', '3 d', '4 e', '5 f'])
})

test('what another connection added is seen, also when the log is as long as what was taken back', async () => {
  const first = await tell('a')
  const failing = store.write(tenant, async (transaction) => {
    await enqueue(transaction, tenant, [entryOf('lost')], '2026-11-03T10:00:00.000Z')
    throw new Error('taken back')
  })
  await expect(failing).rejects.toThrow('taken back')
  const other = await SqliteStore.open(join(directory, 'log.sqlite'), systemClock)
  const [second = 0] = await other.write(tenant, (transaction) =>
    enqueue(transaction, tenant, [entryOf('of the other')], '2026-11-03T10:00:01.000Z'),
  )
  await other.close()
  expect(await proven([...first, second, ...(await tell('c'))])).toEqual(['0 a', '1 of the other', '2 c'])
})

test('a place that could not be written is left to the next one, although its transaction goes on', async () => {
  const before = await tell('a')
  await store.write(everyTenant, (transaction) =>
    transaction
      .insertInto('log_hashes')
      .values({ tenant, position: 2, hash: Buffer.alloc(32) })
      .execute(),
  )
  const after = await store.write(tenant, async (transaction) => {
    const tellOne = (subject: string) => enqueue(transaction, tenant, [entryOf(subject)], '2026-11-03T10:00:00.000Z')
    await expect(tellOne('lost')).rejects.toThrow('UNIQUE')
    await transaction.deleteFrom('log_entries').where('seq', '=', 1).execute()
    await transaction.deleteFrom('log_hashes').where('position', '>=', 1).execute()
    await transaction.deleteFrom('outbox').where('seq', '=', 1).execute()
    return [...(await tellOne('b')), ...(await tellOne('c'))]
  })
  expect(await proven([...before, ...after, ...(await tell('d'))])).toEqual(['0 a', '1 b', '2 c', '3 d'])
})

test('entries that were placed from the outbox in the same transaction are not passed over', async () => {
  const first = await tell('a')
  const commits = new GroupCommit(store)
  const waiting = { time: 't', actor: 'a', action: 'b', subject: 'waited', fields: '{}' }
  const [other, later] = await Promise.all([
    commits.run(tenant, async (transaction) => {
      const told = await enqueue(transaction, tenant, [entryOf('b')], '2026-11-03T10:00:00.000Z')
      await transaction
        .insertInto('outbox')
        .values({ tenant, ...waiting, seq: null })
        .execute()
      return told
    }),
    commits.run(tenant, async (transaction) => {
      const [row] = await transaction.selectFrom('outbox').select('id').where('seq', 'is', null).execute()
      const tip = await tipIn(transaction, tenant)
      const outboxId = row?.id ?? 0
      // As whoever integrates does: with a tree of its own.
      const own = await LogTip.read(tenant, tip?.size ?? 0, (indexes) => readHashes(transaction, tenant, indexes))
      await transaction.updateTable('outbox').set({ seq: own.size }).where('id', '=', outboxId).execute()
      await addToTree(transaction, tenant, [own.place({ outboxId, ...waiting, fields: {} })], false)
      return [outboxId, ...(await enqueue(transaction, tenant, [entryOf('c')], '2026-11-03T10:00:00.000Z'))]
    }),
  ])
  expect(await proven([...first, ...other, ...later])).toEqual(['0 a', '1 b', '2 waited', '3 c'])
})

test('entries that wait from an older version go first', async () => {
  await store.write(tenant, async (transaction) => {
    await transaction
      .insertInto('outbox')
      .values({ tenant, time: 't', actor: 'a', action: 'b', subject: 'old', fields: '{}', seq: null })
      .execute()
  })
  const later = await tell('later')
  expect(await log.size(tenant)).toBe(0)
  expect(await proven(later)).toEqual(['1 later'])
  expect(await proven(await tell('last'))).toEqual(['2 last'])
})

test('a damaged tree holds up nothing: what is told waits', async () => {
  await tell('a', 'b', 'c')
  await store.write(everyTenant, async (transaction) => {
    await transaction.deleteFrom('log_hashes').where('position', '=', 2).execute()
    await transaction.deleteFrom('log_hashes').where('position', '=', 3).execute()
  })
  await tell('d')
  expect((await log.pending(tenant, 10)).map(({ subject }) => subject)).toEqual(['d'])
  await expect(evidence.integrate(tenant)).rejects.toMatchObject({ code: 'data-directory-broken' })
})
