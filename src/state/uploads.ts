/** The rows of the spool's files: whose they are, which delivery took them, whether the bytes are still there. */
import { DrawbridgeError } from '../base/index.ts'
import type { NewDelivery, SpooledFile } from '../delivery/index.ts'
import { fileOf } from './delivery-rows.ts'
import { Listed } from './listed.ts'
import { Prepared } from './prepared.ts'
import type { Executor, UploadRow } from './schema.ts'
import type { Instant } from './store.ts'

interface NewUpload {
  readonly [column: string]: string | number | null | Instant
  readonly id: string
  readonly tenant: string
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly isSmall: number
  readonly delivery: string | null
  readonly position: number
  readonly now: Instant
}

const insertUpload = new Prepared<NewUpload, never>((executor, value) =>
  executor.insertInto('uploads').values({
    id: value.id,
    tenant: value.tenant,
    name: value.name,
    size_bytes: value.sizeBytes,
    sha256: value.sha256,
    created_at: value.now,
    delivery_id: value.delivery,
    position: value.position,
    is_spooled: 1,
    is_small: value.isSmall,
  }),
)

interface NewBytes {
  readonly [column: string]: string | Uint8Array
  readonly upload: string
  readonly bytes: Uint8Array
}

const insertBytes = new Prepared<NewBytes, never>((executor, value) =>
  executor.insertInto('small_reports').values({ upload: value.upload, bytes: value.bytes }),
)

/** Remembers a file that no delivery owns yet. */
export async function addUpload(
  database: Executor,
  tenant: string,
  file: SpooledFile,
  bytes: Uint8Array | null,
  now: Instant,
): Promise<void> {
  await insertFile(database, { tenant, delivery: null, position: 0, now }, file, bytes)
}

type Place = Pick<NewUpload, 'tenant' | 'delivery' | 'position' | 'now'>

async function insertFile(
  database: Executor,
  place: Place,
  file: SpooledFile,
  bytes: Uint8Array | null,
): Promise<void> {
  if (file.isSmall !== (bytes !== null)) throw new TypeError('a small report comes with its bytes, and no other')
  const { upload, name, sizeBytes, sha256, isSmall } = file
  await insertUpload.run(database, { ...place, id: upload, name, sizeBytes, sha256, isSmall: isSmall ? 1 : 0 })
  if (bytes !== null) await insertBytes.run(database, { upload, bytes })
}

const uploadsOf = new Listed<string, UploadRow>((executor, ids, tenant) =>
  executor.selectFrom('uploads').selectAll().where('tenant', '=', tenant).where('id', 'in', ids),
)

/** Finds uploads of a tenant, in the order of their ids; null for what is not there. */
export async function findUploads(
  database: Executor,
  tenant: string,
  ids: readonly string[],
): Promise<({ readonly file: SpooledFile; readonly delivery: string | null } | null)[]> {
  const rows = await uploadsOf.rows(database, ids, tenant)
  const known = new Map(rows.map((row) => [row.id, { file: fileOf(row), delivery: row.delivery_id }]))
  return ids.map((id) => known.get(id) ?? null)
}

interface Taking {
  readonly [column: string]: string | number
  readonly upload: string
  readonly tenant: string
  readonly delivery: string
  readonly position: number
}

const takeUpload = new Prepared<Taking, never>((executor, value) =>
  executor
    .updateTable('uploads')
    .set({ delivery_id: value.delivery, position: value.position })
    .where('id', '=', value.upload)
    .where('tenant', '=', value.tenant)
    .where('delivery_id', 'is', null),
)

/**
 * Gives a delivery its files, in order: uploads, and what was handed over with it, whose bytes are kept now.
 * @throws input-invalid — one of the uploads is somebody else's by now
 */
export async function takeFiles(
  transaction: Executor,
  { id: delivery, tenant, files }: Pick<NewDelivery, 'id' | 'tenant' | 'files'>,
  handed: readonly (Uint8Array | null)[],
  now: Instant,
): Promise<void> {
  for (const [position, file] of files.entries()) {
    const bytes = handed[position] ?? null
    const { upload } = file
    if (bytes !== null) {
      await insertFile(transaction, { tenant, delivery, position, now }, file, bytes)
      continue
    }
    if ((await takeUpload.change(transaction, { upload, tenant, delivery, position })) === 1) continue
    throw new DrawbridgeError({
      code: 'input-invalid',
      message: `\`${upload}\` was taken by another delivery or forgotten`,
      help: 'upload the file again',
    })
  }
}

const bytesOf = new Listed<string, { upload: string; bytes: Uint8Array }>((executor, uploads) =>
  executor.selectFrom('small_reports').selectAll().where('upload', 'in', uploads),
)

/** Reads the bytes of small reports, in the order of their ids; null for what is not there. */
export async function smallReports(database: Executor, uploads: readonly string[]): Promise<(Uint8Array | null)[]> {
  const rows = await bytesOf.rows(database, uploads)
  const known = new Map(rows.map((row) => [row.upload, row.bytes]))
  return uploads.map((upload) => known.get(upload) ?? null)
}

interface OfDelivery {
  readonly [column: string]: string
  readonly delivery: string
}

const dropBytes = new Prepared<OfDelivery, never>((executor, value) =>
  executor
    .deleteFrom('small_reports')
    .where('upload', 'in', (inner) =>
      inner.selectFrom('uploads').select('id').where('delivery_id', '=', value.delivery).where('is_small', '=', 1),
    ),
)

const markGone = new Prepared<OfDelivery, never>((executor, value) =>
  executor.updateTable('uploads').set({ is_spooled: 0 }).where('delivery_id', '=', value.delivery),
)

/** Marks a delivery's bytes as gone; those in the database go now. */
export async function markUnspooled(transaction: Executor, delivery: string): Promise<void> {
  await markGone.run(transaction, { delivery })
  await dropBytes.run(transaction, { delivery })
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
