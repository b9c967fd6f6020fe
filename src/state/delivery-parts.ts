/** The parts of an unfinished upload that the store took: what another attempt need not send again. */
import type { Claim, SentPart } from '../delivery/index.ts'
import type { Executor } from './schema.ts'

/** One item of a claimed delivery, at one target. */
interface ItemPlace {
  readonly claim: Claim
  readonly connection: string
  readonly item: number
}

/** Keeps a part, and forgives earlier crashes: there is progress. */
export async function keepPart(
  transaction: Executor,
  { claim, connection, item }: ItemPlace,
  { number, etag, sizeBytes }: SentPart,
): Promise<void> {
  await transaction
    .insertInto('delivery_parts')
    .values({ delivery_id: claim.delivery, connection, item, number, etag, size_bytes: sizeBytes })
    .onConflict((conflict) =>
      conflict.columns(['delivery_id', 'connection', 'item', 'number']).doUpdateSet({ etag, size_bytes: sizeBytes }),
    )
    .execute()
  await transaction.updateTable('deliveries').set({ crashes: 1 }).where('id', '=', claim.delivery).execute()
}

/** Reads the parts, in order. */
export async function partsOf(executor: Executor, { claim, connection, item }: ItemPlace): Promise<SentPart[]> {
  const rows = await executor
    .selectFrom('delivery_parts')
    .selectAll()
    .where('delivery_id', '=', claim.delivery)
    .where('connection', '=', connection)
    .where('item', '=', item)
    .orderBy('number')
    .execute()
  return rows.map(({ number, etag, size_bytes }) => ({ number, etag, sizeBytes: size_bytes }))
}

/** Forgets them, for a new upload. */
export async function deleteParts(transaction: Executor, { claim, connection, item }: ItemPlace): Promise<void> {
  await transaction
    .deleteFrom('delivery_parts')
    .where('delivery_id', '=', claim.delivery)
    .where('connection', '=', connection)
    .where('item', '=', item)
    .execute()
}
