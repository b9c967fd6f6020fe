/** The rows of the spool's files: whose they are, which delivery took them, whether the bytes are still there. */
import { DrawbridgeError } from '../base/index.ts'
import type { SpooledFile } from '../delivery/index.ts'
import { fileOf } from './delivery-rows.ts'
import type { Executor } from './schema.ts'
import type { Instant } from './store.ts'

/** Remembers a file that no delivery owns yet. */
export async function addUpload(
  database: Executor,
  tenant: string,
  file: SpooledFile,
  bytes: Uint8Array | null,
  now: Instant,
): Promise<void> {
  if (file.isSmall !== (bytes !== null)) throw new TypeError('a small report comes with its bytes, and no other')
  await database
    .insertInto('uploads')
    .values({
      id: file.upload,
      tenant,
      name: file.name,
      size_bytes: file.sizeBytes,
      sha256: file.sha256,
      created_at: now,
      delivery_id: null,
      position: 0,
      is_spooled: 1,
      is_small: file.isSmall ? 1 : 0,
    })
    .execute()
  if (bytes !== null) await database.insertInto('small_reports').values({ upload: file.upload, bytes }).execute()
}

/** Finds uploads of a tenant by their ids. */
export async function findUploads(
  database: Executor,
  tenant: string,
  ids: readonly string[],
): Promise<{ file: SpooledFile; delivery: string | null }[]> {
  if (ids.length === 0) return []
  const rows = await database
    .selectFrom('uploads')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', 'in', ids)
    .execute()
  return rows.map((row) => ({ file: fileOf(row), delivery: row.delivery_id }))
}

/** Gives uploads to a delivery, in order. @throws input-invalid — one of them is somebody else's by now */
export async function takeUploads(
  transaction: Executor,
  tenant: string,
  delivery: string,
  files: readonly SpooledFile[],
): Promise<void> {
  for (const [position, { upload }] of files.entries()) {
    const taken = await transaction
      .updateTable('uploads')
      .set({ delivery_id: delivery, position })
      .where('id', '=', upload)
      .where('tenant', '=', tenant)
      .where('delivery_id', 'is', null)
      .executeTakeFirst()
    if (taken.numUpdatedRows === 1n) continue
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: `\`${upload}\` was taken by another delivery or forgotten`,
      help: 'upload the file again',
    })
  }
}

/** Reads the bytes of small reports, in the order of their ids; null for what is not there. */
export async function smallReports(database: Executor, uploads: readonly string[]): Promise<(Uint8Array | null)[]> {
  const rows = await database.selectFrom('small_reports').selectAll().where('upload', 'in', uploads).execute()
  const known = new Map(rows.map((row) => [row.upload, row.bytes]))
  return uploads.map((upload) => known.get(upload) ?? null)
}

/** Marks a delivery's bytes as gone; those in the database go now. */
export async function markUnspooled(transaction: Executor, delivery: string): Promise<void> {
  const gone = await transaction
    .updateTable('uploads')
    .set({ is_spooled: 0 })
    .where('delivery_id', '=', delivery)
    .returning(['id', 'is_small'])
    .execute()
  const small = gone.filter((row) => row.is_small === 1).map((row) => row.id)
  if (small.length > 0) await transaction.deleteFrom('small_reports').where('upload', 'in', small).execute()
}

/** Forgets the uploads that no delivery took before `before`; returns the ids of those that lie in the spool. */
export async function forgetOrphans(transaction: Executor, before: Instant): Promise<string[]> {
  const rows = await transaction
    .deleteFrom('uploads')
    .where('delivery_id', 'is', null)
    .where('created_at', '<', before)
    .returning(['id', 'is_small'])
    .execute()
  for (const { id, is_small } of rows) {
    if (is_small === 1) await transaction.deleteFrom('small_reports').where('upload', '=', id).execute()
  }
  return rows.filter((row) => row.is_small === 0).map((row) => row.id)
}
