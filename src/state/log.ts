/** The evidence log's rows: the outbox, the entries with their places, the tree's hashes and the signed checkpoints. */
import type { Kysely } from 'kysely'
import type { NewEntry } from '../delivery/index.ts'
import type { IntegratedEntry, LogStore, PendingEntry } from '../evidence/index.ts'
import { coalesced } from './coalesced.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Executor, Tables } from './schema.ts'

/** Keeps the evidence log in the database. */
export class SqlLog implements LogStore {
  readonly #database: Kysely<Tables>
  readonly #commits: GroupCommit
  readonly #now: () => string

  constructor(database: Kysely<Tables>, commits: GroupCommit, now: () => string) {
    this.#database = database
    this.#commits = commits
    this.#now = now
  }

  async pending(tenant: string, limit: number): Promise<PendingEntry[]> {
    const rows = await this.#database
      .selectFrom('outbox')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('seq', 'is', null)
      .orderBy('id')
      .limit(limit)
      .execute()
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
    return await sizeOf(this.#database, tenant)
  }

  async readHashes(tenant: string, indexes: readonly number[]): Promise<Uint8Array[]> {
    if (indexes.length === 0) return []
    const rows = await this.#database
      .selectFrom('log_hashes')
      .select(['position', 'hash'])
      .where('tenant', '=', tenant)
      .where('position', 'in', indexes)
      .execute()
    const known = new Map(rows.map((row) => [row.position, row.hash]))
    return indexes.flatMap((index) => known.get(index) ?? [])
  }

  async integrate(tenant: string, expectedSize: number, entries: readonly IntegratedEntry[]): Promise<boolean> {
    if (entries.length === 0) return true
    return await this.#commits.run(async (transaction) => {
      if ((await sizeOf(transaction, tenant)) !== expectedSize) return false
      for (const { outboxId, seq } of entries) {
        await transaction.updateTable('outbox').set({ seq }).where('id', '=', outboxId).execute()
      }
      const leaves = entries.map(({ outboxId, seq, json }) => ({ tenant, seq, outbox_id: outboxId, json }))
      const nodes = entries.flatMap(({ hashes }) =>
        hashes.map(({ index, hash }) => ({ tenant, position: index, hash })),
      )
      for (const rows of slices(leaves)) await transaction.insertInto('log_entries').values(rows).execute()
      for (const rows of slices(nodes)) await transaction.insertInto('log_hashes').values(rows).execute()
      return true
    })
  }

  async placeOf(tenant: string, outboxId: number): Promise<number | null> {
    return await this.#placeOf({ tenant, outboxId })
  }

  readonly #placeOf = coalesced(async (asked: readonly { readonly tenant: string; readonly outboxId: number }[]) => {
    const ids = asked.map(({ outboxId }) => outboxId)
    const rows = await this.#database
      .selectFrom('outbox')
      .select(['id', 'tenant', 'seq'])
      .where('id', 'in', ids)
      .execute()
    const known = new Map(rows.map((row) => [row.id, row]))
    return asked.map(({ tenant, outboxId }) => {
      const row = known.get(outboxId)
      return row?.tenant === tenant ? row.seq : null
    })
  })

  async entries(tenant: string, start: number, end: number): Promise<string[]> {
    if (end === start + 1) {
      const json = await this.#entry({ tenant, seq: start })
      return json === null ? [] : [json]
    }
    const rows = await this.#database
      .selectFrom('log_entries')
      .select('json')
      .where('tenant', '=', tenant)
      .where('seq', '>=', start)
      .where('seq', '<', end)
      .orderBy('seq')
      .execute()
    return rows.map((row) => row.json)
  }

  readonly #entry = coalesced(async (asked: readonly { readonly tenant: string; readonly seq: number }[]) => {
    const known = new Map<string, string>()
    for (const tenant of new Set(asked.map((one) => one.tenant))) {
      const seqs = asked.filter((one) => one.tenant === tenant).map(({ seq }) => seq)
      const rows = await this.#database
        .selectFrom('log_entries')
        .select(['seq', 'json'])
        .where('tenant', '=', tenant)
        .where('seq', 'in', seqs)
        .execute()
      for (const { seq, json } of rows) known.set(`${seq} ${tenant}`, json)
    }
    return asked.map(({ tenant, seq }) => known.get(`${seq} ${tenant}`) ?? null)
  })

  async lastCheckpoint(tenant: string): Promise<string | null> {
    const row = await this.#database
      .selectFrom('checkpoints')
      .select('note')
      .where('tenant', '=', tenant)
      .orderBy('size', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.note ?? null
  }

  async saveCheckpoint(tenant: string, size: number, note: string): Promise<void> {
    // The same size again is the same tree under a newer key.
    await this.#commits.run(async (transaction) => {
      await transaction
        .insertInto('checkpoints')
        .values({ tenant, size, saved_at: this.#now(), note })
        .onConflict((conflict) => conflict.columns(['tenant', 'size']).doUpdateSet({ note, saved_at: this.#now() }))
        .execute()
    })
  }
}

/** Puts entries into the outbox, inside the caller's transaction; returns their outbox ids. */
export async function enqueue(
  executor: Executor,
  tenant: string,
  entries: readonly NewEntry[],
  time: string,
): Promise<number[]> {
  const ids: number[] = []
  for (const { actor, action, subject, fields } of entries) {
    const { id } = await executor
      .insertInto('outbox')
      .values({ tenant, time, actor, action, subject, fields: JSON.stringify(fields), seq: null })
      .returning('id')
      .executeTakeFirstOrThrow()
    ids.push(id)
  }
  return ids
}

/** Rows for one statement each: few enough for its variables. */
function* slices<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += 256) yield rows.slice(at, at + 256)
}

async function sizeOf(executor: Executor, tenant: string): Promise<number> {
  const { count } = await executor
    .selectFrom('log_entries')
    .select((eb) => eb.fn.max('seq').as('count'))
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow()
  return count === null ? 0 : Number(count) + 1
}
