/**
 * The copies of receipts next to the reports. Of many small reports they travel together, one object for all of them, so
 * that a receipt does not cost as much as its report. What a receipt says is decided elsewhere.
 */
import { hash } from 'node:crypto'
import { DrawbridgeError } from '../base/index.ts'
import { assertSidecar, packSidecarLines, packSidecarOctets, type ReceiptFiles } from '../evidence/index.ts'
import type { DeliveryRecord, TargetRecord } from './record.ts'
import { levelOfAnswer } from './send/level.ts'
import { settingsOf } from './send/object-settings.ts'
import { RenewingSession } from './send/session.ts'
import { bytesBody } from './spool/bytes-body.ts'
import type { OpenTarget, TargetAccess } from './target-access.ts'

/** The copy of one receipt. */
export interface Sidecar {
  readonly key: string
  /** Those of a receipt for a report of one file. */
  readonly files: ReceiptFiles
  readonly record: DeliveryRecord
  readonly target: TargetRecord
}

/** A copy, or several in one object. */
interface SidecarObject {
  readonly key: string
  readonly bytes: Uint8Array
  /** Hex, where it is known. */
  readonly sha256?: string
}

interface Waiting extends Sidecar {
  readonly done: () => void
  readonly fail: (error: unknown) => void
}

/** Fewer than these stand each beside its report. */
export const smallestBatch = 8
const largestBatch = 256

/** Writes copies that are asked for at the same time together, for each target, person and period. */
export class SidecarWriter {
  readonly #access: TargetAccess
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(access: TargetAccess) {
    this.#access = access
  }

  /**
   * Writes the copy of one receipt: by itself, or at the first attempt as a line of
   * `<root>receipts/<period>/receipts-<hash>.jsonl`. It follows from the saved receipt, so that one which stands already is
   * the same one.
   * @throws DrawbridgeError when the target does not take it
   * @throws TypeError when the files have no copy of this kind
   */
  async write(sidecar: Sidecar): Promise<void> {
    // Here, for those with whom it would travel are not to blame.
    assertSidecar(sidecar.files)
    const { record, target } = sidecar
    const place = JSON.stringify([record.tenant, target.connection, target.identity, record.period])
    await new Promise<void>((done, fail) => {
      const waiting = this.#waiting.get(place)
      if (waiting !== undefined) waiting.push({ ...sidecar, done, fail })
      else {
        this.#waiting.set(place, [{ ...sidecar, done, fail }])
        void this.#drain(place)
      }
    })
  }

  async #drain(place: string): Promise<void> {
    // Whoever asks in this same turn still comes along.
    await Promise.resolve()
    for (;;) {
      const batch = this.#waiting.get(place)?.splice(0, largestBatch) ?? []
      const [first] = batch
      if (first === undefined) break
      try {
        const open = await this.#access.open(first.record.tenant, first.target.connection, first.target.identity)
        await this.#writeAll(open, batch).finally(() => open.close())
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    this.#waiting.delete(place)
  }

  async #writeAll(open: OpenTarget, batch: readonly Waiting[]): Promise<void> {
    const fresh = batch.filter(isFresh)
    const isTogether = fresh.length >= smallestBatch && (await isShared(open, fresh))
    if (isTogether) for (const { done } of fresh) done()
    const alone = isTogether ? batch.filter((one) => !isFresh(one)) : batch
    await Promise.all(
      alone.map(({ record, key, files, done, fail }) =>
        writeSidecars(open, record, [{ key, bytes: Buffer.from(packSidecarOctets(files), 'latin1') }]).then(done, fail),
      ),
    )
  }
}

/** What failed once may have left an object of several that is not whole: afterwards each copy stands by itself. */
function isFresh({ target }: Sidecar): boolean {
  return target.sidecarAttempts <= 1
}

/** False: the store holds other bytes there than were sent, so that each copy has to stand by itself. */
async function isShared(open: OpenTarget, batch: readonly Waiting[]): Promise<boolean> {
  const delivery = { id: 'several', acceptedAt: latestOf(batch) }
  return (await putCopies(open, delivery, [batchObject(open.rootPath, batch)])) === null
}

/** Receipts that stand together are kept as long as the youngest of them. */
function latestOf(batch: readonly Waiting[]): string {
  return (
    batch
      .map(({ record }) => record.acceptedAt)
      .sort()
      .at(-1) ?? ''
  )
}

/** One line of JSON for each receipt: the key under which it would stand beside its report, and what would stand there. */
function batchObject(rootPath: string, batch: readonly Waiting[]): SidecarObject {
  const bytes = packSidecarLines(batch)
  const sha256 = hash('sha256', bytes, 'hex')
  const folder = `${rootPath}receipts/${batch[0]?.record.period ?? ''}`
  return { key: `${folder}/receipts-${sha256.slice(0, 16)}.jsonl`, bytes, sha256 }
}

/**
 * Writes copies of receipts. They follow from what is saved, so one that stands already is the same one.
 * @throws DrawbridgeError when the target does not take them; `checksum-mismatch` when it holds other bytes than were sent
 */
export async function writeSidecars(
  target: OpenTarget,
  delivery: Pick<DeliveryRecord, 'id' | 'acceptedAt'>,
  objects: readonly SidecarObject[],
  signal?: AbortSignal,
): Promise<void> {
  const damaged = await putCopies(target, delivery, objects, signal)
  if (damaged === null) return
  throw new DrawbridgeError({
    code: 'checksum-mismatch',
    message: `the store says that it holds other bytes at \`${damaged}\` than the copy of the receipt`,
    retry: 'never',
    help: 'the receipt itself is whole: take it from Drawbridge, and have the damaged copy removed by its owner',
  })
}

/** Answers the first key at which the store says that it holds other bytes than were sent; null: none. */
async function putCopies(
  target: OpenTarget,
  delivery: Pick<DeliveryRecord, 'id' | 'acceptedAt'>,
  objects: readonly SidecarObject[],
  signal?: AbortSignal,
): Promise<string | null> {
  const { acl, encryption } = target.writing
  const session = new RenewingSession(target)
  for (const { key, bytes, sha256 } of objects) {
    const metadata = { 'drawbridge-delivery': delivery.id }
    const said = { acl, encryption, metadata, ...settingsOf(target.writing, delivery.acceptedAt) }
    const options = { ifAbsent: true, ...said, ...(signal === undefined ? {} : { signal }) }
    const body = bytesBody(bytes, sha256)
    try {
      const answer = await session.run((store) => store.put(key, body, options))
      const known = { sizeBytes: body.sizeBytes, sha256: body.sha256 }
      const level = await levelOfAnswer(answer, known, () => body.md5Of(0, body.sizeBytes))
      if (level === 'mismatch') return key
    } catch (error) {
      if (!(error instanceof DrawbridgeError) || error.code !== 'object-exists') throw error
    }
  }
  return null
}
