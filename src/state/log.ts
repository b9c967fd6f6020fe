/** The evidence log in the database: the outbox, the entries with their places, and the signed checkpoints. */
import type { NewEntry } from '../delivery/index.ts'
import type { IntegratedEntry, LogStore, LogTip, PendingEntry } from '../evidence/index.ts'
import { coalescedByTenant } from './coalesced.ts'
import { type GroupCommit, lastLock, locking } from './group-commit.ts'
import { Listed } from './listed.ts'
import { addToTree, readHashes, sizeOf, tipIn } from './log-rows.ts'
import { Prepared } from './prepared.ts'
import type { Executor } from './schema.ts'
import type { Instant, Store } from './store.ts'

const placesOf = new Listed<number, { id: number; seq: number | null }>((executor, keys, tenant) =>
  executor.selectFrom('outbox').select(['id', 'seq']).where('tenant', '=', tenant).where('id', 'in', keys),
)

const entriesAt = new Listed<number, { seq: number; json: string }>((executor, keys, tenant) =>
  executor.selectFrom('log_entries').select(['seq', 'json']).where('tenant', '=', tenant).where('seq', 'in', keys),
)

/** Keeps the evidence log in the database. */
export class SqlLog implements LogStore {
  readonly #store: Store
  readonly #commits: GroupCommit

  constructor(store: Store, commits: GroupCommit) {
    this.#store = store
    this.#commits = commits
  }

  async pending(tenant: string, limit: number): Promise<PendingEntry[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('outbox')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('seq', 'is', null)
        .orderBy('id')
        .limit(limit)
        .execute(),
    )
    return rows.map(({ id, time, actor, action, subject, fields }) => ({
      outboxId: id,
      time,
      actor,
      action,
      subject,
      fields: JSON.parse(fields),
    }))
  }

  async size(tenant: string): Promise<number> {
    return await this.#store.read(tenant, (executor) => sizeOf(executor, tenant))
  }

  async readHashes(tenant: string, indexes: readonly number[]): Promise<Uint8Array[]> {
    return await this.#store.read(tenant, (executor) => readHashes(executor, tenant, indexes))
  }

  async integrate(tenant: string, expectedSize: number, entries: readonly IntegratedEntry[]): Promise<boolean> {
    if (entries.length === 0) return true
    return await this.#commits.run(locking(tenant, lastLock), async (transaction) => {
      // INVARIANT: one writer of a tenant's log at a time; its size is read only then.
      await this.#store.serialize(transaction, `log of ${tenant}`)
      if ((await sizeOf(transaction, tenant)) !== expectedSize) return false
      for (const { outboxId, seq } of entries) await placeWaiting.run(transaction, { id: outboxId, seq })
      await addToTree(transaction, tenant, entries, this.#store.isShared)
      return true
    })
  }

  async placeOf(tenant: string, outboxId: number): Promise<number | null> {
    return await this.#placeOf(tenant, outboxId)
  }

  readonly #placeOf = coalescedByTenant(async (tenant, ids: readonly number[]) => {
    const rows = await this.#store.read(tenant, (executor) => placesOf.rows(executor, ids, tenant))
    const known = new Map(rows.map((row) => [row.id, row.seq]))
    return ids.map((id) => known.get(id) ?? null)
  })

  async entries(tenant: string, start: number, end: number): Promise<string[]> {
    if (end === start + 1) {
      const json = await this.#entry(tenant, start)
      return json === null ? [] : [json]
    }
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('log_entries')
        .select('json')
        .where('tenant', '=', tenant)
        .where('seq', '>=', start)
        .where('seq', '<', end)
        .orderBy('seq')
        .execute(),
    )
    return rows.map((row) => row.json)
  }

  readonly #entry = coalescedByTenant(async (tenant, seqs: readonly number[]) => {
    const rows = await this.#store.read(tenant, (executor) => entriesAt.rows(executor, seqs, tenant))
    const known = new Map(rows.map((row) => [row.seq, row.json]))
    return seqs.map((seq) => known.get(seq) ?? null)
  })

  async lastCheckpoint(tenant: string): Promise<string | null> {
    return await this.#store.read(tenant, (executor) => newestNoteIn(executor, tenant))
  }

  async saveCheckpoint(tenant: string, size: number, note: string): Promise<void> {
    // The same size again is the same tree under a newer key.
    await this.#commits.run(locking(tenant, lastLock), async (transaction) => {
      await keepNoteIn(transaction, tenant, { size, note, now: this.#store.now() })
    })
  }
}

