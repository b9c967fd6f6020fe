/** The parts of a multipart upload: which are missing, and sending them a few at a time. */
import { DrawbridgeError } from '../../base/index.ts'
import type { StoredPart } from '../../storage/index.ts'
import type { ItemRecord, SentPart } from '../record.ts'
import { type ItemBody, type Sending, tellProgress, withBody } from './sending.ts'

const inFlight = 4

/**
 * Sends the parts that the store does not hold yet and returns all of them, in order. A part counts as held only when
 * the store lists it with the ETag and size that were written down when it was sent.
 * @throws upload-not-found
 */
export async function sendParts(sending: Sending, item: ItemRecord, body: ItemBody): Promise<SentPart[]> {
  const { uploadId } = item
  if (uploadId === null) throw new TypeError('a multipart item has an upload id by now')
  const held = await heldParts(sending, item, uploadId)
  const progress = new PartProgress(sending, item, held)
  const count = Math.ceil(item.sizeBytes / item.partSizeBytes)
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !held.has(number))
  const { signal } = sending.work
  const lane = async (): Promise<void> => {
    for (let number = missing.shift(); number !== undefined; number = missing.shift()) {
      signal.throwIfAborted()
      held.set(number, await sendPart(sending, item, uploadId, body, number, progress))
    }
  }
  const lanes = Array.from({ length: inFlight }, lane)
  try {
    await Promise.all(lanes)
  } catch (error) {
    // The other lanes end the part they are at, so that it need not travel again; nothing may write after the attempt.
    missing.length = 0
    await Promise.allSettled(lanes)
    throw error
  }
  return [...held.values()].sort((a, b) => a.number - b.number)
}

async function sendPart(
  sending: Sending,
  item: ItemRecord,
  uploadId: string,
  body: ItemBody,
  number: number,
  progress: PartProgress,
): Promise<SentPart> {
  const { work, connection } = sending
  const start = (number - 1) * item.partSizeBytes
  const end = Math.min(start + item.partSizeBytes, item.sizeBytes)
  const onProgress = (bytesSent: number): void => progress.set(number, bytesSent)
  const withCrc32 = body.crc32 !== undefined
  const options = { signal: work.signal, onProgress, withCrc32 }
  const stored = await withBody(sending, body, (store) =>
    store.uploadPart(item.key, uploadId, number, body, start, end, options),
  )
  const sent: SentPart = { number, etag: stored.etag, sizeBytes: end - start }
  await work.tools.repository.savePart(work.claim, connection, item.index, sent)
  progress.set(number, sent.sizeBytes)
  return sent
}

async function heldParts(sending: Sending, item: ItemRecord, uploadId: string): Promise<Map<number, SentPart>> {
  const { work, connection } = sending
  const known = await work.tools.repository.parts(work.claim, connection, item.index)
  // Nothing sent before and no Complete on record: there is nothing to ask the store about.
  if (known.length === 0 && item.state === 'waiting') return new Map()
  const listed = await listParts(sending, item.key, uploadId)
  if (listed === null) return new Map()
  const held = known.filter((part) => {
    const stored = listed.find((candidate) => candidate.number === part.number)
    return stored?.etag === part.etag && stored.sizeBytes === part.sizeBytes
  })
  return new Map(held.map((part) => [part.number, part]))
}

/** Null: the right to list is gone. Every part is then sent again, which replaces it. */
async function listParts(sending: Sending, key: string, uploadId: string): Promise<StoredPart[] | null> {
  try {
    return await sending.target.store.listParts(key, uploadId, sending.work.signal)
  } catch (error) {
    if (error instanceof DrawbridgeError && error.code === 'access-denied') return null
    throw error
  }
}

/** Adds the progress of parts up to the progress of the object. */
class PartProgress {
  readonly #sending: Sending
  readonly #item: ItemRecord
  readonly #bytes = new Map<number, number>()
  #sum = 0

  constructor(sending: Sending, item: ItemRecord, held: ReadonlyMap<number, SentPart>) {
    this.#sending = sending
    this.#item = item
    for (const part of held.values()) this.set(part.number, part.sizeBytes)
  }

  set(number: number, bytes: number): void {
    this.#sum += bytes - (this.#bytes.get(number) ?? 0)
    this.#bytes.set(number, bytes)
    tellProgress(this.#sending, this.#item, this.#sum)
  }
}
