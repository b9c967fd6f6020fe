/**
 * What must hold when the killing is over and everything has settled: each accepted report stands in the bucket once, byte
 * for byte, with its receipt; each has one entry in the log; nothing else lies there. Counts rather than throws.
 */
import { createHash } from 'node:crypto'
import { systemClock } from '../../src/base/index.ts'
import type { DeliveryRecord } from '../../src/delivery/index.ts'
import { EvidenceLog, exportPublicKeyPem, unpackSidecar, verifyPackage } from '../../src/evidence/index.ts'
import type { State } from '../../src/state/index.ts'
import type { ObjectStore } from '../../src/storage/index.ts'
import { reportHash } from '../kill/report.ts'
import { administratorOf, type Place } from './places.ts'
import { sizeOf } from './reports.ts'
import { openKillState } from './state.ts'

const tenant = 'default'

/** What was found, counted. All but `reports`, `occupied` and `recordedOrphans` must be 0. */
export interface Findings {
  reports: number
  /** Acknowledged, and not delivered byte for byte. */
  lost: number
  /** Objects beside the reports and their receipts. */
  duplicated: number
  /** Uploads that stand open. */
  orphans: number
  /** Uploads of which the log says that they may stand open, because our rights can not tell. */
  recordedOrphans: number
  /** Reports without a receipt that verifies. */
  withoutReceipt: number
  /** Deliveries with no, or more than one, final entry in the log; and checkpoints that the log does not continue. */
  logFaults: number
  /** Deliveries of which only the 412 is known. */
  occupied: number
}

export const nothingFound: Findings = {
  ...{
    reports: 0,
    lost: 0,
    duplicated: 0,
    orphans: 0,
    recordedOrphans: 0,
    withoutReceipt: 0,
    logFaults: 0,
    occupied: 0,
  },
}

/**
 * Counts, and empties the place for what follows.
 *
 * @param acknowledged - the names of the reports that a killed process said it had accepted
 * @param checked - ids of earlier checks, which are left out and added to
 */
export async function checkPlace(
  place: Place,
  directory: string,
  acknowledged: ReadonlySet<string>,
  checked: Set<string>,
  database: string | null = null,
): Promise<Findings> {
  const state = await openKillState(directory, database)
  const store = administratorOf(place)
  try {
    return await checkState(state, store, acknowledged, checked)
  } finally {
    store.close()
    await state.close()
  }
}

/** The same for a state and a store that somebody else opened. */
export async function checkState(
  state: State,
  store: ObjectStore,
  acknowledged: ReadonlySet<string>,
  checked: Set<string>,
): Promise<Findings> {
  const found = { ...nothingFound }
  const records = (await state.deliveries.list(tenant, { limit: 10_000 })).filter(({ id }) => !checked.has(id))
  for (const name of acknowledged) if (!records.some((record) => record.report === name)) found.lost++
  found.reports = records.length
  // Names are idempotency keys: two deliveries of one name are one report twice.
  found.duplicated += records.length - new Set(records.map(({ report }) => report)).size
  await checkBucket(state, store, records, found)
  await checkLog(state, records, found)
  for (const { id } of records) checked.add(id)
  return found
}

async function checkBucket(
  state: State,
  store: ObjectStore,
  records: readonly DeliveryRecord[],
  found: Findings,
): Promise<void> {
  const keys = new Set<string>()
  for await (const { key } of store.list('')) keys.add(key)
  const receipts = await receiptCopies(store, keys)
  for (const record of records) {
    const [target] = record.targets
    const key = target?.items[0]?.key ?? ''
    if (target?.level === 'occupied') found.occupied++
    const bytes = keys.has(key) ? await read(store, key) : null
    const isWhole = bytes !== null && sha256(bytes) === reportHash(record.report, sizeOf(record.report))
    if (record.state !== 'delivered' || !isWhole) found.lost++
    const sidecars = receipts.get(`${key}.receipt.json`) ?? []
    if (bytes === null || !(await areReceipts(state, key, bytes, sidecars))) found.withoutReceipt++
    keys.delete(key)
    keys.delete(`${key}.receipt.json`)
  }
  for (const key of keys) if (!key.startsWith('exports/receipts/')) found.duplicated++
  found.orphans = (await store.listUploads('')).length
  for await (const { key } of store.list('')) await store.delete(key)
}

/** Every copy of a receipt that lies in the bucket, by the key beside its report; a crash may leave the same one twice. */
async function receiptCopies(store: ObjectStore, keys: ReadonlySet<string>): Promise<Map<string, string[]>> {
  const copies = new Map<string, string[]>()
  const add = (key: string, text: string): unknown => copies.set(key, [...(copies.get(key) ?? []), text])
  for (const key of keys) {
    if (key.endsWith('.receipt.json')) add(key, Buffer.from(await read(store, key)).toString())
    if (!key.startsWith('exports/receipts/')) continue
    const text = Buffer.from(await read(store, key)).toString()
    for (const line of text.trimEnd().split('\n')) {
      const { key: beside, receipt }: { key: string; receipt: string } = JSON.parse(line)
      add(beside, receipt)
    }
  }
  return copies
}

async function areReceipts(
  state: State,
  key: string,
  report: Uint8Array,
  sidecars: readonly string[],
): Promise<boolean> {
  const name = key.slice(key.lastIndexOf('/') + 1)
  for (const sidecar of new Set(sidecars)) {
    if (!unpackSidecar(sidecar).ok) return false
    const files = new Map<string, Uint8Array>([
      [name, report],
      [`${name}.receipt.json`, Buffer.from(sidecar)],
    ])
    const source = { list: () => [...files.keys()], read: (path: string) => files.get(path) ?? null }
    if (!(await verifyPackage(source, exportPublicKeyPem(state.evidenceKey.publicKey))).ok) return false
  }
  return sidecars.length > 0
}

async function checkLog(state: State, records: readonly DeliveryRecord[], found: Findings): Promise<void> {
  const signer = state.evidenceKey.privateKey
  const log = new EvidenceLog({ store: state.log, signer, origin: 'kill.example', clock: systemClock })
  await log.integrate(tenant)
  const entries = await state.log.entries(tenant, 0, await state.log.size(tenant))
  const delivered = new Map<string, number>()
  const ids = new Set(records.map(({ id }) => id))
  for (const entry of entries) {
    const { action, subject }: { action: string; subject: string } = JSON.parse(entry)
    if (action === 'delivery.delivered') delivered.set(subject, (delivered.get(subject) ?? 0) + 1)
    if (action === 'delivery.possible-orphan' && ids.has(subject)) found.recordedOrphans++
  }
  for (const { id } of records) {
    if (delivered.get(id) !== 1) found.logFaults++
    const receipt = await state.deliveries.receipt(tenant, id, 'acme')
    const note = receipt?.find(({ path }) => path === 'checkpoint')?.bytes
    const continues = log.assertContinues(tenant, Buffer.from(note ?? []).toString())
    await continues.catch(() => {
      found.logFaults++
    })
  }
}

async function read(store: ObjectStore, key: string): Promise<Uint8Array> {
  const { body } = await store.get(key)
  return new Uint8Array(Buffer.concat(await body.toArray()))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
