/**
 * What can create an object or open an upload must be on record before it is sent: a crash in between leaves something at
 * the bucket that nobody would look for. Seen at the moment of sending; at the end of a run it shows only by rare luck.
 */
import type { DeliveryRecord } from '../../src/delivery/index.ts'
import type { ObjectStore } from '../../src/storage/index.ts'
import type { History } from './history.ts'

/** Where records are, and where what was seen goes. */
export interface WriteAheadParts {
  readonly connection: string
  readonly history: Pick<History, 'reclaimed' | 'unrecorded'>
  readonly record: (delivery: string) => Promise<DeliveryRecord | null>
}

const deliveryId = /dlv_[0-9a-z]{26}/

/** A store that looks at the record of each report whose object or upload it is about to make. */
export function watchingRecords(inner: ObjectStore, parts: WriteAheadParts): ObjectStore {
  const look = async (key: string, sends: 'object' | 'upload'): Promise<void> => {
    const [id] = deliveryId.exec(key) ?? []
    // A worker that lost its claim may send what its successor has planned anew.
    if (id === undefined || parts.history.reclaimed.has(id)) return
    const record = await parts.record(id)
    const target = record?.targets.find(({ connection }) => connection === parts.connection)
    const item = target?.items.find((other) => other.key === key)
    if (target === undefined || item === undefined) return
    const isBegun = target.attempts > 0 && target.state === 'sending'
    const isAnnounced = sends === 'object' ? item.state === 'sent' : item.isCreateSent
    if (!isBegun || !isAnnounced) parts.history.unrecorded.push(`\`${key}\` at ${parts.connection}, ${target.state}`)
  }
  return new Proxy(inner, {
    get: (target, property) => {
      if (property === 'put') return watched('put', 'object')
      if (property === 'createUpload') return watched('createUpload', 'upload')
      if (property === 'completeUpload') return watched('completeUpload', 'object')
      const member: unknown = Reflect.get(target, property, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })

  function watched<M extends 'put' | 'createUpload' | 'completeUpload'>(method: M, sends: 'object' | 'upload') {
    return async (...parameters: Parameters<ObjectStore[M]>): Promise<unknown> => {
      await look(parameters[0], sends)
      return await Reflect.apply(inner[method], inner, parameters)
    }
  }
}
