/**
 * What is remembered of a delivery: the durable rows behind the contract's view of it, and the pure rules that read
 * them (which targets still matter, in which state the whole is). No I/O lives here.
 */
import type { ActorSummary, Delivery, DeliveryTarget, Diagnosis, VerificationLevel } from '../contract/index.ts'
import type { StoreChecksum } from '../storage/index.ts'

/** A file in the spool: durable, hashed, not yet or already part of a delivery. */
export interface SpooledFile {
  /** The upload's id, `upl_…`; also the file's name in the spool. */
  readonly upload: string
  /** The file's name as its owner knows it. */
  readonly name: string
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
  /** Its bytes are kept in the database, and not as a file of the spool. */
  readonly isSmall: boolean
}

/** In whose name the session of a target is opened: made from the person's claims by the target's identity mapping. */
export interface TargetIdentity {
  readonly tags: Readonly<Record<string, string>>
  readonly sourceIdentity: string
  readonly sessionName: string
}

/** A part that the store took, as its answer said. */
export interface SentPart {
  /** From 1. */
  readonly number: number
  readonly etag: string
  readonly sizeBytes: number
}

/** What the store said when it took an object. Absent means that it did not say. */
export interface StoredObject {
  readonly etag?: string
  readonly versionId?: string
  readonly checksum?: StoreChecksum
  readonly requestId?: string
}

/**
 * One object on its way to one target. `sent` means that a request which can create the object was recorded and its
 * outcome is not known: from then on an object at the key may be ours.
 */
export interface ItemRecord {
  /** Place among the target's items, from 0. */
  readonly index: number
  /** Place among the delivery's files; null: a tag file of the package, whose bytes follow from the record. */
  readonly file: number | null
  /** Where in the package it stands; for a report of one file the last segment of the key. */
  readonly path: string
  /** Root path included. */
  readonly key: string
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
  readonly state: 'waiting' | 'sent' | 'done'
  readonly way: 'put' | 'multipart'
  /** Multipart: Create was about to be sent; with no `uploadId` beside it, an orphan is possible. */
  readonly isCreateSent: boolean
  readonly uploadId: string | null
  readonly partSizeBytes: number
  readonly answer: StoredObject | null
  readonly level: VerificationLevel | null
}

/** What became of one target. */
export interface TargetRecord {
  readonly connection: string
  /** Place in the route, from 0. */
  readonly position: number
  readonly state: DeliveryTarget['state']
  readonly identity: TargetIdentity
  /** All attempts so far. */
  readonly attempts: number
  /** Attempts that ended in a passing fault, since the last other end: the budget before failover. */
  readonly faults: number
  /** When the next attempt is due; null: nobody will try by itself. */
  readonly availableAt: string | null
  readonly items: readonly ItemRecord[]
  readonly level: VerificationLevel | null
  readonly deliveredAt: string | null
  readonly reason: string | null
  readonly diagnosis: Diagnosis | null
  /** The outbox id of the entry `delivery.delivered`: what the receipt proves. */
  readonly entry: number | null
  /** `due`: delivered, the receipt not yet made. `made`: in the database. */
  readonly receipt: 'none' | 'due' | 'made'
  /** The receipt's copies next to the report. */
  readonly sidecar: 'none' | 'due' | 'written' | 'refused'
  readonly sidecarAttempts: number
  /** Where it went, as the store's opener told: for the receipt. */
  readonly facts: TargetFacts | null
}

/** Where a target is, for its receipt. */
export interface TargetFacts {
  readonly service: 's3' | 'azblob' | 'local'
  /** `s3://bucket`, the container's URL, a directory. */
  readonly location: string
  readonly bucketOwner?: string
  /** The principal that wrote: an assumed role's ARN, an access key's user. */
  readonly principal?: string
}

/** A delivery as it is kept. */
export interface DeliveryRecord {
  readonly id: string
  readonly tenant: string
  readonly route: string
  readonly policy: 'failover' | 'mirror'
  readonly report: string
  readonly period: string
  readonly idempotencyKey: string | null
  readonly actor: ActorSummary
  /** The verified claims of the sign-in: mapped anew before each attempt, because the identity mapping may be repaired. */
  readonly claims: Readonly<Record<string, string | string[]>>
  readonly files: readonly SpooledFile[]
  readonly state: Delivery['state']
  readonly acceptedAt: string
  /** When somebody asked to end it; null: nobody did. */
  readonly cancelledAt: string | null
  /** True: a probe of the whole way to every target, and no report. */
  readonly isCanary?: boolean
  /** Claims that ended without an answer, one after the other. */
  readonly crashes: number
  /** False once the spool no longer holds the bytes. */
  readonly isSpooled: boolean
  readonly targets: readonly TargetRecord[]
}

/** Tells which targets the route still wants: of a failover route those up to the first that has the report. */
export function wantedTargets(record: Pick<DeliveryRecord, 'policy' | 'targets'>): readonly TargetRecord[] {
  if (record.policy === 'mirror') return record.targets
  const first = record.targets.find((target) => target.state === 'delivered')
  return first === undefined ? record.targets : record.targets.filter((target) => target.position <= first.position)
}

/** Computes the state of the whole from its targets; a quarantine is not seen here. */
export function deliveryStateOf(record: Pick<DeliveryRecord, 'policy' | 'targets' | 'cancelledAt'>): Delivery['state'] {
  const wanted = wantedTargets(record)
  if (record.cancelledAt !== null && !wanted.every((target) => target.state === 'delivered')) return 'cancelled'
  if (record.targets.some((target) => target.state === 'conflict')) return 'conflict'
  if (wanted.every((target) => target.state === 'delivered')) return 'delivered'
  if (wanted.some((target) => target.state === 'delivered')) return 'owed'
  return wanted.some((target) => target.state === 'waiting' || target.state === 'sending') ? 'accepted' : 'parked'
}

/** Shows a delivery as the contract has it. */
export function describeDelivery(record: DeliveryRecord): Delivery {
  return {
    id: record.id,
    route: record.route,
    report: record.report,
    period: record.period,
    actor: record.actor,
    sessionTags: Object.fromEntries(record.targets.map((target) => [target.connection, { ...target.identity.tags }])),
    // A worker may still be putting things in order, and would then write the state that it began with.
    state: record.cancelledAt === null ? record.state : deliveryStateOf(record),
    files: record.files.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 })),
    targets: record.targets.map(describeTarget),
    acceptedAt: record.acceptedAt,
    ...(record.cancelledAt === null ? {} : { cancelledAt: record.cancelledAt }),
  }
}

function describeTarget(target: TargetRecord): DeliveryTarget {
  const done = target.items.filter((item) => item.state === 'done')
  return {
    connection: target.connection,
    state: target.state,
    attempts: target.attempts,
    keys: target.items.map((item) => item.key),
    bytesSent: done.reduce((sum, item) => sum + item.sizeBytes, 0),
    ...(target.deliveredAt === null ? {} : { deliveredAt: target.deliveredAt }),
    ...(target.level === null ? {} : { verificationLevel: target.level }),
    ...(target.reason === null ? {} : { reason: target.reason }),
    ...(target.diagnosis === null ? {} : { diagnosis: target.diagnosis }),
    hasReceipt: target.receipt === 'made',
  }
}
