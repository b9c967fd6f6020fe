/** What routes brought last and still owe: to which connection, since when it may go, and how many bytes wait for it. */
import { type Selectable, sql } from 'kysely'
import type { DeliveryRow, Executor } from './schema.ts'
import type { Instant } from './store.ts'

/** What is owed to a connection. Found by the index of what is not delivered: names and order must not lead through all deliveries. */
function owed(executor: Executor, tenant: string, connection: string) {
  return (
    executor
      .selectFrom('delivery_targets')
      .innerJoin('deliveries', 'deliveries.id', 'delivery_targets.delivery_id')
      .where(sql`deliveries.tenant || ''`, '=', tenant)
      .where('delivery_targets.connection', '=', connection)
      .where(sql<boolean>`delivery_targets.state <> 'delivered'`)
      .where('delivery_targets.state', 'in', ['waiting', 'refused', 'failed'])
      // A report that crashes its worker does so at a well target too: only a person lets it out.
      .where('deliveries.state', 'not in', ['quarantined', 'cancelled'])
  )
}

/** The deliveries that are owed to a connection, in the order of acceptance. */
export async function owedIds(executor: Executor, tenant: string, connection: string): Promise<string[]> {
  const rows = await owed(executor, tenant, connection)
    .select('deliveries.id')
    .orderBy(sql`deliveries.ordinal + 0`)
    .execute()
  return rows.map((row) => row.id)
}

/** How many deliveries are owed to a connection. */
export async function owedCount(executor: Executor, tenant: string, connection: string): Promise<number> {
  const { count } = await owed(executor, tenant, connection)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** The newest delivery that the routes to a connection have for it. Route by route: their indexes are in order, all deliveries are not gone through. */
export async function newestTo(
  executor: Executor,
  tenant: string,
  connection: string,
): Promise<Selectable<DeliveryRow> | null> {
  const routes = await executor
    .selectFrom('route_targets')
    .select('route')
    .where('tenant', '=', tenant)
    .where('connection', '=', connection)
    .execute()
  const newest: Selectable<DeliveryRow>[] = []
  for (const { route } of routes) {
    const row = await executor
      .selectFrom('deliveries')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('route', '=', route)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('delivery_targets')
            .select('connection')
            .whereRef('delivery_targets.delivery_id', '=', 'deliveries.id')
            .where('connection', '=', connection),
        ),
      )
      .orderBy('ordinal', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (row !== undefined) newest.push(row)
  }
  return newest.sort((one, other) => Number(other.ordinal) - Number(one.ordinal))[0] ?? null
}

/** The bytes of accepted reports of a route that no target has yet. */
export async function heldBytes(executor: Executor, tenant: string, route: string): Promise<number> {
  const { bytes } = await executor
    .selectFrom('uploads')
    .innerJoin('deliveries', 'deliveries.id', 'uploads.delivery_id')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>('uploads.size_bytes'), eb.lit(0)).as('bytes'))
    .where('deliveries.tenant', '=', tenant)
    .where('deliveries.route', '=', route)
    .where('deliveries.state', 'in', ['accepted', 'parked'])
    // Literally, so that the index of what holds room serves.
    .where((eb) => eb('deliveries.is_spooled', '=', eb.lit(1)))
    .executeTakeFirstOrThrow()
  return Number(bytes)
}

/** Makes one delivery due for one connection, of what sleeps: what is at work, or due already, is not put off. */
export async function dueAt(
  transaction: Executor,
  id: string,
  connection: string,
  at: Instant,
  now: Instant,
): Promise<void> {
  await transaction
    .updateTable('delivery_targets')
    .set({ available_at: at })
    .where('delivery_id', '=', id)
    .where('connection', '=', connection)
    .where((eb) => eb.or([eb('available_at', 'is', null), eb('available_at', '>', now)]))
    .execute()
  await transaction
    .updateTable('deliveries')
    .set((eb) => ({
      available_at: eb
        .selectFrom('delivery_targets')
        .select((target) => target.fn.min('available_at').as('due'))
        .where('delivery_id', '=', id),
      crashes: 0,
      nudges: eb('nudges', '+', 1),
    }))
    .where('id', '=', id)
    .where((eb) => eb.or([eb('available_at', 'is', null), eb('available_at', '>', now)]))
    .execute()
}
