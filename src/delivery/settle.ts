/** What follows a delivered target: its receipt in the database, then the receipt's copies next to the report. */
import { DrawbridgeError } from '../base/index.ts'
import type { ReceiptFile } from '../evidence/index.ts'
import { backfillDelayMs, faultDelayMs } from './backoff.ts'
import { receiptRefusedEntry } from './entries.ts'
import { sidecarKey, sidecarObjects } from './receipts.ts'
import type { DeliveryRecord, TargetRecord } from './record.ts'
import type { NewEntry } from './repository.ts'
import { writeSidecars } from './sidecars.ts'
import type { Work } from './work.ts'

/** A target that does not take the copies is asked so many times; the receipt itself is safe in the database. */
const maximumSidecarAttempts = 5

/** Saves the target and remembers it; `save` where more than that is saved with it. */
type Keep = (
  target: TargetRecord,
  entries: readonly NewEntry[],
  save?: (target: TargetRecord) => Promise<unknown>,
) => Promise<void>

/** Makes a delivered target's receipt unless it is made, and writes its copies. Neither undoes the delivery. `files`: the receipt, where it was made just now. */
export async function settleReceipt(
  work: Work,
  record: DeliveryRecord,
  delivered: { readonly target: TargetRecord; readonly files: readonly ReceiptFile[] | null },
  keep: Keep,
): Promise<void> {
  const { repository } = work.tools
  let { target: settled, files } = delivered
  if (settled.receipt === 'due') {
    // A crash in between makes another receipt of the same entry; the one that was saved first is the one there is.
    const made = await makeReceipt(work, record, settled, keep)
    if (made === null) return
    settled = { ...settled, receipt: 'made', availableAt: null }
    await keep(settled, [], async (saved) => {
      files = await repository.saveReceipt(work.claim, saved, made)
    })
  }
  if (settled.sidecar !== 'due') return
  const counted = { ...settled, sidecarAttempts: settled.sidecarAttempts + 1 }
  try {
    await writeCopies(work, record, counted, files)
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

async function writeCopies(
  work: Work,
  record: DeliveryRecord,
  target: TargetRecord,
  made: readonly ReceiptFile[] | null,
): Promise<void> {
  const { repository, access, sidecars } = work.tools
  const files = made ?? (await repository.receipt(record.tenant, record.id, target.connection))
  if (files === null) throw new TypeError('a receipt that is marked as made is in the database')
  if (work.claim.isSmall && record.files.length === 1) {
    return await sidecars.write({ key: sidecarKey(target), files, record, target })
  }
  const objects = sidecarObjects(record, target, files)
  const open = await access.open(record.tenant, target.connection, target.identity)
  try {
    await writeSidecars(open, record, objects, work.signal)
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
