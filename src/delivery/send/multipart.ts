/**
 * One object in parts, where the rights to resume and to abort are granted. Each step that the store remembers is
 * written down first: Create before its id is known, every part, and Complete before it is sent.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { PutAnswer, PutOptions } from '../../storage/index.ts'
import type { ItemRecord, SentPart } from '../record.ts'
import { LeaseLost } from '../repository.ts'
import { levelOfParts } from './level.ts'
import { readBack, settleOccupied, storedObject } from './occupied.ts'
import { abortStrays, notePossibleOrphan } from './orphans.ts'
import { sendParts } from './parts.ts'
import { mismatch } from './put.ts'
import {
  createdNothing,
  type ItemBody,
  isAfterPossibleSend,
  isOccupied,
  putOptions,
  type Sending,
  saved,
} from './sending.ts'

/** Uploads that vanish or collide are begun anew so many times in one attempt. */
const maximumRounds = 3

/** Sends an item as a multipart upload, going on where an earlier attempt stopped. @throws KeyConflict */
export async function sendMultipart(sending: Sending, planned: ItemRecord, body: ItemBody): Promise<ItemRecord> {
  let item = planned
  const crc32 = await wholeCrc32(body)
  for (let round = 1; ; round++) {
    item = await ensureUpload(sending, item, crc32)
    const result = await uploadOnce(sending, item, body, crc32)
    if ('done' in result) return result.done
    if (round === maximumRounds) throw result.error
    item = await forgetUpload(sending, result.item)
  }
}

type Round = { readonly done: ItemRecord } | { readonly error: DrawbridgeError; readonly item: ItemRecord }

/** Where the spool knows it, the store is told it at every step: the same for the same bytes, also after a crash. */
async function wholeCrc32(body: ItemBody): Promise<Crc32> {
  const crc32 = (await body.crc32?.(0, body.sizeBytes)) ?? null
  return crc32 === null ? {} : { crc32 }
}

type Crc32 = Pick<PutOptions, 'crc32'>

async function uploadOnce(sending: Sending, item: ItemRecord, body: ItemBody, crc32: Crc32): Promise<Round> {
  let reached = item
  const mayBeOurs = item.state === 'sent'
  try {
    // A Complete on record is replayed as it was; only when the upload is gone does everything travel again.
    const recorded = mayBeOurs ? await allRecorded(sending, item) : null
    const parts = recorded ?? (await sendParts(sending, item, body))
    // From here on an object at the key may be ours.
    reached = mayBeOurs ? item : await saved(sending, { ...item, state: 'sent' })
    const answer = await complete(sending, item, parts, crc32)
    return { done: await finish(sending, reached, parts, answer, { body, ...crc32 }) }
  } catch (error) {
    if (isOccupied(error)) {
      await abortQuietly(sending, item)
      return { done: await settleOccupied(sending, reached, item, mayBeOurs || isAfterPossibleSend(error)) }
    }
    if (error instanceof DrawbridgeError && error.code === 'upload-not-found') return { error, item: reached }
    if (error instanceof DrawbridgeError && error.code === 'write-conflict') {
      await abortQuietly(sending, item)
      return { error, item: reached }
    }
    if (reached.state !== item.state && createdNothing(error)) await saved(sending, item)
    throw error
  }
}

async function finish(
  sending: Sending,
  item: ItemRecord,
  parts: readonly SentPart[],
  answer: PutAnswer,
  { body, crc32 }: Crc32 & { readonly body: ItemBody },
): Promise<ItemRecord> {
  const known = { sizeBytes: item.sizeBytes, sha256: item.sha256, crc32 }
  const level = await levelOfParts(answer, known, parts, () => md5sOf(body, item, parts.length))
  if (level === 'mismatch') throw await mismatch(sending, item, answer.checksum?.base64 ?? '')
  const done: ItemRecord = { ...item, state: 'done', answer: storedObject(answer), level }
  return await saved(sending, await readBack(sending, done, item))
}

async function md5sOf(body: ItemBody, item: ItemRecord, count: number): Promise<string[]> {
  const md5s: string[] = []
  for (let number = 0; number < count; number++) {
    const start = number * item.partSizeBytes
    md5s.push(await body.md5Of(start, Math.min(start + item.partSizeBytes, item.sizeBytes)))
  }
  return md5s
}

async function complete(
  sending: Sending,
  item: ItemRecord,
  parts: readonly SentPart[],
  crc32: Crc32,
): Promise<PutAnswer> {
  const uploadId = uploadIdOf(item)
  const options = putOptions(sending, item, crc32)
  return await sending.session.run((store) => store.completeUpload(item.key, uploadId, parts, options))
}

/** The recorded parts when they are all there; null otherwise. */
async function allRecorded(sending: Sending, item: ItemRecord): Promise<SentPart[] | null> {
  const { work, connection } = sending
  const parts = await work.tools.repository.parts(work.claim, connection, item.index)
  return parts.length === Math.ceil(item.sizeBytes / item.partSizeBytes) ? parts : null
}

/** Makes sure that an upload is open and its id on record. An id that a crash swallowed is looked for and aborted. */
async function ensureUpload(sending: Sending, item: ItemRecord, crc32: Crc32): Promise<ItemRecord> {
  if (item.uploadId !== null) return item
  // A Create that nobody can find may still be on its way, and arrive when nobody looks any more.
  if (item.isCreateSent && !(await abortStrays(sending, item.key))) await notePossibleOrphan(sending, item.key)
  const { work, connection } = sending
  await work.tools.repository.dropParts(work.claim, connection, item.index)
  const asked = await saved(sending, { ...item, isCreateSent: true })
  // Not cut short by our own signal: an answer that nobody waits for is an upload that nobody knows.
  const { signal: _signal, ...options } = putOptions(sending, item, crc32)
  const uploadId = await sending.session.run((store) => store.createUpload(item.key, options))
  try {
    return await saved(sending, { ...asked, uploadId })
  } catch (error) {
    if (error instanceof LeaseLost) await abortUnclaimed(sending, item.key, uploadId)
    throw error
  }
}

/** Somebody else has the delivery, and may have finished it: nobody but us knows of this upload. */
async function abortUnclaimed(sending: Sending, key: string, uploadId: string): Promise<void> {
  try {
    await sending.target.store.abortUpload(key, uploadId)
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
  }
}

/** The upload is gone or can not be completed. Whether a Complete of ours arrived stays on record. */
async function forgetUpload(sending: Sending, item: ItemRecord): Promise<ItemRecord> {
  const { work, connection } = sending
  await work.tools.repository.dropParts(work.claim, connection, item.index)
  return await saved(sending, { ...item, uploadId: null, isCreateSent: false })
}

async function abortQuietly(sending: Sending, item: ItemRecord): Promise<void> {
  try {
    await sending.target.store.abortUpload(item.key, uploadIdOf(item), sending.work.signal)
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    await notePossibleOrphan(sending, item.key)
  }
}

function uploadIdOf(item: ItemRecord): string {
  if (item.uploadId === null) throw new TypeError('a multipart item has an upload id by now')
  return item.uploadId
}
