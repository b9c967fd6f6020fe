/** Moments that a clock wrote which stood ahead and was set right since. */
import { sql } from 'kysely'
import type { Executor } from './schema.ts'
import type { Store } from './store.ts'

/** Nothing is put off to less than this before the moment at which it was accepted, by the same clock. */
const acceptanceMs = 60_000
/** Nothing is put off for so long, of however many that follow each other. */
const farthestMs = 30 * 24 * 60 * 60_000
const mendedAtATime = 1_000

/** Takes back what a clock that stood ahead put off. See `DeliveryRepository.mendTimes`. */
export async function mendTimes(transaction: Executor, store: Store, leaseMs: number): Promise<number> {
  const now = store.now()
  const ahead = await transaction
    .selectFrom('deliveries')
    .select(['id', 'accepted_at', 'available_at'])
    .where('available_at', '>', now)
    .where('accepted_at', '>', now)
    .limit(mendedAtATime)
    .execute()
  const far = await transaction
    .selectFrom('deliveries')
    .select('id')
    .where('available_at', '>', store.now(farthestMs))
    .limit(mendedAtATime)
    .execute()
  // What was put off since the clock was set right waits as long as it should.
  const late = ahead.filter((row) => millisecondsOf(row.available_at) > millisecondsOf(row.accepted_at) - acceptanceMs)
  const ids = [...new Set([...late, ...far].map(({ id }) => id))]
  if (ids.length > 0) {
    await transaction
      .updateTable('delivery_targets')
      .set({ available_at: now })
      .where('delivery_id', 'in', ids)
      .where('available_at', '>', now)
      .execute()
    await transaction.updateTable('deliveries').set({ available_at: now }).where('id', 'in', ids).execute()
  }
  const longest = store.now(leaseMs)
  await transaction
    .updateTable('deliveries')
    .set({ lease_until: longest })
    // So that the index of what is not over serves.
    .where('available_at', 'is not', null)
    .where('lease_until', '>', longest)
    .execute()
  return ids.length
}

function millisecondsOf(moment: string | null): number {
  return moment === null ? 0 : Date.parse(moment)
}

/** A clock that is set back by less than this costs nobody anything. */
const leastSetBackMs = 1_000

/**
 * Moves every moment of an embedded database for which something waits: what is left of each wait stays as it is. What was
 * due before the clock was set back was done then, or is still due.
 */
export async function setBack(transaction: Executor, store: Store, setBackMs: number): Promise<void> {
  // The clock of a shared database is not this machine's.
  if (store.isShared || setBackMs < leastSetBackMs) return
  const now = store.now()
  const earlier = (column: 'available_at' | 'probe_at') =>
    sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', ${sql.ref(column)}, ${`-${setBackMs / 1000} seconds`})`
  const put = { available_at: earlier('available_at') }
  await transaction.updateTable('deliveries').set(put).where('available_at', '>', now).execute()
  await transaction.updateTable('delivery_targets').set(put).where('available_at', '>', now).execute()
  await transaction
    .updateTable('target_circuits')
    .set({ probe_at: earlier('probe_at') })
    .where('probe_at', '>', now)
    .execute()
}