/** Reads the newest checkpoint of a log; null when there is none. */
export async function newestNoteIn(executor: Executor, tenant: string): Promise<string | null> {
  return (await newestNote.run(executor, { tenant })).rows[0]?.note ?? null
}

/** Saves a checkpoint. */
export async function keepNoteIn(
  transaction: Executor,
  tenant: string,
  checkpoint: Omit<Signed, 'tenant'>,
): Promise<void> {
  await keepNote.run(transaction, { tenant, ...checkpoint })
}

const newestNote = new Prepared<{ readonly tenant: string }, { note: string }>((executor, value) =>
  executor.selectFrom('checkpoints').select('note').where('tenant', '=', value.tenant).orderBy('size', 'desc').limit(1),
)

interface Signed {
  readonly tenant: string
  readonly size: number
  readonly note: string
  readonly now: Instant
}

const keepNote = new Prepared<Signed & { readonly [column: string]: string | number | Instant }, never>(
  (executor, { tenant, size, note, now }) =>
    executor
      .insertInto('checkpoints')
      .values({ tenant, size, saved_at: now, note })
      .onConflict((conflict) => conflict.columns(['tenant', 'size']).doUpdateSet({ note, saved_at: now })),
)

interface Waiting {
  readonly [column: string]: string | number | null | Instant
  readonly tenant: string
  readonly time: Instant
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly fields: string
  readonly seq: number | null
}

const insertWaiting = new Prepared<Waiting, { id: number }>((executor, value) =>
  executor
    .insertInto('outbox')
    .values({
      tenant: value.tenant,
      time: value.time,
      actor: value.actor,
      action: value.action,
      subject: value.subject,
      fields: value.fields,
      seq: value.seq,
    })
    .returning('id'),
)

/**
 * Puts entries into the outbox, inside the caller's transaction; returns their outbox ids. Of an embedded database they get
 * their places in the log with it; elsewhere they wait for whoever integrates them.
 */
export async function enqueue(
  executor: Executor,
  tenant: string,
  entries: readonly NewEntry[],
  time: Instant,
): Promise<number[]> {
  if (entries.length === 0) return []
  const tip = typeof time === 'string' ? await tipIn(executor, tenant) : null
  const ids: number[] = []
  for (const entry of entries) ids.push((await enqueueAt(executor, tenant, { entry, time, tip })).id)
  return ids
}

/** An entry in the outbox, and in the log if it got its place at once. */
interface Enqueued {
  readonly id: number
  readonly placed: IntegratedEntry | null
}

/** Puts one entry into the outbox and, where the end of the log is given, behind that. */
export async function enqueueAt(
  executor: Executor,
  tenant: string,
  { entry, time, tip }: { readonly entry: NewEntry; readonly time: Instant; readonly tip: LogTip | null },
): Promise<Enqueued> {
  const { actor, action, subject } = entry
  const fields = JSON.stringify(entry.fields)
  const values = { tenant, time, actor, action, subject, fields, seq: tip?.size ?? null }
  const [row] = (await insertWaiting.run(executor, values)).rows
  if (row === undefined) throw new TypeError('a row that was inserted has an id')
  if (tip === null || typeof time !== 'string') return { id: row.id, placed: null }
  const placed = tip.place({ outboxId: row.id, time, actor, action, subject, fields: JSON.parse(fields) })
  await addToTree(executor, tenant, [placed], false)
  return { id: row.id, placed }
}

interface Placed {
  readonly [column: string]: number
  readonly id: number
  readonly seq: number
}

const placeWaiting = new Prepared<Placed, never>((executor, value) =>
  executor.updateTable('outbox').set({ seq: value.seq }).where('id', '=', value.id),
)
