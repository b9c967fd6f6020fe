/** Uploads that a crash left open at the target, paid for by its owner: found by key and aborted, or recorded. */
import { DrawbridgeError } from '../../base/index.ts'
import { possibleOrphanEntry } from '../entries.ts'
import type { Sending } from './sending.ts'

/**
 * Aborts every open upload under `prefix` except the recorded one. Where the rights do not reach, a possible orphan goes
 * on record instead. Keys hold the delivery's id, so nobody else's uploads are met.
 */
export async function abortStrays(sending: Sending, prefix: string, keepUploadId: string | null): Promise<void> {
  const { work, target, connection } = sending
  try {
    const open = await target.store.listUploads(prefix, work.signal)
    for (const { key, uploadId } of open) {
      if (uploadId !== keepUploadId) await target.store.abortUpload(key, uploadId, work.signal)
    }
  } catch (error) {
    if (!(error instanceof DrawbridgeError) || error.code !== 'access-denied') throw error
    await work.tools.repository.note(work.claim, [possibleOrphanEntry(work.record, connection, prefix)])
  }
}
