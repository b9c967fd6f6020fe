/** From a delivered target to its receipt: the log's proof, the signed statement, and where its copies stand. Pure but for the log. */
import {
  buildReceipt,
  packSidecarOctets,
  type ReceiptFacts,
  type ReceiptFile,
  sidecarSuffix,
} from '../evidence/index.ts'
import { actorName } from './entries.ts'
import { GatheredProofs, type Prover } from './gathered-proofs.ts'
import type { DeliveryRecord, ItemRecord, TargetFacts, TargetRecord } from './record.ts'
import { weakest } from './send/level.ts'

/** Makes the files of a receipt for a target that was committed as delivered. */
export interface ReceiptMaker {
  make(record: DeliveryRecord, target: TargetRecord): Promise<readonly ReceiptFile[]>
}

/**
 * Makes receipts of the evidence log's proofs, signed with the key that signs it. Receipts that are asked for while others are made are
 * made together: one checkpoint and one reading of the log prove them all.
 */
export function evidenceReceipts(log: Prover): ReceiptMaker {
  const proofs = new GatheredProofs(log)
  return {
    async make(record, target) {
      if (target.entry === null) throw new TypeError('a delivered target has an entry in the log')
      const proof = await proofs.proofOf(record.tenant, target.entry)
      // Only now: the proof may have shown that the key was rotated.
      return buildReceipt(receiptFacts(record, target), proof, log.signer)
    },
  }
}

/** Gathers what a receipt vouches for; also what the log entry of the delivery says. */
export function receiptFacts(record: DeliveryRecord, target: TargetRecord): ReceiptFacts {
  const { deliveredAt, facts, items } = target
  if (deliveredAt === null || facts === null) throw new TypeError('only a delivered target has a receipt')
  const before = record.targets.find((other) => other.position < target.position && other.reason !== null)
  const failoverReason = record.policy === 'failover' ? before?.reason : null
  return {
    delivery: record.id,
    report: record.report,
    period: record.period,
    acceptedAt: record.acceptedAt,
    deliveredAt,
    actor: actorName(record.actor),
    target: targetOf(facts),
    objects: items.filter((item) => item.file !== null).map(objectOf),
    verificationLevel: target.level ?? weakest(items.flatMap((item) => item.level ?? [])),
    ...(failoverReason == null ? {} : { failoverReason: `${before?.connection}: ${failoverReason}` }),
  }
}

function targetOf(facts: TargetFacts): ReceiptFacts['target'] {
  const { service, location, bucketOwner, principal } = facts
  return {
    service,
    location,
    ...(bucketOwner === undefined ? {} : { bucketOwner }),
    ...(principal === undefined ? {} : { principal }),
  }
}

function objectOf(item: ItemRecord): ReceiptFacts['objects'][number] {
  const { path, key, sizeBytes, sha256, answer } = item
  return { path, key, sizeBytes, sha256, ...(answer ?? {}) }
}

/** The copies of a receipt that stand next to the report: one file beside one object, or files in the package's folder. */
export function sidecarObjects(
  record: DeliveryRecord,
  target: TargetRecord,
  files: readonly ReceiptFile[],
): { key: string; bytes: Uint8Array }[] {
  if (record.files.length === 1) {
    return [{ key: sidecarKey(target), bytes: Buffer.from(packSidecarOctets(files), 'latin1') }]
  }
  const first = firstItem(target)
  const folder = first.key.slice(0, first.key.length - first.path.length)
  // Tag files were delivered with the report.
  return files.filter((file) => file.role === 'receipt').map(({ path, bytes }) => ({ key: folder + path, bytes }))
}

/** Where the one copy stands beside a report of one file. */
export function sidecarKey(target: TargetRecord): string {
  return firstItem(target).key + sidecarSuffix
}

function firstItem({ items: [first] }: TargetRecord): ItemRecord {
  if (first === undefined) throw new TypeError('a delivered target has items')
  return first
}
