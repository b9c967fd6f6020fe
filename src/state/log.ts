/** The evidence log's rows: the outbox, the entries with their places, the tree's hashes and the signed checkpoints. */
import type { NewEntry } from '../delivery/index.ts'
import type { IntegratedEntry, LogStore, PendingEntry } from '../evidence/index.ts'
import { coalescedByTenant } from './coalesced.ts'
import { type GroupCommit, lastLock, locking } from './group-commit.ts'
import { Prepared } from './prepared.ts'
import type { Executor, Tables } from './schema.ts'
import type { Instant, Store } from './store.ts'

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
    if (indexes.length === 0) return []
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('log_hashes')
        .select(['position', 'hash'])
        .where('tenant', '=', tenant)
        .where('position', 'in', indexes)
        .execute(),
    )
    const known = new Map(rows.map((row) => [row.position, row.hash]))
    return indexes.flatMap((index) => known.get(index) ?? [])
  }

  async integrate(tenant: string, expectedSize: number, entries: readonly IntegratedEntry[]): Promise<boolean> {
    if (entries.length === 0) return true
    return await this.#commits.run(locking(tenant, lastLock), async (transaction) => {
      // INVARIANT: one writer of a tenant's log at a time; its size is read only then.
      await this.#store.serialize(transaction, `log of ${tenant}`)
      if ((await sizeOf(transaction, tenant)) !== expectedSize) return false
      for (const { outboxId, seq } of entries) await placeWaiting.run(transaction, { id: outboxId, seq })
      const leaves = entries.map(({ outboxId, seq, json }) => ({ tenant, seq, outbox_id: outboxId, json }))
      const nodes = entries.flatMap(({ hashes }) =>
        hashes.map(({ index, hash }) => ({ tenant, position: index, hash })),
      )
      await insertAll(transaction, this.#store.isShared, leaves, nodes)
      return true
    })
  }

  async placeOf(tenant: string, outboxId: number): Promise<number | null> {
    return await this.#placeOf(tenant, outboxId)
  }

  readonly #placeOf = coalescedByTenant(async (tenant, ids: readonly number[]) => {
    const rows = await this.#store.read(tenant, (executor) =>
      executor.selectFrom('outbox').select(['id', 'seq']).where('tenant', '=', tenant).where('id', 'in', ids).execute(),
    )
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
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('log_entries')
        .select(['seq', 'json'])
        .where('tenant', '=', tenant)
        .where('seq', 'in', seqs)
        .execute(),
    )
    const known = new Map(rows.map((row) => [row.seq, row.json]))
    return seqs.map((seq) => known.get(seq) ?? null)
  })

  async lastCheckpoint(tenant: string): Promise<string | null> {
    const row = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('checkpoints')
        .select('note')
        .where('tenant', '=', tenant)
        .orderBy('size', 'desc')
        .limit(1)
        .executeTakeFirst(),
    )
    return row?.note ?? null
  }

  async saveCheckpoint(tenant: string, size: number, note: string): Promise<void> {
    // The same size again is the same tree under a newer key.
    await this.#commits.run(locking(tenant, lastLock), async (transaction) => {
      await transaction
        .insertInto('checkpoints')
        .values({ tenant, size, saved_at: this.#store.now(), note })
        .onConflict((conflict) =>
          conflict.columns(['tenant', 'size']).doUpdateSet({ note, saved_at: this.#store.now() }),
        )
        .execute()
    })
  }
}

interface Waiting {
  readonly [column: string]: string | Instant
  readonly tenant: string
  readonly time: Instant
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly fields: string
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
      seq: null,
    })
    .returning('id'),
)

/** Puts entries into the outbox, inside the caller's transaction; returns their outbox ids. */
export async function enqueue(
  executor: Executor,
  tenant: string,
  entries: readonly NewEntry[],
  time: Instant,
): Promise<number[]> {
  const ids: number[] = []
  for (const { actor, action, subject, fields } of entries) {
    const values = { tenant, time, actor, action, subject, fields: JSON.stringify(fields) }
    const [row] = (await insertWaiting.run(executor, values)).rows
    if (row === undefined) throw new TypeError('a row that was inserted has an id')
    ids.push(row.id)
  }
  return ids
}

interface Placed {
  readonly [column: string]: number
  readonly id: number
  readonly seq: number
}

const placeWaiting = new Prepared<Placed, never>((executor, value) =>
  executor.updateTable('outbox').set({ seq: value.seq }).where('id', '=', value.id),
)

type Leaf = Tables['log_entries'] & { readonly [column: string]: string | number }
type Node = Tables['log_hashes'] & { readonly [column: string]: string | number | Uint8Array }

const insertLeaf = new Prepared<Leaf, never>((executor, value) => executor.insertInto('log_entries').values(value))
const insertNode = new Prepared<Node, never>((executor, value) => executor.insertInto('log_hashes').values(value))

/** Where a statement is a way over the network, many rows go with one; where it is a call, none is built for the occasion. */
async function insertAll(
  transaction: Executor,
  isFar: boolean,
  leaves: readonly Leaf[],
  nodes: readonly Node[],
): Promise<void> {
  if (isFar) {
    for (const rows of slices(leaves)) await transaction.insertInto('log_entries').values(rows).execute()
    for (const rows of slices(nodes)) await transaction.insertInto('log_hashes').values(rows).execute()
    return
  }
  for (const leaf of leaves) await insertLeaf.run(transaction, leaf)
  for (const node of nodes) await insertNode.run(transaction, node)
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
