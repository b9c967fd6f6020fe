/** One attempt at one target: open it in the person's identity, plan once, send what is missing. */
import { hash } from 'node:crypto'
import { DrawbridgeError } from '../base/index.ts'
import type { BegunAttempt } from './begin.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { packageFiles, planItems } from './plan.ts'
import type { ItemRecord, SpooledFile, TargetRecord } from './record.ts'
import { sendMultipart } from './send/multipart.ts'
import { abortStrays } from './send/orphans.ts'
import { putItem } from './send/put.ts'
import { type ItemBody, isAfterPossibleSend, type Sending } from './send/sending.ts'
import { RenewingSession } from './send/session.ts'
import { bytesBody } from './spool/bytes-body.ts'
import type { OpenTarget } from './target-access.ts'
import type { Work } from './work.ts'

/**
 * Tries to bring a report to one target. `isUnsaved`: that it is tried is saved together with the plan.
 * @throws whatever is no answer of the world: a lost lease, a stopping worker, the database, a fault of ours
 */
export async function attemptTarget(work: Work, record: TargetRecord, isUnsaved: boolean): Promise<Outcome> {
  const { access } = work.tools
  return await attempt(
    work,
    record,
    () => access.open(work.record.tenant, record.connection, record.identity),
    (sending) => sendAll(sending, record, isUnsaved),
  )
}

/** Makes the first attempt at a target that is open already and was written down as tried. @throws as `attemptTarget` */
export async function attemptBegun(work: Work, record: TargetRecord, begun: BegunAttempt): Promise<Outcome> {
  return await attempt(
    work,
    record,
    async () => begun.target,
    async (sending) => {
      work.signal.throwIfAborted()
      return [await putItem(sending, begun.item, await bodyOf(work, begun.item), true)]
    },
  )
}

async function attempt(
  work: Work,
  record: TargetRecord,
  open: () => Promise<OpenTarget>,
  send: (sending: Sending) => Promise<ItemRecord[]>,
): Promise<Outcome> {
  let target: OpenTarget | null = null
  try {
    target = await open()
    const session = new RenewingSession(target)
    const isOnlyItem = work.record.files.length === 1
    const items = await send({ work, connection: record.connection, target, session, isOnlyItem })
    return { kind: 'delivered', items, facts: target.facts }
  } catch (error) {
    // The client turns an abort into errors of its own; what matters is why we aborted.
    if (work.signal.aborted) throw work.signal.reason
    const outcome = outcomeOf(error)
    if (outcome === null) throw error
    return outcome.kind === 'refused'
      ? { ...outcome, isAmbiguous: mayHaveArrived(target, record, outcome.error) }
      : outcome
  } finally {
    target?.close()
  }
}

/**
 * A SAS token that only creates answers 403 to the repetition of a write that arrived: Put Blob would overwrite. The write
 * may be one of an earlier attempt, which is on record, or one of this attempt, which the refusal tells of.
 */
function mayHaveArrived(target: OpenTarget | null, record: TargetRecord, refusal: DrawbridgeError): boolean {
  if (target?.facts.service !== 'azblob') return false
  return record.items.some((item) => item.state === 'sent') || isAfterPossibleSend(refusal)
}

async function sendAll(sending: Sending, record: TargetRecord, isUnsaved: boolean): Promise<ItemRecord[]> {
  const { work, connection, target } = sending
  const { repository } = work.tools
  let { items } = record
  if (items.length === 0) {
    const { rootPath, writing } = target
    items = planItems(work.record, { rootPath, writing, capabilities: target.store.capabilities })
    const [only, ...others] = items
    if (isUnsaved && only?.way === 'put' && others.length === 0) return [await planAndPut(sending, record, only)]
    await repository.saveItems(work.claim, connection, items, isUnsaved ? record : undefined)
  }
  const done: ItemRecord[] = []
  for (const item of items) done.push(await sendItem(sending, item))
  await sweepStrays(sending, done)
  return done
}

/** One small object: its plan and that it is about to be sent are one record, written when its bytes are at hand. */
async function planAndPut(sending: Sending, record: TargetRecord, item: ItemRecord): Promise<ItemRecord> {
  const { work, connection } = sending
  const body = await bodyOf(work, item)
  await work.tools.repository.saveItems(work.claim, connection, [{ ...item, state: 'sent' }], record)
  return await putItem(sending, item, body, true)
}

async function sendItem(sending: Sending, item: ItemRecord): Promise<ItemRecord> {
  if (item.state === 'done') return item
  const body = await bodyOf(sending.work, item)
  return item.way === 'put' ? await putItem(sending, item, body, false) : await sendMultipart(sending, item, body)
}

async function bodyOf({ record, tools, takeReport }: Work, item: ItemRecord): Promise<ItemBody> {
  if (item.file === null) {
    const tag = packageFiles(record).find((file) => file.path === item.path)
    if (tag?.role !== 'tag') throw new TypeError('a planned tag file is part of the package')
    return bytesBody(tag.bytes)
  }
  const file = record.files[item.file]
  if (file === undefined) throw new TypeError('a planned item refers to a file of the report')
  return file.isSmall
    ? checkedBody(file, takeReport() ?? (await tools.repository.smallReport(record.tenant, file.upload)))
    : tools.spool.body(file)
}

/** The bytes of a small report, compared with the hash that was taken when it came in. */
function checkedBody(file: SpooledFile, bytes: Uint8Array | null): ItemBody {
  const isWhole = bytes !== null && hash('sha256', bytes, 'hex') === file.sha256
  if (isWhole) return bytesBody(bytes, file.sha256)
  throw new DrawbridgeError({
    code: 'data-directory-broken',
    message: 'the spooled report is not what was handed over any more',
    operation: 'spool.read',
    help: 'nothing of it was delivered; hand the report over again',
  })
}

/** The janitor of a target: whatever uploads of this delivery are still open there belong to no item any more. */
async function sweepStrays(sending: Sending, items: readonly ItemRecord[]): Promise<void> {
  for (const { way, key } of items) {
    if (way !== 'multipart') continue
    try {
      await abortStrays(sending, key)
    } catch (error) {
      // The report has arrived; a janitor that found the door shut must not undo that.
      if (!(error instanceof DrawbridgeError) || sending.work.signal.aborted) throw error
    }
  }
}
