/**
 * Receipts are made on the database's thread, where the log is. The files come to the main thread once, in one piece, for
 * the copies beside the reports; to be saved they do not go back.
 */

import { systemClock } from '../../base/index.ts'
import type { Claim, DeliveryRecord, DeliveryRepository, ReceiptMaker, TargetRecord } from '../../delivery/index.ts'
import { evidenceReceipts } from '../../delivery/index.ts'
import { EvidenceLog, type LogKeys, type LogStore, type ReceiptFile } from '../../evidence/index.ts'
import { CheckpointWitness, witnessed } from '../witness.ts'
import type { ReceiptSetting } from './calls.ts'

/** So many wait to be saved at the same time at most; whoever comes later brings its files along. */
const mostWaiting = 1_024

/** On the thread. */
export class ReceiptsOnThread {
  readonly #maker: ReceiptMaker
  readonly #deliveries: DeliveryRepository
  readonly #made = new Map<string, readonly ReceiptFile[]>()

  constructor(
    { origin, witnesses, keys }: ReceiptSetting,
    rooms: { readonly log: LogStore; readonly deliveries: DeliveryRepository },
    reloadKeys: () => Promise<LogKeys>,
  ) {
    const store = witnessed(
      rooms.log,
      witnesses.map((directory) => new CheckpointWitness(directory)),
    )
    this.#maker = evidenceReceipts(new EvidenceLog({ store, ...keys, reloadKeys, origin, clock: systemClock }))
    this.#deliveries = rooms.deliveries
  }

  /** Makes a receipt and keeps its files for `save`. */
  async make(record: DeliveryRecord, target: TargetRecord): Promise<Uint8Array> {
    const files = await this.#maker.make(record, target)
    const [oldest] = this.#made.size >= mostWaiting ? this.#made.keys() : []
    if (oldest !== undefined) this.#made.delete(oldest)
    this.#made.set(nameOf(record.id, target.connection), files)
    return packFiles(files)
  }

  /** Saves what `make` kept. False: nothing was saved, or another receipt stands; ask with the files. */
  async save(claim: Claim, target: TargetRecord): Promise<boolean> {
    const name = nameOf(claim.delivery, target.connection)
    const files = this.#made.get(name)
    this.#made.delete(name)
    return files !== undefined && (await this.#deliveries.saveReceipt(claim, target, files)) === files
  }
}

function nameOf(delivery: string, connection: string): string {
  return `${delivery} ${connection}`
}

/** Receipt files as one piece of memory: a head of JSON, its length before it, and the bytes. */
export function packFiles(files: readonly ReceiptFile[]): Uint8Array {
  const head = Buffer.from(JSON.stringify(files.map(({ path, role, bytes }) => [path, role, bytes.byteLength])))
  const length = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 4 + head.length)
  const packed = new Uint8Array(length)
  new DataView(packed.buffer).setUint32(0, head.length)
  packed.set(head, 4)
  let at = 4 + head.length
  for (const { bytes } of files) {
    packed.set(bytes, at)
    at += bytes.byteLength
  }
  return packed
}

/** Takes them apart, without a copy. */
export function unpackFiles(packed: Uint8Array): readonly ReceiptFile[] {
  const headBytes = new DataView(packed.buffer, packed.byteOffset).getUint32(0)
  const head: [path: string, role: ReceiptFile['role'], length: number][] = JSON.parse(
    Buffer.from(packed.buffer, packed.byteOffset + 4, headBytes).toString('utf8'),
  )
  let at = 4 + headBytes
  return head.map(([path, role, length]) => {
    at += length
    return { path, role, bytes: packed.subarray(at - length, at) }
  })
}
