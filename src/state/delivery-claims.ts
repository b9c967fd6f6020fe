/** What is due, and who takes it: a claim is a lease on the database's clock and a fence that only rises. */
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Claimed, ClaimLimit, DeliveryRecord, Found } from '../delivery/index.ts'
import { suspectAfter } from '../delivery/index.ts'
import { recordsOf } from './delivery-rows.ts'
import { isEmbedded, Prepared } from './prepared.ts'
import type { DeliveryRow, Executor } from './schema.ts'
import type { Instant, Store } from './store.ts'
import { smallReports } from './uploads.ts'

/** Who asks for claims, for how many and for how long. */
interface Wanted {
  readonly worker: string
  readonly limit: ClaimLimit
  readonly leaseMs: number
}

/** Claims what is due within the limits, and counts a crash of each before the work. */
export async function claimDue(
  transaction: Executor,
  store: Store,
  { worker, limit, leaseMs }: Wanted,
): Promise<Claimed[]> {
  const due = await dueNow(transaction, store, limit)
  if (due.length === 0) return []
  const ids = due.map(({ id }) => id)
  const until = store.now(leaseMs)
  const rows = isEmbedded(transaction)
    ? (await takeAll.run(transaction, { worker, until, ids: JSON.stringify(ids) })).rows
    : await taking(transaction, { worker, until }, sql`(${sql.join(ids)})`).execute()
  // What can not be read holds nothing else up: whoever works on it asks once more, and fails alone.
  const found = store.isShared ? new Map<string, Found>() : await foundOf(transaction, rows).catch(() => new Map())
  const claimed = new Map(rows.map((row) => [row.id, row]))
  return due.flatMap(({ id, crashes, isSmall }) => {
    const row = claimed.get(id)
    if (row === undefined) return []
    const { tenant, fence, nudges } = row
    const known = found.get(id)
    return [{ tenant, delivery: id, fence, crashes, nudges, isSmall, ...(known === undefined ? {} : { found: known }) }]
  })
}

interface Taking {
  readonly [name: string]: Instant
  readonly worker: string
  readonly until: Instant
}

/** Takes these deliveries for a worker. */
function taking(executor: Executor, { worker, until }: Pick<Taking, 'worker' | 'until'>, ids: RawBuilder<string>) {
  return executor
    .updateTable('deliveries')
    .set((eb) => ({ worker, lease_until: until, fence: eb('fence', '+', 1), crashes: eb('crashes', '+', 1) }))
    .where('id', 'in', ids)
    .returningAll()
}

/** The same statement however many they are, of a list in JSON. */
const takeAll = new Prepared<Taking & { readonly ids: string }, Selectable<DeliveryRow>>((executor, { ids, ...by }) =>
  taking(executor, by, sql`(select value from json_each(${ids}))`),
)

/** What the worker of each asks for first. A shared database shows it to each tenant alone, and not to whoever claims. */
async function foundOf(executor: Executor, rows: readonly Selectable<DeliveryRow>[]): Promise<Map<string, Found>> {
  const records = await recordsOf(executor, rows)
  const uploads = records.flatMap((record) => uploadOf(record) ?? [])
  const bytes = await smallReports(executor, uploads)
  const reports = new Map(uploads.map((upload, at) => [upload, bytes[at] ?? null]))
  return new Map(records.map((record) => [record.id, { record, report: reports.get(uploadOf(record) ?? '') ?? null }]))
}

/** The one file of a delivery, if its bytes are in the database. */
function uploadOf({ files }: DeliveryRecord): string | null {
  const [file, ...others] = files
  return file?.isSmall === true && others.length === 0 ? file.upload : null
}

interface Free {
  readonly [name: string]: Instant | number
  readonly now: Instant
  readonly most: number
  readonly size: number
}

interface Due {
  readonly id: string
  readonly crashes: number
  readonly is_small: number
}

/** What is due and nobody holds. */
function free(executor: Executor, { now, most }: Free) {
  return (
    executor
      .selectFrom('deliveries')
      .select(['id', 'crashes', 'is_small'])
      .where('available_at', '<=', now)
      .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
      .limit(most)
      // Two workers that look at the same time must not wait for each other, nor take the same.
      .$if(!isEmbedded(executor), (query) => query.forUpdate().skipLocked())
  )
}

const ofSize = new Prepared<Free, Due>((executor, value) =>
  free(executor, value).where('is_small', '=', value.size).where('crashes', '<', suspectAfter).orderBy('available_at'),
)

/** Literally, so that the index of the few suspects serves. */
const suspectsOfAny = new Prepared<Free, Due>((executor, value) =>
  free(executor, value)
    .where((eb) => eb('crashes', '>=', eb.lit(suspectAfter)))
    .orderBy('crashes')
    .orderBy('available_at'),
)

/** The size so that the index of all that is due does not serve. */
const suspectsOfSize = new Prepared<Free, Due>((executor, value) =>
  free(executor, value)
    .where((eb) => eb('crashes', '>=', eb.lit(suspectAfter)))
    .where((eb) => eb(eb('is_small', '+', eb.lit(0)), '=', value.size))
    .orderBy('crashes')
    .orderBy('available_at'),
)

async function dueNow(
  executor: Executor,
  store: Store,
  limit: ClaimLimit,
): Promise<{ id: string; crashes: number; isSmall: boolean }[]> {
  const now = store.now()
  const take = async (query: Prepared<Free, Due>, size: number, most: number) =>
    most <= 0 ? [] : (await query.run(executor, { now, most, size })).rows
  const hasBoth = limit.large > 0 && limit.small > 0
  const most = limit.suspects ?? 1
  const suspects = await take(hasBoth ? suspectsOfAny : suspectsOfSize, limit.large <= 0 ? 1 : 0, most)
  const due = [...suspects, ...(await take(ofSize, 1, limit.small)), ...(await take(ofSize, 0, limit.large))]
  return due.map(({ id, crashes, is_small }) => ({ id, crashes, isSmall: is_small === 1 }))
}

interface Sizes {
  readonly [name: string]: number | Instant
  readonly one: number
  readonly other: number
  readonly now: Instant
}

/** Of what is due and held, the end of a lease; of what is not due, the first of each size: all that waits is never gone through. */
const earliest = new Prepared<Sizes, { readonly due: string | null }>((executor, { one, other, now }) => {
  const open = executor.selectFrom('deliveries')
  const held = open
    .select(
      sql<string | null>`min(case when lease_until > available_at then lease_until else available_at end)`.as('due'),
    )
    .where('is_small', 'in', [one, other])
    .where('available_at', '<=', now)
  const first = (size: number) =>
    open
      .select((eb) => eb.fn.min('available_at').as('due'))
      .where('is_small', '=', size)
      .where('available_at', '>', now)
  return executor
    .selectFrom(held.unionAll(first(one)).unionAll(first(other)).as('each'))
    .select((eb) => eb.fn.min('each.due').as('due'))
})

/** When the next delivery of the sizes that there is room for becomes due or its lease ends; null: nothing is waiting. */
export async function nextDue(
  executor: Executor,
  now: Instant,
  { small, large }: Pick<ClaimLimit, 'small' | 'large'>,
): Promise<Date | null> {
  const sizes = [...(small > 0 ? [1] : []), ...(large > 0 ? [0] : [])]
  if (sizes.length === 0) return null
  const [one = 0, other = one] = sizes
  const { rows } = await earliest.run(executor, { one, other, now })
  const due = rows[0]?.due ?? null
  return due === null ? null : new Date(due)
}
