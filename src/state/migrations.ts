/**
 * The numbered steps that bring a database to the present form, and back by one. Written once, in SQLite's words; for
 * PostgreSQL the names of types are translated (`postgres/words.ts`), so a step keeps to what both understand. A step is
 * run by `migrate.ts`, once, in one transaction.
 *
 * Old and new code share one database while a deployment rolls, so a step only adds: columns with a default, tables,
 * indexes. What is not used any more goes in a later release, when no code that used it can still be running.
 */

import { unpackRows } from './receipts.ts'
import type { Executor } from './schema.ts'

/** One step. */
export interface Migration {
  readonly name: string
  readonly statements: readonly string[]
  /** Undoes the step, for whoever must return to the code of before; null: nothing stands before it. */
  readonly back: readonly string[] | null
  /** What statements can not say: run before those of `back`, which then sees every tenant's rows of this table. */
  readonly beforeBack?: { readonly table: string; readonly work: (transaction: Executor) => Promise<void> }
  /** True: code that does not know the step can not work after it, so nothing may roll across it. */
  readonly isBreaking?: boolean
}

/** Position plus one is the version. Never edit a row that was released; add one. */
export const migrations: readonly Migration[] = [
  {
    name: 'connections, routes, deliveries, evidence',
    statements: [
      `create table sealed_values (name text primary key, sealed blob not null)`,
      `create table connections (
        tenant text not null, name text not null, id text not null unique, version integer not null, state text not null,
        document text not null, secret blob not null, secret_version integer not null, verification text, red_since text,
        primary key (tenant, name))`,
      `create table external_ids (external_id text primary key, tenant text not null, connection_id text)`,
      `create table reservations (
        tenant text not null, reservation text not null, external_id text not null, is_taken integer not null,
        primary key (tenant, reservation))`,
      `create table role_claims (role_arn text primary key, tenant text not null)`,
      `create table routes (
        tenant text not null, name text not null, id text not null unique, policy text not null, created_at text not null,
        primary key (tenant, name))`,
      `create table route_targets (
        tenant text not null, route text not null, position integer not null, connection text not null,
        primary key (tenant, route, position),
        foreign key (tenant, route) references routes (tenant, name) on delete cascade,
        foreign key (tenant, connection) references connections (tenant, name))`,
      `create table deliveries (
        ordinal integer primary key autoincrement, id text not null unique, tenant text not null, route text not null,
        policy text not null, report text not null, period text not null, idempotency_key text, actor text not null,
        claims text not null, state text not null, accepted_at text not null, crashes integer not null, is_spooled integer not null,
        available_at text, nudges integer not null, worker text, lease_until text, fence integer not null,
        unique (tenant, idempotency_key))`,
      `create index deliveries_due on deliveries (available_at) where available_at is not null`,
      `create index deliveries_of_route on deliveries (tenant, route, ordinal)`,
      `create table uploads (
        id text primary key, tenant text not null, name text not null, size_bytes integer not null, sha256 text not null,
        md5 text not null, created_at text not null, delivery_id text references deliveries (id),
        position integer not null, is_spooled integer not null)`,
      `create index uploads_of_delivery on uploads (delivery_id, position)`,
      `create table delivery_targets (
        delivery_id text not null references deliveries (id), connection text not null, position integer not null,
        state text not null, identity text not null, attempts integer not null, faults integer not null,
        available_at text, level text, delivered_at text, reason text, diagnosis text, entry integer,
        receipt text not null, sidecar text not null, sidecar_attempts integer not null, facts text,
        primary key (delivery_id, connection))`,
      `create index targets_owed on delivery_targets (connection, state) where state <> 'delivered'`,
      `create table delivery_items (
        delivery_id text not null, connection text not null, item integer not null, file integer, path text not null,
        key text not null, size_bytes integer not null, sha256 text not null, state text not null, way text not null,
        is_create_sent integer not null, upload_id text, part_size_bytes integer not null, answer text, level text,
        primary key (delivery_id, connection, item),
        foreign key (delivery_id, connection) references delivery_targets (delivery_id, connection))`,
      `create table delivery_parts (
        delivery_id text not null, connection text not null, item integer not null, number integer not null,
        etag text not null, size_bytes integer not null, md5 text not null,
        primary key (delivery_id, connection, item, number))`,
      `create table receipts (
        delivery_id text not null, connection text not null, tenant text not null, made_at text not null,
        files text not null, primary key (delivery_id, connection))`,
      `create table outbox (
        id integer primary key autoincrement, tenant text not null, time text not null, actor text not null,
        action text not null, subject text not null, fields text not null, seq integer)`,
      `create index outbox_waiting on outbox (tenant, id) where seq is null`,
      `create table log_entries (
        tenant text not null, seq integer not null, outbox_id integer not null unique, json text not null,
        primary key (tenant, seq))`,
      `create table log_hashes (
        tenant text not null, position integer not null, hash blob not null, primary key (tenant, position))`,
      `create table checkpoints (
        tenant text not null, size integer not null, saved_at text not null, note text not null,
        primary key (tenant, size))`,
    ],
    back: null,
  },
  {
    name: 'history of verifications, alerts, repair tickets',
    statements: [
      `create table verifications (
        id integer primary key autoincrement, tenant text not null, connection text not null, started_at text not null,
        status text not null, document text not null,
        foreign key (tenant, connection) references connections (tenant, name) on delete cascade)`,
      `create index verifications_of_connection on verifications (tenant, connection, id)`,
      `create table alerts (
        id text primary key, tenant text not null, webhook text not null, body text not null, created_at text not null,
        attempts integer not null, available_at text, delivered_at text, reason text)`,
      `create index alerts_due on alerts (available_at) where available_at is not null`,
      `create table tickets (
        id text primary key, tenant text not null, connection text not null, created_at text not null, closed_at text,
        document text not null)`,
      `create index tickets_open on tickets (tenant, connection) where closed_at is null`,
    ],
    back: [`drop table tickets`, `drop table alerts`, `drop table verifications`],
  },
  {
    name: 'small reports in the database, no MD5 of what is sent',
    statements: [
      `alter table uploads drop column md5`,
      `alter table delivery_parts drop column md5`,
      `alter table uploads add column is_small integer not null default 0`,
      `create table small_reports (upload text primary key, bytes blob not null)`,
    ],
    back: [
      `drop table small_reports`,
      `alter table uploads drop column is_small`,
      `alter table delivery_parts add column md5 text not null default ''`,
      `alter table uploads add column md5 text not null default ''`,
    ],
    isBreaking: true,
  },
  {
    name: 'small deliveries are claimed many at a time',
    statements: [
      `alter table deliveries add column is_small integer not null default 0`,
      `drop index deliveries_due`,
      `create index deliveries_due on deliveries (is_small, available_at) where available_at is not null`,
    ],
    back: [
      `drop index deliveries_due`,
      `create index deliveries_due on deliveries (available_at) where available_at is not null`,
      `alter table deliveries drop column is_small`,
    ],
  },
  {
    name: 'deliveries that may kill their workers are found quickly',
    statements: [`create index deliveries_suspect on deliveries (crashes, available_at) where crashes >= 2`],
    back: [`drop index deliveries_suspect`],
  },
  {
    name: 'repair tickets keep their pages',
    statements: [`alter table tickets add column page text`],
    back: [`alter table tickets drop column page`],
  },
  {
    name: 'deliveries can be cancelled',
    statements: [`alter table deliveries add column cancelled_at text`],
    back: [`alter table deliveries drop column cancelled_at`],
  },
  {
    name: 'schedules',
    statements: [
      `create table schedules (
        tenant text not null, name text not null, id text not null, document text not null, is_paused integer not null,
        handled_until text not null, primary key (tenant, name), unique (tenant, id))`,
      `create table schedule_slots (
        tenant text not null, schedule text not null, slot text not null, kind text not null, state text not null,
        attempts integer not null, files integer not null, delivery_id text, reason text, worker text,
        fence integer not null, due_at text, ended_at text, primary key (tenant, schedule, slot),
        foreign key (tenant, schedule) references schedules (tenant, id) on delete cascade)`,
      `create index slots_due on schedule_slots (tenant, due_at) where due_at is not null`,
      `create table schedule_files (
        tenant text not null, schedule text not null, path text not null, size_bytes bigint not null,
        modified_at text not null, primary key (tenant, schedule, path),
        foreign key (tenant, schedule) references schedules (tenant, id) on delete cascade)`,
    ],
    back: [`drop table schedule_files`, `drop table schedule_slots`, `drop table schedules`],
  },
  {
    name: 'circuits of targets',
    statements: [
      `create table target_circuits (
        tenant text not null, connection text not null, failures integer not null, opened_at text, probe_at text,
        probes integer not null, reason text not null, primary key (tenant, connection),
        foreign key (tenant, connection) references connections (tenant, name) on delete cascade)`,
    ],
    back: [`drop table target_circuits`],
  },
  {
    name: 'sessions of browsers outlive a restart',
    statements: [
      `create table sign_in_sessions (
        tenant text not null, hash text not null, issuer text not null, subject text not null, actor text not null,
        claims text not null, created_at text not null, seen_at text not null, primary key (tenant, hash))`,
      `create index sessions_of_person on sign_in_sessions (tenant, issuer, subject)`,
    ],
    back: [`drop table sign_in_sessions`],
  },
  {
    name: 'warnings are told once',
    statements: [
      `create table told_warnings (
        tenant text not null, warning text not null, told_at text not null, primary key (tenant, warning))`,
    ],
    back: [`drop table told_warnings`],
  },
  {
    name: 'probes of whole routes',
    statements: [
      `alter table deliveries add column is_probe integer not null default 0`,
      `create index deliveries_probe on deliveries (tenant, route, ordinal) where is_probe = 1`,
    ],
    back: [`drop index deliveries_probe`, `alter table deliveries drop column is_probe`],
  },
  {
    name: 'probes of one route',
    statements: [`alter table routes add column probe_hours integer`],
    back: [`alter table routes drop column probe_hours`],
  },
  {
    name: 'servers take turns at the watch',
    statements: [
      `create table watch_turns (
        tenant text not null, connection text not null, holder text not null, begun_at text not null, held_until text,
        primary key (tenant, connection),
        foreign key (tenant, connection) references connections (tenant, name) on delete cascade)`,
    ],
    back: [`drop table watch_turns`],
  },
  {
    name: 'progress for whoever follows elsewhere',
    statements: [
      `create table delivery_progress (
        tenant text not null, delivery_id text not null, connection text not null, key text not null,
        bytes_sent integer not null, size_bytes integer not null, told_at text not null,
        primary key (tenant, delivery_id, connection, key))`,
    ],
    back: [`drop table delivery_progress`],
  },
  {
    name: 'the room of a shared spool',
    statements: [
      `create table spool_space (upload text not null primary key, bytes bigint not null, noted_at text not null)`,
    ],
    back: [`drop table spool_space`],
  },
  {
    name: 'receipts in a third of the room',
    statements: [
      `create table receipt_texts (hash text not null primary key, content text not null)`,
      `alter table receipts add column packed blob`,
    ],
    beforeBack: { table: 'receipts', work: unpackRows },
    back: [`alter table receipts drop column packed`, `drop table receipt_texts`],
    isBreaking: true,
  },
  {
    name: 'a million deliveries',
    statements: [
      `create index deliveries_of_tenant on deliveries (tenant, ordinal)`,
      `create index deliveries_held on deliveries (tenant, route) where is_spooled = 1`,
    ],
    back: [`drop index deliveries_held`, `drop index deliveries_of_tenant`],
  },
]
