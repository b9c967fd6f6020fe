/**
 * The ends of claims. A shared database is told of each by itself; the embedded one of all that end at the same time in as
 * few statements as of one, because most of what a small statement costs is its calling.
 */
import { type RawBuilder, sql } from 'kysely'
import type { Claim, CopiedReceipt, NewEntry, ReleaseEnd } from '../delivery/index.ts'
import { giveDeliveryBack } from './delivery-writes.ts'
import { enqueue } from './log.ts'
import { Prepared } from './prepared.ts'
import type { Executor } from './schema.ts'
import type { Instant } from './store.ts'
import { markUnspooled } from './uploads.ts'

/** One claim that is given back. */
export interface ClaimEnd {
  readonly claim: Claim
  readonly end: ReleaseEnd
  readonly entries: readonly NewEntry[]
  readonly copied: readonly CopiedReceipt[]
}

/** Gives one claim back. @throws LeaseLost */
export async function endClaim(transaction: Executor, ended: ClaimEnd, now: Instant): Promise<void> {
  const { claim, end, entries, copied } = ended
  // First, because it asks for the fence.
  await giveDeliveryBack(transaction, claim, end, now)
  for (const { connection, sidecarAttempts } of copied) {
    await markCopied.run(transaction, { delivery: claim.delivery, connection, attempts: sidecarAttempts })
  }
  if (end.isUnspooled === true) await markUnspooled(transaction, claim.delivery)
  await enqueue(transaction, claim.tenant, entries, now)
}

interface Copied {
  readonly [column: string]: string | number
  readonly delivery: string
  readonly connection: string
  readonly attempts: number
}

const markCopied = new Prepared<Copied, never>((executor, value) =>
  executor
    .updateTable('delivery_targets')
    .set({ sidecar: 'written', available_at: null, sidecar_attempts: value.attempts })
    .where('delivery_id', '=', value.delivery)
    .where('connection', '=', value.connection),
)

interface Told {
  readonly [column: string]: string | Instant
  /** Rows of JSON, each a list. */
  readonly rows: string
  readonly now: Instant
}

/** A member of the row of JSON that is under way. */
function told<T>(place: number): RawBuilder<T> {
  return sql<T>`given.value ->> ${sql.lit(place)}`
}

const giveAllBack = new Prepared<Told, { id: string; tenant: string; fence: number }>((executor, { rows, now }) =>
  executor
    .updateTable('deliveries')
    .from(sql`json_each(${rows})`.as('given'))
    .set({
      state: told<string>(4),
      // Somebody asked for another attempt in the meantime: at once.
      available_at: sql<string | null>`case when nudges = ${told(3)} then ${told(5)} else ${now} end`,
      is_spooled: sql<number>`case when ${told(6)} then 0 else is_spooled end`,
      crashes: sql<number>`case when ${told(7)} then crashes else 0 end`,
      lease_until: null,
      worker: null,
    })
    .where('deliveries.id', '=', told<string>(0))
    .where('deliveries.tenant', '=', told<string>(1))
    .where('deliveries.fence', '=', told<number>(2))
    .returning(['deliveries.id', 'deliveries.tenant', 'deliveries.fence']),
)

const markAllCopied = new Prepared<{ readonly rows: string }, never>((executor, { rows }) =>
  executor
    .updateTable('delivery_targets')
    .from(sql`json_each(${rows})`.as('given'))
    .set({ sidecar: 'written', available_at: null, sidecar_attempts: told<number>(2) })
    .where('delivery_targets.delivery_id', '=', told<string>(0))
    .where('delivery_targets.connection', '=', told<string>(1)),
)

const ofDeliveries = (rows: string): RawBuilder<string> => sql<string>`(select value from json_each(${rows}))`

const markAllGone = new Prepared<{ readonly rows: string }, never>((executor, { rows }) =>
  executor.updateTable('uploads').set({ is_spooled: 0 }).where('delivery_id', 'in', ofDeliveries(rows)),
)

const dropAllBytes = new Prepared<{ readonly rows: string }, never>((executor, { rows }) =>
  executor
    .deleteFrom('small_reports')
    .where('upload', 'in', (inner) =>
      inner.selectFrom('uploads').select('id').where('delivery_id', 'in', ofDeliveries(rows)).where('is_small', '=', 1),
    ),
)

/** Gives claims of an embedded database back, and answers of each whether it was held. */
export async function endClaims(transaction: Executor, ends: readonly ClaimEnd[], now: Instant): Promise<boolean[]> {
  const rows = ends.map(({ claim: { delivery, tenant, fence, nudges }, end }) => {
    const { state, availableAt, isUnspooled = false, isCrash = false } = end
    return [delivery, tenant, fence, nudges, state, availableAt, isUnspooled, isCrash]
  })
  const given = await giveAllBack.run(transaction, { rows: JSON.stringify(rows), now })
  const held = new Map(given.rows.map((row) => [row.id, row]))
  const isHeld = ({ claim: { delivery, tenant, fence } }: ClaimEnd): boolean => {
    const row = held.get(delivery)
    return row?.tenant === tenant && row.fence === fence
  }
  const passed = ends.filter(isHeld)
  const copied = passed.flatMap(({ claim, copied: of }) =>
    of.map(({ connection, sidecarAttempts }) => [claim.delivery, connection, sidecarAttempts]),
  )
  const unspooled = passed.flatMap(({ claim, end }) => (end.isUnspooled === true ? [claim.delivery] : []))
  if (copied.length > 0) await markAllCopied.run(transaction, { rows: JSON.stringify(copied) })
  if (unspooled.length > 0) {
    const gone = { rows: JSON.stringify(unspooled) }
    await markAllGone.run(transaction, gone)
    await dropAllBytes.run(transaction, gone)
  }
  for (const { claim, entries } of passed) await enqueue(transaction, claim.tenant, entries, now)
  return ends.map(isHeld)
}
