/** What an object that already stands at our key is: ours, by what we sent or can read, or somebody else's. */
import { DrawbridgeError } from '../../base/index.ts'
import type { ObjectFacts } from '../../storage/index.ts'
import type { ItemRecord, StoredObject } from '../record.ts'
import { isSameObject, type KnownBytes } from './level.ts'
import { KeyConflict, type Sending, saved } from './sending.ts'

/**
 * Decides about an occupied key. Where the purpose lets us read, the object itself answers. Where it does not, it counts
 * as ours only when a request that could have made it is on record.
 * @throws KeyConflict
 */
export async function settleOccupied(
  sending: Sending,
  item: ItemRecord,
  known: KnownBytes,
  mayBeOurs: boolean,
): Promise<ItemRecord> {
  const facts = await readFacts(sending, item.key)
  const isOurs = facts === null ? null : isSameObject(facts, known, sending.work.record.id)
  if (isOurs === true && facts !== null) {
    return await saved(sending, { ...item, state: 'done', answer: storedObject(facts), level: 'read-back' })
  }
  if (isOurs === false || !mayBeOurs) throw await conflict(sending, item)
  return await saved(sending, { ...item, state: 'done', answer: {}, level: 'occupied' })
}

/** Raises a level to `read-back` where the purpose lets us read and the object is what was sent. @throws KeyConflict */
export async function readBack(sending: Sending, item: ItemRecord, known: KnownBytes): Promise<ItemRecord> {
  const facts = await readFacts(sending, item.key)
  const isOurs = facts === null ? null : isSameObject(facts, known, sending.work.record.id)
  if (isOurs === false) throw await conflict(sending, item)
  return isOurs === true ? { ...item, level: 'read-back' } : item
}

/** What stands there is not ours: a later attempt must not take it for ours either. */
async function conflict(sending: Sending, item: ItemRecord): Promise<KeyConflict> {
  await saved(sending, { ...item, state: 'waiting', answer: null, level: null })
  return new KeyConflict(item.key)
}

/** Null: we may not read, or the store does not tell. */
async function readFacts(sending: Sending, key: string): Promise<ObjectFacts | null> {
  // An export connection must not hold the right to read; asking anyway would only fill the customer's logs.
  if (sending.target.purpose === 'export') return null
  try {
    return await sending.target.store.head(key, sending.work.signal)
  } catch (error) {
    if (error instanceof DrawbridgeError && error.code === 'access-denied') return null
    throw error
  }
}

/** Keeps of an answer what a receipt tells. */
export function storedObject(answer: StoredObject): StoredObject {
  const { etag, versionId, checksum, requestId } = answer
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(versionId === undefined ? {} : { versionId }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}
