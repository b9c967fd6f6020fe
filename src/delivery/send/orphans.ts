/** Uploads that a crash left open at the target, paid for by its owner: found by key and aborted, or recorded. */
import { DrawbridgeError } from '../../base/index.ts'
import { possibleOrphanEntry } from '../entries.ts'
import type { Sending } from './sending.ts'

/**
 * Aborts every open upload under `prefix` and returns how many that were. Keys hold the delivery's id, so nobody else's
 * uploads are met. Null: the rights do not reach.
 */
export async function abortStrays(sending: Sending, prefix: string): Promise<number | null> {
  const { work, target } = sending
  try {
    const open = await target.store.listUploads(prefix, work.signal)
    for (const { key, uploadId } of open) await target.store.abortUpload(key, uploadId, work.signal)
    return open.length
  } catch (error) {
    if (error instanceof DrawbridgeError && error.code === 'access-denied') return null
    throw error
  }
}

/** Writes down that an unfinished upload may be at the target, which only its owner can remove. */
export async function notePossibleOrphan(sending: Sending, key: string): Promise<void> {
  const { work, connection } = sending
  await work.tools.repository.note(work.claim, [possibleOrphanEntry(work.record, connection, key)])
}
