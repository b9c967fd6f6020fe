/** One object in one conditional request: all that `s3:PutObject` alone allows. */
import { DrawbridgeError } from '../../base/index.ts'
import type { ItemRecord } from '../record.ts'
import { levelOfAnswer } from './level.ts'
import { readBack, settleOccupied, storedObject } from './occupied.ts'
import {
  createdNothing,
  type ItemBody,
  isAfterPossibleSend,
  isOccupied,
  putOptions,
  type Sending,
  saved,
  tellProgress,
  withBody,
} from './sending.ts'

/**
 * Sends an item with one PUT, recorded before it leaves. An answer that was lost is resolved by sending the identical
 * request again.
 * @param isRecorded it was written down with its plan that this very call sends it
 * @throws KeyConflict
 */
export async function putItem(
  sending: Sending,
  item: ItemRecord,
  body: ItemBody,
  isRecorded: boolean,
): Promise<ItemRecord> {
  const mayBeOurs = item.state === 'sent'
  const begun: ItemRecord = { ...item, state: 'sent' }
  const sent = mayBeOurs || isRecorded ? begun : await saved(sending, begun)
  const onProgress = (bytesSent: number): void => tellProgress(sending, item, bytesSent)
  const options = putOptions(sending, item, { onProgress })
  try {
    const answer = await withBody(sending, body, (store) => store.put(item.key, body, options))
    const known = { sizeBytes: item.sizeBytes, sha256: item.sha256 }
    const level = await levelOfAnswer(answer, known, () => body.md5Of(0, item.sizeBytes))
    if (level === 'mismatch') throw await mismatch(sending, item, answer.checksum?.base64 ?? '')
    const done: ItemRecord = { ...sent, state: 'done', answer: storedObject(answer), level }
    const ended = await readBack(sending, done, known)
    // The only object is written down together with the target, in the same moment.
    return sending.isOnlyItem ? ended : await saved(sending, ended)
  } catch (error) {
    if (isOccupied(error)) return await settleOccupied(sending, sent, item, mayBeOurs || isAfterPossibleSend(error))
    if (!mayBeOurs && (createdNothing(error) || error === body.fault)) await saved(sending, item)
    throw error
  }
}

/** Other bytes stand at the key than were sent: never delivered, and what stands there does not count as ours. */
export async function mismatch(sending: Sending, item: ItemRecord, echoed: string): Promise<DrawbridgeError> {
  await saved(sending, { ...item, state: 'waiting' })
  return new DrawbridgeError({
    code: 'checksum-mismatch',
    message: `the store says that it holds other bytes at \`${item.key}\` than were sent`,
    context: { sentSha256: item.sha256, echoed },
    help: 'the object there must be removed by its owner before the delivery can be tried again',
  })
}
