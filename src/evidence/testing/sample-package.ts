/** Whole packages for tests: a log, a delivery in it, and its receipt, all of them made by the real code. */
import { createHash } from 'node:crypto'
import { ManualClock } from '../../base/index.ts'
import type { EvidenceKey } from '../evidence-key.ts'
import { generateEvidenceKey } from '../evidence-key.ts'
import { EvidenceLog } from '../evidence-log.ts'
import type { LogProof } from '../log-proof.ts'
import { layoutPackage } from '../package-layout.ts'
import type { PackageSource } from '../package-source.ts'
import type { ReceiptFiles } from '../receipt.ts'
import { buildReceipt } from '../receipt.ts'
import type { ReceiptFacts, ReceiptObject } from '../receipt-facts.ts'
import { deliveredEntry } from '../receipt-statement.ts'
import { MemoryLogStore } from './memory-log-store.ts'

export const sampleOrigin = 'drawbridge.example'

/** A key that is the same in every run. */
export function sampleKey(seed: number): EvidenceKey {
  return generateEvidenceKey({ bytes: (length) => new Uint8Array(length).fill(seed) })
}

/** A clock on which whoever sleeps moves the time forward. */
class SleepersClock extends ManualClock {
  override async sleep(milliseconds: number): Promise<void> {
    this.advance(milliseconds)
  }
}

export const logClock = new SleepersClock(new Date('2026-01-01T00:00:00Z'))

export function logOf(store: MemoryLogStore, key: EvidenceKey, formerKeys: EvidenceKey[] = []): EvidenceLog {
  const former = formerKeys.map(({ publicKey }) => publicKey)
  return new EvidenceLog({ store, signer: key.privateKey, formerKeys: former, origin: sampleOrigin, clock: logClock })
}

export const reportFiles: ReadonlyMap<string, Uint8Array> = new Map([
  ['controls.csv', bytesOf('control,state\nAC-1,met\nAC-2,met\n')],
  ['people/access.csv', bytesOf('person,role\nada,reader\n')],
  ['empty.txt', bytesOf('')],
])

export function sampleFacts(objects: readonly ReceiptObject[]): ReceiptFacts {
  return {
    delivery: 'dlv_00000000000000000000000001',
    report: 'access review',
    period: '2026-10',
    acceptedAt: '2026-11-01T06:00:00.000Z',
    deliveredAt: '2026-11-01T06:00:07.000Z',
    actor: 'person:0f3a:ada',
    target: {
      service: 's3',
      location: 's3://customer-exports',
      bucketOwner: '111122223333',
      principal: 'arn:aws:sts::111122223333:assumed-role/Exports/ada',
    },
    objects,
    verificationLevel: 'server-checksum',
  }
}

/** Logs a delivery between others, and proves it. */
export async function proofFor(facts: ReceiptFacts, key: EvidenceKey): Promise<LogProof> {
  const store = new MemoryLogStore()
  for (let index = 0; index < 5; index++) store.add('acme')
  const outboxId = store.add('acme', deliveredEntry(facts))
  for (let index = 0; index < 3; index++) store.add('acme')
  return logOf(store, key).proofOf('acme', outboxId)
}

export interface SamplePackage {
  readonly facts: ReceiptFacts
  readonly receipt: ReceiptFiles
  /** Every file of the package, by path. */
  readonly files: Map<string, Uint8Array>
}

/** A report of one file, with its receipt unpacked beside it. */
export async function samplePlainPackage(key: EvidenceKey): Promise<SamplePackage> {
  const bytes = bytesOf('control,state\nAC-1,met\n')
  const path = 'dlv_01-0a1b.csv'
  const described = { path, key: `audit/${path}`, sizeBytes: bytes.length, sha256: sha256(bytes) }
  const facts = sampleFacts([
    {
      ...described,
      etag: '"abc"',
      versionId: 'v1',
      checksum: { algorithm: 'sha256', base64: 'AAAA' },
      requestId: 'R1',
    },
  ])
  const receipt = buildReceipt(facts, await proofFor(facts, key), key.privateKey)
  return { facts, receipt, files: new Map([[path, bytes], ...receipt.map((file) => [file.path, file.bytes] as const)]) }
}

/** A report of several files, as a BagIt folder. */
export async function sampleBag(key: EvidenceKey): Promise<SamplePackage> {
  const given = [...reportFiles].map(([name, bytes]) => ({ name, sizeBytes: bytes.length, sha256: sha256(bytes) }))
  const layout = layoutPackage(given, sampleFacts([]))
  if (!layout.ok) throw new Error(layout.error.reason)
  const files = new Map<string, Uint8Array>()
  const objects: ReceiptObject[] = []
  for (const file of layout.value) {
    files.set(file.path, file.role === 'tag' ? file.bytes : (reportFiles.get(file.name) ?? new Uint8Array()))
    const { path, sizeBytes, sha256: hash } = file
    if (file.role === 'payload') objects.push({ path, key: `audit/2026-10/dlv_01/${path}`, sizeBytes, sha256: hash })
  }
  const facts = { ...sampleFacts(objects), failoverReason: 'the primary refused: `AccessDenied`' }
  const receipt = buildReceipt(facts, await proofFor(facts, key), key.privateKey)
  for (const file of receipt) files.set(file.path, file.bytes)
  return { facts, receipt, files }
}

/** A package in memory. */
export function sourceOf(files: ReadonlyMap<string, Uint8Array>): PackageSource {
  return { list: () => [...files.keys()], read: (path) => files.get(path) ?? null }
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text))
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
