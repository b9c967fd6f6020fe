/** What follows a delivered target: its receipt in the database, then the receipt's copies next to the report. */
import { DrawbridgeError } from '../base/index.ts'
import type { ReceiptFile } from '../evidence/index.ts'
import { backfillDelayMs, faultDelayMs } from './backoff.ts'
import { receiptRefusedEntry } from './entries.ts'
import { sidecarObjects } from './receipts.ts'
import type { DeliveryRecord, TargetRecord } from './record.ts'
import type { NewEntry } from './repository.ts'
import { RenewingSession } from './send/session.ts'
import { bytesBody } from './spool/bytes-body.ts'
import type { OpenTarget } from './target-access.ts'
import type { Work } from './work.ts'

/** A target that does not take the copies is asked so many times; the receipt itself is safe in the database. */
const maximumSidecarAttempts = 5

type Keep = (target: TargetRecord, entries: readonly NewEntry[]) => Promise<void>

/** Makes a delivered target's receipt unless it is made, and writes its copies. Neither undoes the delivery. */
export async function settleReceipt(
  work: Work,
  record: DeliveryRecord,
  target: TargetRecord,
  keep: Keep,
): Promise<void> {
  const { repository } = work.tools
  let settled = target
  if (settled.receipt === 'due') {
    // A crash in between makes another receipt of the same entry; the one that was saved first is the one there is.
    const made = await makeReceipt(work, record, settled, keep)
    if (made === null) return
    await repository.saveReceipt(work.claim, settled.connection, made)
    settled = { ...settled, receipt: 'made', availableAt: null }
    await keep(settled, [])
  }
  if (settled.sidecar !== 'due') return
  const counted = { ...settled, sidecarAttempts: settled.sidecarAttempts + 1 }
  try {
    await writeCopies(work, record, counted)
    await keep({ ...counted, sidecar: 'written', availableAt: null }, [])
  } catch (error) {
    if (work.signal.aborted) throw work.signal.reason
    if (!(error instanceof DrawbridgeError) || error.operation?.startsWith('state.')) throw error
    await postpone(work, record, counted, error, keep)
  }
}

/** Null: the log can not prove it now (it was restored from an older backup, say); asked again later, for ever. */
async function makeReceipt(
  work: Work,
  record: DeliveryRecord,
  target: TargetRecord,
  keep: Keep,
): Promise<readonly ReceiptFile[] | null> {
  const { receipts, random, clock, tell } = work.tools
  try {
    return await receipts.make(record, target)
  } catch (error) {
    if (!(error instanceof DrawbridgeError) || error.operation?.startsWith('state.')) throw error
    tell({ type: 'crash', delivery: record.id, error })
    const delayMs = backfillDelayMs(1, random)
    await keep({ ...target, availableAt: new Date(clock.now().getTime() + delayMs).toISOString() }, [])
    return null
  }
}

async function writeCopies(work: Work, record: DeliveryRecord, target: TargetRecord): Promise<void> {
  const { repository, access } = work.tools
  const files = await repository.receipt(record.tenant, record.id, target.connection)
  if (files === null) throw new TypeError('a receipt that is marked as made is in the database')
  const open = await access.open(record.tenant, target.connection, target.identity)
  try {
    await writeSidecars(work, open, sidecarObjects(record, target, files))
  } finally {
    open.close()
  }
}

async function postpone(
  work: Work,
  record: DeliveryRecord,
  target: TargetRecord,
  error: DrawbridgeError,
  keep: Keep,
): Promise<void> {
  const { clock, random } = work.tools
  if (error.retry === 'never' || target.sidecarAttempts >= maximumSidecarAttempts) {
    const entry = receiptRefusedEntry(record, target, error.message)
    return await keep({ ...target, sidecar: 'refused', availableAt: null }, [entry])
  }
  const delayMs = faultDelayMs(target.sidecarAttempts, random)
  await keep({ ...target, availableAt: new Date(clock.now().getTime() + delayMs).toISOString() }, [])
}

/**
 * Writes the copies. They follow from the saved receipt, so one that stands already is the same one.
 * @throws DrawbridgeError when the target does not take them
 */
async function writeSidecars(
  work: Work,
  target: OpenTarget,
  objects: readonly { readonly key: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  const { acl, encryption } = target.writing
  const session = new RenewingSession(target)
  for (const { key, bytes } of objects) {
    const metadata = { 'drawbridge-delivery': work.record.id }
    const options = { ifAbsent: true, acl, encryption, metadata, signal: work.signal }
    try {
      await session.run((store) => store.put(key, bytesBody(bytes), options))
    } catch (error) {
      if (!(error instanceof DrawbridgeError) || error.code !== 'object-exists') throw error
    }
  }
}
