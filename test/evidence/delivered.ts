/**
 * Packages as they stand in a customer's bucket: delivered by the real code to the sandbox, one after the other, and read
 * back with the administrator's rights. Every delivery has a checkpoint of its own, except the last ones, which were so
 * many and so small that they share one object of receipts.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '../../src/base/index.ts'
import { DeliveryService, DeliveryWorker, evidenceReceipts, type Person, Spool } from '../../src/delivery/index.ts'
import {
  type EvidenceKey,
  EvidenceLog,
  exportPublicKeyPem,
  type HashReader,
  unpackSidecar,
  verifierKey,
} from '../../src/evidence/index.ts'
import { startSandbox } from '../../src/sandbox/index.ts'
import { openState, type State } from '../../src/state/index.ts'
import type { ObjectStore } from '../../src/storage/index.ts'
import { administratorStore, setUpCustomer } from '../kill/customer.ts'
import { type KillJob, prepare, targetAccess } from '../kill/target.ts'

const tenant = 'default'
const origin = 'evidence.example'
const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }

/** Files by path. */
export type Files = ReadonlyMap<string, Uint8Array>

/** One delivered package. */
export interface DeliveredPackage {
  readonly name: string
  readonly form: 'bag' | 'file'
  /** Report and receipt, the sidecar unpacked. */
  readonly files: Files
  /** Exactly the objects of the bucket: report and sidecar. Of a bag the same as `files`. */
  readonly objects: Files
}

/** What a bucket, a set-up kit and an export of the log hold after some deliveries. */
export interface Delivered {
  readonly packages: readonly DeliveredPackage[]
  /** An object of receipts that many small reports share, and their bytes by the last part of their key. */
  readonly shared: { readonly key: string; readonly text: string; readonly reports: Files }
  /** From the set-up kit. */
  readonly publicKeyPem: string
  /** The same in the form that other implementations take. */
  readonly verifierKey: string
  /** The checkpoints of the packages, the oldest first, and the newest of all. */
  readonly checkpoints: readonly string[]
  /** The exported log. */
  readonly entries: readonly string[]
  /** For forgeries that only the holder of the key can make. */
  readonly key: EvidenceKey
  /** The hashes of the log's tree. */
  readonly read: HashReader
}

const text = (content: string): Uint8Array => new Uint8Array(Buffer.from(content))
const rows = (count: number, of: string): Uint8Array =>
  text(Array.from({ length: count }, (_, row) => `${of}-${row},met\n`).join(''))

const reports: readonly { readonly name: string; readonly files: readonly [string, Uint8Array][] }[] = [
  { name: 'controls', files: [['controls.csv', rows(40, 'AC')]] },
  {
    name: 'review',
    files: [
      ['controls.csv', rows(25, 'CM')],
      ['access.csv', rows(10, 'ada')],
      ['empty.txt', text('')],
    ],
  },
  { name: 'people', files: [['people.csv', rows(60, 'ada')]] },
  {
    name: 'year',
    files: [
      ['summary.txt', text('all controls were met\n')],
      ['one.bin', new Uint8Array(Buffer.alloc(3000, 7))],
    ],
  },
]

/** So many small reports at a time that their receipts travel together. */
const smallReports = 40

