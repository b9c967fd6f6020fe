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

/** Keeps a receipt, as `writeReceipt` wrote it, unless there is one already; null: it is kept, otherwise the one that stands. */
export async function keepReceipt(
  transaction: Executor,
  claim: Claim,
  connection: string,
  written: string,
  now: Instant,
): Promise<string | null> {
  const { tenant, delivery } = claim
  const { rows } = await insertReceipt.run(transaction, { delivery, connection, tenant, now, files: written })
  return rows.length > 0 ? null : await writtenReceipt(transaction, tenant, delivery, connection)
}

/** Writes the files of a receipt as they are kept. */
export function writeReceipt(files: readonly ReceiptFile[]): string {
  return JSON.stringify(files.map(({ path, role, bytes }) => ({ path, role, base64: base64Of(bytes) })))
}

/** Reads what `writeReceipt` wrote. */
export function readReceipt(written: string): readonly ReceiptFile[] {
  const files: { path: string; role: ReceiptFile['role']; base64: string }[] = JSON.parse(written)
  return files.map(({ path, role, base64 }) => ({ path, role, bytes: new Uint8Array(Buffer.from(base64, 'base64')) }))
}

/** Reads the files of a receipt; null when there is none. */
export async function receiptOf(
  executor: Executor,
  tenant: string,
  delivery: string,
  connection: string,
): Promise<readonly ReceiptFile[] | null> {
  const written = await writtenReceipt(executor, tenant, delivery, connection)
  return written === null ? null : readReceipt(written)
}

async function writtenReceipt(
  executor: Executor,
  tenant: string,
  delivery: string,
  connection: string,
): Promise<string | null> {
  const row = await executor
    .selectFrom('receipts')
    .select('files')
    .where('tenant', '=', tenant)
    .where('delivery_id', '=', delivery)
    .where('connection', '=', connection)
    .executeTakeFirst()
  return row?.files ?? null
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}
