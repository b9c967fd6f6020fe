/** Between the rows of a delivery and its record: pure mapping, and the reads that need nothing but an id. */
import type { Selectable } from 'kysely'
import type { DeliveryRecord, ItemRecord, SpooledFile, TargetRecord } from '../delivery/index.ts'
import { Listed } from './listed.ts'
import type { DeliveryRow, Executor, ItemRow, TargetRow, UploadRow } from './schema.ts'

const targetsOfAll = new Listed<string, TargetRow>((executor, ids) =>
  executor.selectFrom('delivery_targets').selectAll().where('delivery_id', 'in', ids).orderBy('position'),
)

const itemsOfAll = new Listed<string, ItemRow>((executor, ids) =>
  executor.selectFrom('delivery_items').selectAll().where('delivery_id', 'in', ids).orderBy('item'),
)

const filesOfAll = new Listed<string, UploadRow>((executor, ids) =>
  executor.selectFrom('uploads').selectAll().where('delivery_id', 'in', ids).orderBy('position'),
)

/** Reads the targets, items and files of delivery rows, in three queries however many they are. */
export async function recordsOf(
  executor: Executor,
  rows: readonly Selectable<DeliveryRow>[],
): Promise<DeliveryRecord[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const targets = await targetsOfAll.rows(executor, ids)
  const items = await itemsOfAll.rows(executor, ids)
  const files = await filesOfAll.rows(executor, ids)
  const filesOf = Map.groupBy(files, (file) => file.delivery_id)
  const targetsOf = Map.groupBy(targets, (target) => target.delivery_id)
  const itemsOf = Map.groupBy(items, (item) => item.delivery_id)
  return rows.map((row) =>
    recordOf(row, filesOf.get(row.id) ?? [], targetsOf.get(row.id) ?? [], itemsOf.get(row.id) ?? []),
  )
}

const rowsById = new Listed<string, Selectable<DeliveryRow>>((executor, ids) =>
  executor.selectFrom('deliveries').selectAll().where('id', 'in', ids),
)

/** Reads the deliveries of these ids that a tenant has, in their order; null for what is not there. */
export async function recordsById(
  executor: Executor,
  tenant: string,
  ids: readonly string[],
): Promise<(DeliveryRecord | null)[]> {
  // The tenant is compared here: asked for in the query, SQLite takes an index of all the tenant's deliveries instead.
  const rows = (await rowsById.rows(executor, ids)).filter((row) => row.tenant === tenant)
  const records = new Map((await recordsOf(executor, rows)).map((record) => [record.id, record]))
  return ids.map((id) => records.get(id) ?? null)
}

function recordOf(
  row: Selectable<DeliveryRow>,
  files: readonly UploadRow[],
  targets: readonly TargetRow[],
  items: readonly ItemRow[],
): DeliveryRecord {
  return {
    id: row.id,
    tenant: row.tenant,
    route: row.route,
    policy: row.policy as DeliveryRecord['policy'],
    report: row.report,
    period: row.period,
    idempotencyKey: row.idempotency_key,
    actor: JSON.parse(row.actor),
    claims: JSON.parse(row.claims),
    files: files.map(fileOf),
    state: row.state as DeliveryRecord['state'],
    acceptedAt: row.accepted_at,
    cancelledAt: row.cancelled_at,
    isCanary: row.is_probe === 1,
    crashes: row.crashes,
    isSpooled: row.is_spooled === 1,
    targets: targets.map((target) =>
      targetOf(
        target,
        items.filter((item) => item.connection === target.connection),
      ),
    ),
  }
}

/** Reads an upload's row. */
export function fileOf(row: UploadRow): SpooledFile {
  return { upload: row.id, name: row.name, sizeBytes: row.size_bytes, sha256: row.sha256, isSmall: row.is_small === 1 }
}

function targetOf(row: TargetRow, items: readonly ItemRow[]): TargetRecord {
  return {
    connection: row.connection,
    position: row.position,
    state: row.state as TargetRecord['state'],
    identity: JSON.parse(row.identity),
    attempts: row.attempts,
    faults: row.faults,
    availableAt: row.available_at,
    items: items.map(itemOf),
    level: row.level as TargetRecord['level'],
    deliveredAt: row.delivered_at,
    reason: row.reason,
    diagnosis: row.diagnosis === null ? null : JSON.parse(row.diagnosis),
    entry: row.entry,
    receipt: row.receipt as TargetRecord['receipt'],
    sidecar: row.sidecar as TargetRecord['sidecar'],
    sidecarAttempts: row.sidecar_attempts,
    facts: row.facts === null ? null : JSON.parse(row.facts),
  }
}

function itemOf(row: ItemRow): ItemRecord {
  return {
    index: row.item,
    file: row.file,
    path: row.path,
    key: row.key,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    state: row.state as ItemRecord['state'],
    way: row.way as ItemRecord['way'],
    isCreateSent: row.is_create_sent === 1,
    uploadId: row.upload_id,
    partSizeBytes: row.part_size_bytes,
    answer: row.answer === null ? null : JSON.parse(row.answer),
    level: row.level as ItemRecord['level'],
  }
}

/** Writes a target's columns, without its place and items. */
export function targetColumns(target: TargetRecord): Omit<TargetRow, 'delivery_id' | 'connection' | 'position'> {
  return {
    state: target.state,
    identity: JSON.stringify(target.identity),
    attempts: target.attempts,
    faults: target.faults,
    available_at: target.availableAt,
    level: target.level,
    delivered_at: target.deliveredAt,
    reason: target.reason,
    diagnosis: target.diagnosis === null ? null : JSON.stringify(target.diagnosis),
    entry: target.entry,
    receipt: target.receipt,
    sidecar: target.sidecar,
    sidecar_attempts: target.sidecarAttempts,
    facts: target.facts === null ? null : JSON.stringify(target.facts),
  }
}

/** Writes an item's row. */
export function itemRow(delivery: string, connection: string, item: ItemRecord): ItemRow {
  return {
    delivery_id: delivery,
    connection,
    item: item.index,
    file: item.file,
    path: item.path,
    key: item.key,
    size_bytes: item.sizeBytes,
    sha256: item.sha256,
    state: item.state,
    way: item.way,
    is_create_sent: item.isCreateSent ? 1 : 0,
    upload_id: item.uploadId,
    part_size_bytes: item.partSizeBytes,
    answer: item.answer === null ? null : JSON.stringify(item.answer),
    level: item.level,
  }
}
