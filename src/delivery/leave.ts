/** Leaving a target whose delivery was cancelled: open uploads are aborted, and what may stand there is written down. */
import { DrawbridgeError } from '../base/index.ts'
import { possibleObjectEntry, possibleOrphanEntry } from './entries.ts'
import type { ItemRecord, TargetRecord } from './record.ts'
import type { NewEntry } from './repository.ts'
import { RenewingSession } from './send/session.ts'
import type { Work } from './work.ts'

/**
 * Aborts the uploads that are open at a target and returns the entries about what may be left there: parts that our rights
 * can not remove, or an object whose write was sent and never answered. Nothing that stands is removed.
 */
export async function leaveTarget(work: Work, target: TargetRecord): Promise<NewEntry[]> {
  const { record } = work
  const { connection } = target
  const open = target.items.filter((item) => item.state !== 'done' && item.isCreateSent)
  const isAborted = open.length === 0 || (await abortAll(work, target, open))
  return [
    ...(isAborted ? [] : open.map(({ key }) => possibleOrphanEntry(record, connection, key))),
    ...target.items
      .filter((item) => item.state !== 'waiting')
      .map(({ key }) => possibleObjectEntry(record, connection, key)),
  ]
}

/** What the target's line says. */
export function reasonToLeave(entries: readonly NewEntry[]): Pick<TargetRecord, 'reason'> {
  const keys = entries.filter(({ action }) => action === 'delivery.possible-object').map(({ fields }) => fields['key'])
  if (keys.length === 0) return { reason: 'cancelled before it arrived' }
  return { reason: `cancelled; an object may stand at \`${keys.join('`, `')}\`` }
}

/** False: the target can not be reached, or does not let us. */
async function abortAll(work: Work, target: TargetRecord, items: readonly ItemRecord[]): Promise<boolean> {
  const { access } = work.tools
  try {
    const open = await access.open(work.record.tenant, target.connection, target.identity)
    try {
      const session = new RenewingSession(open)
      for (const { key, uploadId } of items) {
        if (uploadId !== null) await session.run((store) => store.abortUpload(key, uploadId, work.signal))
        else await abortListed(session, key, work.signal)
      }
      return true
    } finally {
      open.close()
    }
  } catch (error) {
    if (work.signal.aborted) throw work.signal.reason
    if (error instanceof DrawbridgeError && error.operation?.startsWith('state.') !== true) return false
    throw error
  }
}

/** An upload whose id a crash swallowed is looked for by its key. */
async function abortListed(session: RenewingSession, prefix: string, signal: AbortSignal): Promise<void> {
  const open = await session.run((store) => store.listUploads(prefix, signal))
  for (const { key, uploadId } of open) await session.run((store) => store.abortUpload(key, uploadId, signal))
}
