/**
 * The rows of the evidence log's tree: reading how far it goes, and adding entries to it. Where one process alone writes, the
 * end of each log is remembered, and an entry gets its place in the very transaction that it comes with.
 */
import { DrawbridgeError } from '../base/index.ts'
import { type IntegratedEntry, LogTip } from '../evidence/index.ts'
import { Listed } from './listed.ts'
import { isAlone, Prepared } from './prepared.ts'
import type { Executor, Tables } from './schema.ts'

/** More logs than this are not remembered at a time. */
const mostTips = 256

/** The end of a log as it is remembered. */
interface Known {
  readonly tip: LogTip
  /** The transaction that compared it with the database last. Until that ends, nobody else adds to the log. */
  comparedIn: Executor
}

/** Of each database the ends of its logs, by tenant. What is remembered of a transaction that was taken back is noticed. */
const tips = new WeakMap<object, Map<string, Known>>()

/**
 * The end of a tenant's log, where this transaction may add to it: null where other processes write too, and while entries
 * wait for a place, which go first.
 */
export async function tipIn(transaction: Executor, tenant: string): Promise<LogTip | null> {
  if (!isAlone(transaction)) return null
  const known = tipsOf(transaction)
  const found = known.get(tenant)
  if (found?.comparedIn === transaction) return found.tip
  if (found !== undefined && (await isTip(transaction, tenant, found.tip))) {
    found.comparedIn = transaction
    return found.tip
  }
  if (known.size >= mostTips) known.clear()
  known.delete(tenant)
  const read = await readTip(transaction, tenant)
  if (read !== null) known.set(tenant, { tip: read, comparedIn: transaction })
  return read
}

function tipsOf(executor: Executor): Map<string, Known> {
  const { adapter } = executor.getExecutor()
  const known = tips.get(adapter) ?? new Map<string, Known>()
  tips.set(adapter, known)
  return known
}

interface OfTenant {
  readonly [column: string]: string
  readonly tenant: string
}

const lastNode = new Prepared<OfTenant, { position: number; hash: Uint8Array }>((executor, value) =>
  executor
    .selectFrom('log_hashes')
    .select(['position', 'hash'])
    .where('tenant', '=', value.tenant)
    .orderBy('position', 'desc')
    .limit(1),
)

/**
 * INVARIANT: the log ends with the hash that is remembered. A transaction that was taken back, or another connection, may have
 * changed that before this transaction began.
 */
async function isTip(transaction: Executor, tenant: string, { lastStored }: LogTip): Promise<boolean> {
  const [last] = (await lastNode.run(transaction, { tenant })).rows
  if (last === undefined || lastStored === null) return last === undefined && lastStored === null
  return last.position === lastStored.index && Buffer.compare(last.hash, lastStored.hash) === 0
}

const oneWaiting = new Prepared<OfTenant, { id: number }>((executor, value) =>
  executor.selectFrom('outbox').select('id').where('tenant', '=', value.tenant).where('seq', 'is', null).limit(1),
)

async function readTip(transaction: Executor, tenant: string): Promise<LogTip | null> {
  if ((await oneWaiting.run(transaction, { tenant })).rows.length > 0) return null
  const size = await sizeOf(transaction, tenant)
  try {
    return await LogTip.read(tenant, size, (indexes) => readHashes(transaction, tenant, indexes))
  } catch (error) {
    // A log that is damaged holds up no report: its entries wait.
    if (error instanceof DrawbridgeError && error.operation === 'evidence.readHashes') return null
    throw error
  }
}

const hashesAt = new Listed<number, { position: number; hash: Uint8Array }>((executor, keys, tenant) =>
  executor
    .selectFrom('log_hashes')
    .select(['position', 'hash'])
    .where('tenant', '=', tenant)
    .where('position', 'in', keys),
)

/** Reads hashes of the tree by their place in it; what is not there is left out. */
export async function readHashes(
  executor: Executor,
  tenant: string,
  indexes: readonly number[],
): Promise<Uint8Array[]> {
  const rows = await hashesAt.rows(executor, indexes, tenant)
  const known = new Map(rows.map((row) => [row.position, row.hash]))
  return indexes.flatMap((index) => known.get(index) ?? [])
}

const lastPlace = new Prepared<OfTenant, { last: number | null }>((executor, value) =>
  executor
    .selectFrom('log_entries')
    .select((eb) => eb.fn.max('seq').as('last'))
    .where('tenant', '=', value.tenant),
)

/** How many entries a log has. */
export async function sizeOf(executor: Executor, tenant: string): Promise<number> {
  const [row] = (await lastPlace.run(executor, { tenant })).rows
  // PostgreSQL counts in text.
  return row === undefined || row.last === null ? 0 : Number(row.last) + 1
}

type Leaf = Tables['log_entries'] & { readonly [column: string]: string | number }
type Node = Tables['log_hashes'] & { readonly [column: string]: string | number | Uint8Array }

const insertLeaf = new Prepared<Leaf, never>((executor, value) => executor.insertInto('log_entries').values(value))
const insertNode = new Prepared<Node, never>((executor, value) => executor.insertInto('log_hashes').values(value))

/**
 * Adds placed entries. Where a statement is a way over the network (`isFar`), many rows go with one; where it is a call,
 * none is built for the occasion.
 */
export async function addToTree(
  transaction: Executor,
  tenant: string,
  entries: readonly IntegratedEntry[],
  isFar: boolean,
): Promise<void> {
  const leaves: Leaf[] = entries.map(({ outboxId, seq, json }) => ({ tenant, seq, outbox_id: outboxId, json }))
  const nodes: Node[] = entries.flatMap(({ hashes }) =>
    hashes.map(({ index, hash }) => ({ tenant, position: index, hash })),
  )
  if (isFar) {
    for (const rows of slices(leaves)) await transaction.insertInto('log_entries').values(rows).execute()
    for (const rows of slices(nodes)) await transaction.insertInto('log_hashes').values(rows).execute()
    return
  }
  try {
    for (const leaf of leaves) await insertLeaf.run(transaction, leaf)
    for (const node of nodes) await insertNode.run(transaction, node)
  } catch (error) {
    // The transaction may go on without them: what is remembered would be ahead of it.
    tipsOf(transaction).delete(tenant)
    throw error
  }
  const { tip } = tipsOf(transaction).get(tenant) ?? {}
  // Others than the tip gave these their places.
  if (tip !== undefined && tip.size !== (entries.at(-1)?.seq ?? -1) + 1) tipsOf(transaction).delete(tenant)
}

/** Rows for one statement each: few enough for its variables. */
function* slices<T>(rows: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rows.length; at += 256) yield rows.slice(at, at + 256)
}
