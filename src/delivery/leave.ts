/**
 * Leaving a target that will not get the report any more, because the delivery was cancelled or another target has it: open
 * uploads are aborted, and what may stand there is written down.
 */
import { DrawbridgeError } from '../base/index.ts'
import { possibleObjectEntry, possibleOrphanEntry } from './entries.ts'
import type { DeliveryRecord, ItemRecord, TargetRecord } from './record.ts'
import type { NewEntry } from './repository.ts'
import { RenewingSession } from './send/session.ts'
import type { Work } from './work.ts'

/** A target that was left. */
export interface Left {
  /** About what may be left there: parts that could not be removed, or an object whose write was sent and never answered. */
  readonly entries: readonly NewEntry[]
  /** Why open uploads could not be aborted; null: none is open any more. */
  readonly error: DrawbridgeError | null
}

/** Tells whether an upload may be open at a target, recorded or not. */
export function hasOpenUpload({ items }: TargetRecord): boolean {
  return items.some(isOpen)
}

/** What is entered into the log of the uploads that may stay open at a target. */
export function orphanEntries(record: DeliveryRecord, { connection, items }: TargetRecord): NewEntry[] {
  return items.filter(isOpen).map(({ key }) => possibleOrphanEntry(record, connection, key))
}

function isOpen(item: ItemRecord): boolean {
  return item.state !== 'done' && item.isCreateSent
}

/** Aborts the uploads that are open at a target. Nothing that stands there is removed. */
export async function leaveTarget(work: Work, target: TargetRecord): Promise<Left> {
  const { record } = work
  const { connection } = target
  const open = target.items.filter(isOpen)
  const error = open.length === 0 ? null : await abortAll(work, target, open)
  const entries = [
    ...(error === null ? [] : orphanEntries(record, target)),
    ...target.items
      .filter((item) => item.state !== 'waiting')
      .map(({ key }) => possibleObjectEntry(record, connection, key)),
  ]
  return { entries, error }
}

/** What the line of a cancelled target says. */
export function reasonOfCancelled({ entries }: Left): string {
  const keys = possibleObjects(entries)
  return keys === '' ? 'cancelled before it arrived' : `cancelled; an object may stand at ${keys}`
}

/** What the line of a target says that is not needed any more. `before`: what it said until now. */
export function reasonOfUnneeded({ entries }: Left, before: string | null): string {
  const keys = possibleObjects(entries)
  const parts = ['not needed any more']
  if (keys !== '') parts.push(`an object may stand at ${keys}`)
  if (before !== null) parts.push(`before: ${before}`)
  return parts.join('; ')
}

function possibleObjects(entries: readonly NewEntry[]): string {
  const possible = entries.filter(({ action }) => action === 'delivery.possible-object')
  return possible.map(({ fields }) => `\`${fields['key']}\``).join(', ')
}

/** Null when they are aborted; else why the target can not be reached, or does not let us. */
async function abortAll(
  work: Work,
  target: TargetRecord,
  items: readonly ItemRecord[],
): Promise<DrawbridgeError | null> {
  const { access } = work.tools
  try {
    const open = await access.open(work.record.tenant, target.connection, target.identity)
    try {
      const session = new RenewingSession(open)
      for (const { key, uploadId } of items) {
        if (uploadId !== null) await session.run((store) => store.abortUpload(key, uploadId, work.signal))
        else await abortListed(session, key, work.signal)
      }
      return null
    } finally {
      open.close()
    }
  } catch (error) {
    if (work.signal.aborted) throw work.signal.reason
    if (error instanceof DrawbridgeError && error.operation?.startsWith('state.') !== true) return error
    throw error
  }
}

/** An upload whose id a crash swallowed is looked for by its key. */
async function abortListed(session: RenewingSession, prefix: string, signal: AbortSignal): Promise<void> {
  const open = await session.run((store) => store.listUploads(prefix, signal))
  for (const { key, uploadId } of open) await session.run((store) => store.abortUpload(key, uploadId, signal))
}
