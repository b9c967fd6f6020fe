/**
 * The rows of receipts: their files, as they were made. The first one that is saved stands. That of a report of one file
 * is packed, without what is the same in all of them; the texts of their instructions stand in a table of their own.
 */
import type { Claim } from '../delivery/index.ts'
import {
  instructionsHash,
  instructionsOf,
  packReceipt,
  type ReceiptFile,
  unpackReceipt,
  verifyInstructions,
} from '../evidence/index.ts'
import { Prepared } from './prepared.ts'
import type { Executor } from './schema.ts'
import { everyTenant, type Instant, type Store } from './store.ts'

interface NewReceipt {
  readonly [column: string]: string | Uint8Array | null | Instant
  readonly delivery: string
  readonly connection: string
  readonly tenant: string
  readonly now: Instant
  readonly files: string
  readonly packed: Uint8Array | null
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
      packed: value.packed,
    })
    .onConflict((conflict) => conflict.columns(['delivery_id', 'connection']).doNothing())
    .returning('delivery_id'),
)

/** Keeps a receipt, as `writeReceipt` wrote it, unless there is one already; null: it is kept, otherwise the one that stands. */
export async function keepReceipt(
  transaction: Executor,
  claim: Pick<Claim, 'tenant' | 'delivery'>,
  connection: string,
  written: Uint8Array,
  now: Instant,
): Promise<readonly ReceiptFile[] | null> {
  const { tenant, delivery } = claim
  const isJson = written[0] === jsonStart
  const files = isJson ? viewOf(written).toString('utf8') : ''
  const packed = isJson ? null : written
  const { rows } = await insertReceipt.run(transaction, { delivery, connection, tenant, now, files, packed })
  return rows.length > 0 ? null : await receiptOf(transaction, tenant, delivery, connection)
}

/** The first byte of a list in JSON; no packed receipt begins with it. */
const jsonStart = 0x5b

/** Writes the files of a receipt as they are kept: packed, or as JSON in UTF-8 where that can not be. */
export function writeReceipt(files: readonly ReceiptFile[]): Uint8Array {
  return packReceipt(files) ?? new Uint8Array(Buffer.from(filesJson(files)))
}

/** Reads what `writeReceipt` wrote. */
export function readWritten(written: Uint8Array): readonly ReceiptFile[] {
  return written[0] === jsonStart
    ? filesOfJson(viewOf(written).toString('utf8'))
    : unpackReceipt(written, verifyInstructions)
}

/** Writes files as JSON: for rows that are not packed, and for the way between threads. */
export function filesJson(files: readonly ReceiptFile[]): string {
  return JSON.stringify(
    files.map(({ path, role, bytes }) => ({ path, role, base64: viewOf(bytes).toString('base64') })),
  )
}

/** Reads what `filesJson` wrote. */
export function filesOfJson(json: string): readonly ReceiptFile[] {
  const files: { path: string; role: ReceiptFile['role']; base64: string }[] = JSON.parse(json)
  return files.map(({ path, role, base64 }) => ({ path, role, bytes: new Uint8Array(Buffer.from(base64, 'base64')) }))
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
    .select(['files', 'packed'])
    .where('tenant', '=', tenant)
    .where('delivery_id', '=', delivery)
    .where('connection', '=', connection)
    .executeTakeFirst()
  if (row === undefined) return null
  return row.packed === null ? filesOfJson(row.files) : await unpacked(executor, row.packed)
}

async function unpacked(executor: Executor, packed: Uint8Array): Promise<readonly ReceiptFile[]> {
  const hash = instructionsOf(packed)
  if (hash === instructionsHash) return unpackReceipt(packed, verifyInstructions)
  // Other code made it, older or newer than this.
  const { content } = await executor
    .selectFrom('receipt_texts')
    .select('content')
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow()
  return unpackReceipt(packed, content)
}

/** Makes sure that the instructions which packed receipts leave out can be read by code that knows others. */
export async function keepInstructions(store: Store): Promise<void> {
  const isKept = await store.read(everyTenant, async (executor) => {
    const rows = await executor
      .selectFrom('receipt_texts')
      .select('hash')
      .where('hash', '=', instructionsHash)
      .execute()
    return rows.length > 0
  })
  if (isKept) return
  await store.write(everyTenant, (executor) =>
    executor
      .insertInto('receipt_texts')
      .values({ hash: instructionsHash, content: verifyInstructions })
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute(),
  )
}

/** So many at a time: a receipt takes some kilobytes. */
const unpackedAtOnce = 200

/** Brings packed receipts back to the form that code of before reads. */
export async function unpackRows(transaction: Executor): Promise<void> {
  for (let from = ''; ; ) {
    const rows = await transaction
      .selectFrom('receipts')
      .select(['delivery_id', 'connection', 'packed'])
      .where('packed', 'is not', null)
      .where('delivery_id', '>=', from)
      .orderBy('delivery_id')
      .limit(unpackedAtOnce)
      .execute()
    for (const { delivery_id, connection, packed } of rows) {
      if (packed === null) continue
      from = delivery_id
      await transaction
        .updateTable('receipts')
        .set({ files: filesJson(await unpacked(transaction, packed)), packed: null })
        .where('delivery_id', '=', delivery_id)
        .where('connection', '=', connection)
        .execute()
    }
    if (rows.length < unpackedAtOnce) return
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
