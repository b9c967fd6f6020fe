/** Deliveries as the repository tests need them: valid, small, and with nothing left to chance. */
import type { Claim, ItemRecord, NewDelivery, SpooledFile, TargetRecord } from '../../delivery/index.ts'
import { smallDeliveryBytes } from '../../delivery/index.ts'
import { tenant } from '../../delivery/testing/house.ts'
import type { ReceiptFacts } from '../../evidence/index.ts'
import type { State } from '../state.ts'

/** A file of the spool, or a small one of the database. */
export function fileOf(number: number, isSmall = true): SpooledFile {
  const sizeBytes = isSmall ? 3 : smallDeliveryBytes + 1
  return { upload: `upl_${number}`, name: `${number}.csv`, sizeBytes, sha256: 'a'.repeat(64), isSmall }
}

/** A target that nothing was tried at. */
export function waitingTarget(connection: string, position = 0): TargetRecord {
  return {
    connection,
    position,
    state: 'waiting',
    identity: { tags: { department: 'audit' }, sourceIdentity: 'maria', sessionName: 'maria' },
    attempts: 0,
    faults: 0,
    availableAt: '2026-11-03T10:00:00.000Z',
    items: [],
    level: null,
    deliveredAt: null,
    reason: null,
    diagnosis: null,
    entry: null,
    receipt: 'none',
    sidecar: 'none',
    sidecarAttempts: 0,
    facts: null,
  }
}

/** One object that goes in one request. */
export const plannedItem: ItemRecord = {
  index: 0,
  file: 0,
  path: '1.csv',
  key: 'root/1.csv',
  sizeBytes: 3,
  sha256: 'a'.repeat(64),
  state: 'waiting',
  way: 'put',
  isCreateSent: false,
  uploadId: null,
  partSizeBytes: 0,
  answer: null,
  level: null,
}

/** A delivery of one file to `acme`. */
export function deliveryOf(number: number, over: Partial<NewDelivery> = {}): NewDelivery {
  return {
    id: `dlv_${number}`,
    tenant,
    route: 'audit',
    policy: 'failover',
    report: `report ${number}`,
    period: '2026-10',
    idempotencyKey: null,
    actor: { kind: 'person', issuer: 'https://login.example', subject: 'maria' },
    claims: { department: 'audit' },
    files: [fileOf(number)],
    targets: [waitingTarget('acme')],
    ...over,
  }
}

/** Uploads and accepts deliveries with these numbers. */
export async function accept(state: State, numbers: readonly number[], isSmall = true): Promise<void> {
  await Promise.all(
    numbers.map(async (number) => {
      const file = fileOf(number, isSmall)
      await state.deliveries.addUpload(tenant, file, isSmall ? Uint8Array.of(1, 2, 3) : null)
      const entry = { actor: 'operator:local', action: 'delivery.accepted', subject: `dlv_${number}`, fields: {} }
      await state.deliveries.accept(deliveryOf(number, { files: [file] }), [entry])
    }),
  )
}

/** Claims one delivery; there has to be one. */
export async function claimOne(state: State, leaseMs = 60_000): Promise<Claim> {
  const [claim] = await state.deliveries.claim('test', { small: 1, large: 1 }, leaseMs)
  if (claim === undefined) throw new Error('nothing is due')
  return claim
}

/** What a receipt of a delivery to `acme` would say. */
export function factsOf(delivery: string): ReceiptFacts {
  const sha256 = 'a'.repeat(64)
  return {
    delivery,
    report: `report of ${delivery}`,
    period: '2026-10',
    acceptedAt: '2026-11-03T10:00:00.000Z',
    deliveredAt: '2026-11-03T10:00:01.000Z',
    actor: 'operator:local',
    target: { service: 's3', location: 's3://acme-audit' },
    objects: [{ path: 'a.csv', key: `root/${delivery}/a.csv`, sizeBytes: 3, sha256 }],
    verificationLevel: 'server-checksum',
  }
}
