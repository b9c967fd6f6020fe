/** What somebody asks of a delivery while others may work on it: another attempt, or its end. */
import type { NewEntry } from '../delivery/index.ts'
import { enqueue } from './log.ts'
import type { Executor } from './schema.ts'
import type { Instant, Store } from './store.ts'

/** Of whom something is asked, and when. */
interface Asked {
  readonly tenant: string
  readonly id: string
  readonly entries: readonly NewEntry[]
  readonly now: Instant
}

/** As `DeliveryRepository.makeDue`. */
export async function makeDue(
  transaction: Executor,
  store: Store,
  { tenant, id, entries, now }: Asked,
  connections: readonly string[],
): Promise<boolean> {
  const nudged = await transaction
    .updateTable('deliveries')
    .set((eb) => ({ available_at: now, crashes: 0, nudges: eb('nudges', '+', 1) }))
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()
  if (nudged.numUpdatedRows === 0n) return false
  await transaction
    .updateTable('delivery_targets')
    .set({ available_at: now })
    .where('delivery_id', '=', id)
    .where('connection', 'in', connections)
    .where((eb) => eb.or([eb('state', '<>', 'delivered'), eb('receipt', '=', 'due'), eb('sidecar', '=', 'due')]))
    .execute()
  await enqueue(transaction, tenant, entries, now)
  await store.announce(transaction)
  return true
}

/** As `DeliveryRepository.cancel`. */
export async function cancelDelivery(
  transaction: Executor,
  store: Store,
  { tenant, id, entries, now }: Asked,
): Promise<boolean> {
  const cancelled = await transaction
    .updateTable('deliveries')
    .set((eb) => ({
      cancelled_at: now,
      state: 'cancelled',
      available_at: now,
      crashes: 0,
      nudges: eb('nudges', '+', 1),
    }))
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('cancelled_at', 'is', null)
    .executeTakeFirst()
  if (cancelled.numUpdatedRows === 0n) return false
  await enqueue(transaction, tenant, entries, now)
  await store.announce(transaction)
  return true
}
