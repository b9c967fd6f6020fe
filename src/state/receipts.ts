/** The rows of receipts: their files, as they were made. The first one that is saved stands. */
import type { Claim } from '../delivery/index.ts'
import type { ReceiptFile } from '../evidence/index.ts'
import { Prepared } from './prepared.ts'
import type { Executor } from './schema.ts'
import type { Instant } from './store.ts'

interface NewReceipt {
  readonly [column: string]: string | Instant
  readonly delivery: string
  readonly connection: string
  readonly tenant: string
  readonly now: Instant
  readonly files: string
}

const insertReceipt = new Prepared<NewReceipt, { delivery_id: string }>((executor, value) =>
  executor
    .insertInto('receipts')
    .values({
      delivery_id: value.delivery,
      connection: value.connection,
      tenant: value.tenant,
      made_at: value.now,
      files: value.files,
    })
    .onConflict((conflict) => conflict.columns(['delivery_id', 'connection']).doNothing())
    .returning('delivery_id'),
)

/** Keeps the files of a receipt unless there are some already; returns those that stand. */
export async function keepReceipt(
  transaction: Executor,
  claim: Claim,
  connection: string,
  files: readonly ReceiptFile[],
  now: Instant,
): Promise<readonly ReceiptFile[]> {
  const { tenant, delivery } = claim
  const text = JSON.stringify(files.map(({ path, role, bytes }) => ({ path, role, base64: base64Of(bytes) })))
  const { rows } = await insertReceipt.run(transaction, { delivery, connection, tenant, now, files: text })
  if (rows.length > 0) return files
  return (await receiptOf(transaction, tenant, delivery, connection)) ?? files
}

/** Reads the files of a receipt; null when there is none. */
export async function receiptOf(
  executor: Executor,
  tenant: string,
  delivery: string,
  connection: string,
): Promise<readonly ReceiptFile[] | null> {
  const row = await executor
    .selectFrom('receipts')
    .select('files')
    .where('tenant', '=', tenant)
    .where('delivery_id', '=', delivery)
    .where('connection', '=', connection)
    .executeTakeFirst()
  if (row === undefined) return null
  const files: { path: string; role: ReceiptFile['role']; base64: string }[] = JSON.parse(row.files)
  return files.map(({ path, role, base64 }) => ({ path, role, bytes: new Uint8Array(Buffer.from(base64, 'base64')) }))
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}
