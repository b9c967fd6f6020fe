/** What is due, and who takes it: a claim is a lease on the database's clock and a fence that only rises. */
import { type Selectable, sql } from 'kysely'
import type { Claimed, ClaimLimit, DeliveryRecord, Found } from '../delivery/index.ts'
import { suspectAfter } from '../delivery/index.ts'
import { recordsOf } from './delivery-rows.ts'
import type { DeliveryRow, Executor } from './schema.ts'
import type { Store } from './store.ts'
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
  const rows = await transaction
    .updateTable('deliveries')
    .set((eb) => ({
      worker,
      lease_until: store.now(leaseMs),
      fence: eb('fence', '+', 1),
      crashes: eb('crashes', '+', 1),
    }))
    .where('id', 'in', ids)
    .returningAll()
    .execute()
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

async function dueNow(
  executor: Executor,
  store: Store,
  limit: ClaimLimit,
): Promise<{ id: string; crashes: number; isSmall: boolean }[]> {
  const free = (most: number) =>
    executor
      .selectFrom('deliveries')
      .select(['id', 'crashes', 'is_small'])
      .where('available_at', '<=', store.now())
      .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', store.now())]))
      .limit(most)
      // Two workers that look at the same time must not wait for each other, nor take the same.
      .$if(store.isShared, (query) => query.forUpdate().skipLocked())
  const sized = async (isSmall: 0 | 1, most: number) =>
    most <= 0
      ? []
      : await free(most)
          .where('is_small', '=', isSmall)
          .where('crashes', '<', suspectAfter)
          .orderBy('available_at')
          .execute()
  const onlySize = limit.large <= 0 ? 1 : limit.small <= 0 ? 0 : null
  const suspects = await free(limit.suspects ?? 1)
    // Literally, so that the index of the few suspects serves; and the size so that the index of all that is due does not.
    .where((eb) => eb('crashes', '>=', eb.lit(suspectAfter)))
    .$if(onlySize !== null, (query) => query.where((eb) => eb(eb('is_small', '+', eb.lit(0)), '=', onlySize ?? 0)))
    .orderBy('crashes')
    .orderBy('available_at')
    .execute()
  const due = [...suspects, ...(await sized(1, limit.small)), ...(await sized(0, limit.large))]
  return due.map(({ id, crashes, is_small }) => ({ id, crashes, isSmall: is_small === 1 }))
}

/** When the next delivery of the sizes that there is room for becomes due or its lease ends; null: nothing is waiting. */
export async function nextDue(
  executor: Executor,
  { small, large }: Pick<ClaimLimit, 'small' | 'large'>,
): Promise<Date | null> {
  const sizes = [...(small > 0 ? [1] : []), ...(large > 0 ? [0] : [])]
  if (sizes.length === 0) return null
  const { due } = await executor
    .selectFrom('deliveries')
    .select(
      sql<string | null>`min(case when lease_until > available_at then lease_until else available_at end)`.as('due'),
    )
    .where('available_at', 'is not', null)
    .where('is_small', 'in', sizes)
    .executeTakeFirstOrThrow()
  return due === null ? null : new Date(due)
}
