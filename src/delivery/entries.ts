/** What the evidence log is told about deliveries: the entries, as data. Strings, integers and their nesting alone. */
import { createHash } from 'node:crypto'
import type { ActorSummary } from '../contract/index.ts'
import type { DeliveryRecord, TargetRecord } from './record.ts'
import type { NewDelivery, NewEntry } from './repository.ts'

/** Drawbridge itself as an actor. */
const drawbridge = 'drawbridge'

/**
 * Names an actor in the log: `person:<issuer's hash>:<subject>`, `operator:local`, `schedule:<name>`. The issuer is
 * hashed because its address says more about a customer than a log needs.
 */
export function actorName(actor: ActorSummary): string {
  if (actor.kind === 'operator') return `operator:${actor.subject}`
  if (actor.kind === 'schedule') return `schedule:${actor.subject}`
  return `person:${createHash('sha256').update(actor.issuer).digest('hex').slice(0, 16)}:${actor.subject}`
}

export function acceptedEntry(delivery: NewDelivery): NewEntry {
  return {
    actor: actorName(delivery.actor),
    action: 'delivery.accepted',
    subject: delivery.id,
    fields: {
      route: delivery.route,
      policy: delivery.policy,
      report: delivery.report,
      period: delivery.period,
      files: delivery.files.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 })),
      targets: delivery.targets.map((target) => target.connection),
    },
  }
}

/** A target that did not take the report: `delivery.refused`, `delivery.failed` or `delivery.conflict`. */
export function notDeliveredEntry(
  record: DeliveryRecord,
  target: TargetRecord,
  outcome: 'refused' | 'failed' | 'conflict',
): NewEntry {
  const cause = target.diagnosis?.causes[0]?.id
  return {
    actor: drawbridge,
    action: `delivery.${outcome}`,
    subject: record.id,
    fields: {
      connection: target.connection,
      attempts: target.attempts,
      ...(target.reason === null ? {} : { reason: target.reason }),
      ...(cause === undefined ? {} : { cause }),
    },
  }
}

/** An unfinished upload may stand at the target that our rights can not find or remove. */
export function possibleOrphanEntry(record: DeliveryRecord, connection: string, key: string): NewEntry {
  return { actor: drawbridge, action: 'delivery.possible-orphan', subject: record.id, fields: { connection, key } }
}

export function quarantinedEntry(record: DeliveryRecord, crashes: number): NewEntry {
  return { actor: drawbridge, action: 'delivery.quarantined', subject: record.id, fields: { crashes } }
}

export function receiptRefusedEntry(record: DeliveryRecord, target: TargetRecord, reason: string): NewEntry {
  return {
    actor: drawbridge,
    action: 'receipt.refused',
    subject: record.id,
    fields: { connection: target.connection, reason },
  }
}

/** Somebody ended what had not arrived; `connections` are the targets that will not have the report. */
export function cancelledEntry(record: DeliveryRecord, actor: string, connections: readonly string[]): NewEntry {
  return { actor, action: 'delivery.cancelled', subject: record.id, fields: { connections: [...connections] } }
}

/** A write was on its way when the delivery was cancelled, and its answer is not known: an object may stand at the key. */
export function possibleObjectEntry(record: DeliveryRecord, connection: string, key: string): NewEntry {
  return { actor: drawbridge, action: 'delivery.possible-object', subject: record.id, fields: { connection, key } }
}

/** Something that a schedule did, or could not do. */
export function scheduleEntry(
  schedule: string,
  action: 'schedule.missed' | 'schedule.failed',
  fields: Readonly<Record<string, string | number>>,
): NewEntry {
  return { actor: `schedule:${schedule}`, action, subject: schedule, fields: { ...fields } }
}

export function retryEntry(record: DeliveryRecord, actor: string, connections: readonly string[]): NewEntry {
  return { actor, action: 'delivery.retried', subject: record.id, fields: { connections: [...connections] } }
}
