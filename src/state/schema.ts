/**
 * The tables as Kysely sees them. Booleans are 0 and 1, times are ISO 8601 text in UTC, nested values are JSON text: the
 * forms that SQLite and PostgreSQL both hand back unchanged.
 */
import type { Generated, Kysely, Transaction } from 'kysely'

/** A whole database, or a transaction on it. */
export type Executor = Kysely<Tables> | Transaction<Tables>

export interface Tables {
  migrations: { version: number; name: string; applied_at: string }
  /** The steps that code which does not know them can not work with. */
  breaks: { version: number }
  sealed_values: { name: string; sealed: Uint8Array }
  connections: ConnectionRow
  external_ids: { external_id: string; tenant: string; connection_id: string | null }
  reservations: { tenant: string; reservation: string; external_id: string; is_taken: number }
  role_claims: { role_arn: string; tenant: string }
  routes: {
    tenant: string
    name: string
    id: string
    policy: string
    created_at: string
    probe_hours: number | null
  }
  route_targets: { tenant: string; route: string; position: number; connection: string }
  uploads: UploadRow
  small_reports: { upload: string; bytes: Uint8Array }
  deliveries: DeliveryRow
  delivery_targets: TargetRow
  delivery_items: ItemRow
  delivery_parts: PartRow
  delivery_progress: ProgressRow
  spool_space: { upload: string; bytes: number; noted_at: string }
  receipts: ReceiptRow
  receipt_texts: { hash: string; content: string }
  outbox: OutboxRow
  log_entries: { tenant: string; seq: number; outbox_id: number; json: string }
  log_hashes: { tenant: string; position: number; hash: Uint8Array }
  checkpoints: { tenant: string; size: number; saved_at: string; note: string }
  verifications: VerificationRow
  alerts: AlertRow
  watch_turns: { tenant: string; connection: string; holder: string; begun_at: string; held_until: string | null }
  told_warnings: { tenant: string; warning: string; told_at: string }
  tickets: TicketRow
  target_circuits: CircuitRow
  sign_in_sessions: SignInSessionRow
  schedules: ScheduleRow
  schedule_slots: SlotRow
  schedule_files: ScheduleFileRow
}

export interface ReceiptRow {
  delivery_id: string
  connection: string
  tenant: string
  made_at: string
  /** JSON; empty: it is packed. */
  files: string
  packed: Uint8Array | null
}

export interface ProgressRow {
  tenant: string
  delivery_id: string
  connection: string
  key: string
  bytes_sent: number
  size_bytes: number
  told_at: string
}

export interface SignInSessionRow {
  tenant: string
  hash: string
  issuer: string
  subject: string
  actor: string
  claims: string
  created_at: string
  seen_at: string
}

export interface VerificationRow {
  /** Rises with every verification. */
  id: Generated<number>
  tenant: string
  connection: string
  started_at: string
  status: string
  document: string
}

export interface AlertRow {
  id: string
  tenant: string
  webhook: string
  body: string
  created_at: string
  attempts: number
  /** When it is tried again; null: delivered, or given up. */
  available_at: string | null
  delivered_at: string | null
  /** Why the last attempt failed. */
  reason: string | null
}

export interface TicketRow {
  id: string
  tenant: string
  connection: string
  created_at: string
  closed_at: string | null
  /** The ticket without its closing time. */
  document: string
  /** What its page is made of; null in tickets of older versions. */
  page: string | null
}

export interface CircuitRow {
  tenant: string
  connection: string
  failures: number
  /** Null: closed. */
  opened_at: string | null
  probe_at: string | null
  probes: number
  reason: string
}

export interface ScheduleRow {
  tenant: string
  name: string
  id: string
  /** The schedule without its pause and how far it was handled. */
  document: string
  is_paused: number
  handled_until: string
}

export interface SlotRow {
  tenant: string
  schedule: string
  /** The moment itself: what makes a slot one. */
  slot: string
  kind: string
  state: string
  attempts: number
  files: number
  delivery_id: string | null
  reason: string | null
  worker: string | null
  fence: number
  /** When the lease ends, or a waiting slot is tried again; null: it has ended. */
  due_at: string | null
  ended_at: string | null
}

export interface ScheduleFileRow {
  tenant: string
  schedule: string
  path: string
  size_bytes: number
  modified_at: string
}

export interface ConnectionRow {
  tenant: string
  name: string
  id: string
  version: number
  state: string
  /** The connection without its state, version and last verification. */
  document: string
  secret: Uint8Array
  /** The connection's version when the secret was sealed: part of what it is bound to. */
  secret_version: number
  verification: string | null
  red_since: string | null
}

export interface UploadRow {
  id: string
  tenant: string
  name: string
  size_bytes: number
  sha256: string
  created_at: string
  delivery_id: string | null
  position: number
  is_spooled: number
  /** 1: its bytes are in `small_reports` and not in the spool. */
  is_small: number
}

export interface DeliveryRow {
  /** Rises with every delivery: the order of acceptance. */
  ordinal: Generated<number>
  id: string
  tenant: string
  route: string
  policy: string
  report: string
  period: string
  idempotency_key: string | null
  actor: string
  claims: string
  state: string
  accepted_at: string
  crashes: number
  is_spooled: number
  available_at: string | null
  nudges: number
  worker: string | null
  lease_until: string | null
  fence: number
  /** 1: so few bytes that many such deliveries are worked on at a time. */
  is_small: number
  cancelled_at: string | null
  /** 1: a probe of the whole way, no report. */
  is_probe: number
}

export interface TargetRow {
  delivery_id: string
  connection: string
  position: number
  state: string
  identity: string
  attempts: number
  faults: number
  available_at: string | null
  level: string | null
  delivered_at: string | null
  reason: string | null
  diagnosis: string | null
  entry: number | null
  receipt: string
  sidecar: string
  sidecar_attempts: number
  facts: string | null
}

export interface ItemRow {
  delivery_id: string
  connection: string
  item: number
  file: number | null
  path: string
  key: string
  size_bytes: number
  sha256: string
  state: string
  way: string
  is_create_sent: number
  upload_id: string | null
  part_size_bytes: number
  answer: string | null
  level: string | null
}

export interface PartRow {
  delivery_id: string
  connection: string
  item: number
  number: number
  etag: string
  size_bytes: number
}

export interface OutboxRow {
  id: Generated<number>
  tenant: string
  time: string
  actor: string
  action: string
  subject: string
  fields: string
  /** The entry's place in the log; null while it waits. */
  seq: number | null
}