/** Delivers, reads back, and leaves nothing running. */
export async function deliverAll(): Promise<Delivered> {
  const sandbox = await startSandbox()
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-delivered-'))
  try {
    const customer = await setUpCustomer(sandbox, { bucket: 'evidence', resume: false })
    const job: KillJob = { ...customer, directory, sizeBytes: 0, report: '' }
    const store = administratorStore(sandbox, job.bucket)
    const state = await openState({ directory, clock: systemClock })
    try {
      return await deliverTo(state, job, store)
    } finally {
      store.close()
      await state.close()
    }
  } finally {
    await sandbox.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function deliverTo(state: State, job: KillJob, store: ObjectStore): Promise<Delivered> {
  await prepare(state, job)
  const key = state.evidenceKey
  const spool = await Spool.open({ directory: state.spoolDirectory, keep: new Set() })
  const log = new EvidenceLog({ store: state.log, signer: key.privateKey, origin, clock: systemClock })
  state.sealWith(log)
  const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, spool }
  const parts = { ...shared, access: targetAccess(job) }
  const worker = new DeliveryWorker({ ...parts, receipts: evidenceReceipts(log) })
  const service = new DeliveryService({ ...parts, routes: state.routes, wake: () => {} })
  const packages: DeliveredPackage[] = []
  for (const { name, files } of reports) {
    const id = await accept(service, name, files)
    await worker.runOnce()
    packages.push(await packageOf(state, store, id, name))
  }
  const small = Array.from({ length: smallReports }, (_, nth) => rows(1 + nth, `small${nth}`))
  const ids: string[] = []
  for (const [nth, bytes] of small.entries()) ids.push(await accept(service, `small ${nth}`, [[`s${nth}.csv`, bytes]]))
  await worker.runOnce()
  await worker.stop()
  const newest = (await log.checkpoint(tenant)).note
  return {
    packages,
    shared: await sharedReceipts(state, store, ids),
    publicKeyPem: exportPublicKeyPem(key.publicKey),
    verifierKey: verifierKey(await log.originOf(tenant), key.publicKey),
    checkpoints: [...packages.map(({ files }) => textOf(files, 'checkpoint')), newest],
    entries: await state.log.entries(tenant, 0, await state.log.size(tenant)),
    key,
    read: await readerOf(state),
  }
}

async function accept(
  service: DeliveryService,
  report: string,
  files: readonly [string, Uint8Array][],
): Promise<string> {
  const uploads: string[] = []
  for (const [name, bytes] of files) {
    uploads.push((await service.upload(tenant, name, chunksOf(bytes))).upload)
  }
  return (await service.accept(tenant, person, { route: 'audit', report, period: '2026-10', uploads })).id
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

async function packageOf(state: State, store: ObjectStore, id: string, name: string): Promise<DeliveredPackage> {
  const target = await deliveredTarget(state, id)
  const [first] = target.items
  const form = target.items.length > 1 ? 'bag' : 'file'
  const folder = (first?.key ?? '').slice(0, -(first?.path.length ?? 0))
  const objects = new Map<string, Uint8Array>()
  for await (const { key } of store.list(form === 'bag' ? folder : (first?.key ?? ''))) {
    objects.set(key.slice(folder.length), await bytesOf(store, key))
  }
  return { name, form, objects, files: form === 'bag' ? objects : unpacked(objects) }
}

/** A report of one file with its sidecar unpacked beside it. */
function unpacked(objects: Files): Files {
  const files = new Map<string, Uint8Array>()
  for (const [path, bytes] of objects) {
    if (!path.endsWith('.receipt.json')) files.set(path, bytes)
    else for (const [name, file] of receiptFilesOf(Buffer.from(bytes).toString())) files.set(name, file)
  }
  return files
}

function receiptFilesOf(sidecar: string): Files {
  const unpacked = unpackSidecar(sidecar)
  if (!unpacked.ok) throw new Error('the bucket holds a sidecar that is none')
  return new Map(unpacked.value.map((file) => [file.path, file.bytes]))
}

/** Packages of small reports, their receipts taken out of the shared object. */
export function sharedPackages({ text, reports }: Delivered['shared']): DeliveredPackage[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { key, receipt }: { key: string; receipt: string } = JSON.parse(line)
      const name = key.slice(key.lastIndexOf('/') + 1, -'.receipt.json'.length)
      const report = reports.get(name) ?? new Uint8Array()
      const objects = new Map([
        [name, report],
        [`${name}.receipt.json`, new Uint8Array(Buffer.from(receipt))],
      ])
      return { name, form: 'file', objects, files: new Map([[name, report], ...receiptFilesOf(receipt)]) }
    })
}

async function sharedReceipts(state: State, store: ObjectStore, ids: readonly string[]): Promise<Delivered['shared']> {
  const keys: string[] = []
  for await (const { key } of store.list('exports/receipts/')) keys.push(key)
  const [key] = keys
  if (key === undefined) throw new Error('no small reports shared an object of receipts')
  const text = Buffer.from(await bytesOf(store, key)).toString()
  const reports = new Map<string, Uint8Array>()
  for (const id of ids) {
    const report = (await deliveredTarget(state, id)).items[0]?.key ?? ''
    // Those that came first or last had company of fewer, and have sidecars of their own.
    if (text.includes(report)) reports.set(report.slice(report.lastIndexOf('/') + 1), await bytesOf(store, report))
  }
  return { key, text, reports }
}

async function deliveredTarget(state: State, id: string) {
  const [target] = (await state.deliveries.byId(tenant, id))?.targets ?? []
  if (target?.state !== 'delivered' || target.sidecar !== 'written') throw new Error(`\`${id}\` was not delivered`)
  return target
}

async function bytesOf(store: ObjectStore, key: string): Promise<Uint8Array> {
  const { body } = await store.get(key)
  return new Uint8Array(Buffer.concat(await body.toArray()))
}

async function readerOf(state: State): Promise<HashReader> {
  const hashes: Uint8Array[] = []
  for (;;) {
    const [hash] = await state.log.readHashes(tenant, [hashes.length])
    if (hash === undefined) break
    hashes.push(hash)
  }
  return async (indexes) => indexes.flatMap((index) => hashes[index] ?? [])
}

/** A file of a package as text. */
export function textOf(files: Files, path: string): string {
  return Buffer.from(files.get(path) ?? []).toString()
}
