/** What sending one object needs: the work, the target, the session, and the way to write down each step. */
import { DrawbridgeError } from '../../base/index.ts'
import type { Body, ObjectStore, PutOptions } from '../../storage/index.ts'
import type { ItemRecord } from '../record.ts'
import type { OpenTarget } from '../target-access.ts'
import type { Work } from '../work.ts'
import { settingsOf } from './object-settings.ts'
import type { RenewingSession } from './session.ts'

/** One attempt at one target, as its items see it. */
export interface Sending {
  readonly work: Work
  readonly connection: string
  readonly target: OpenTarget
  readonly session: RenewingSession
  /** The report is one object. */
  readonly isOnlyItem: boolean
}

/** The bytes of an item, with what is known of them beforehand and what went wrong while reading. */
export interface ItemBody extends Body {
  readonly fault?: DrawbridgeError | null
  /** Hex MD5 of a range, read for this. */
  md5Of(start: number, end: number): Promise<string>
}

/** Somebody else's object stands at our key. Nothing is overwritten. */
export class KeyConflict extends Error {
  readonly key: string

  constructor(key: string) {
    super(`another object stands at \`${key}\``)
    this.name = 'KeyConflict'
    this.key = key
  }
}

/** Writes an item's step down, durably, before or after the request it tells of. */
export async function saved(sending: Sending, item: ItemRecord): Promise<ItemRecord> {
  const { work, connection } = sending
  await work.tools.repository.saveItem(work.claim, connection, item)
  return item
}

/** The options with which every request that makes the object is sent: identical each time, so that it can be replayed. */
export function putOptions(
  sending: Sending,
  item: ItemRecord,
  more: Pick<PutOptions, 'crc32' | 'onProgress'> = {},
): PutOptions {
  const { work, target } = sending
  const { acl, encryption } = target.writing
  return {
    ifAbsent: true,
    contentType: contentTypeOf(item.path),
    metadata: { 'drawbridge-delivery': work.record.id, 'drawbridge-sha256': item.sha256 },
    acl,
    encryption,
    ...settingsOf(target.writing, work.record.acceptedAt),
    signal: work.signal,
    ...more,
  }
}

/** Tells how far an object is. */
export function tellProgress(sending: Sending, item: ItemRecord, bytesSent: number): void {
  const { work, connection } = sending
  const { tenant, id: delivery } = work.record
  const { key, sizeBytes } = item
  work.tools.tell({ type: 'progress', tenant, delivery, connection, key, bytesSent, sizeBytes })
}

/** Runs a request with a body and prefers the spool's own fault over what the client made of it. */
export async function withBody<T>(
  sending: Sending,
  body: ItemBody,
  request: (store: ObjectStore) => Promise<T>,
): Promise<T> {
  try {
    return await sending.session.run(request)
  } catch (error) {
    throw body.fault ?? error
  }
}

/** Refusals that were given before anything could be created: after one of these nothing of ours stands at the key. */
const definite: ReadonlySet<string> = new Set([
  'access-denied',
  'session-expired',
  'owner-mismatch',
  'bucket-not-found',
  'wrong-region',
  'clock-skew',
  'endpoint-refused',
  'sas-unusable',
  'input-invalid',
  'not-supported',
])

/** Tells whether a failed request certainly created nothing, in any of the attempts that were made of it. */
export function createdNothing(error: unknown): boolean {
  if (!(error instanceof DrawbridgeError)) return false
  return definite.has(error.code) && error.context['afterPossibleSend'] !== true
}

/** Tells whether the store says that an object stands at the key. */
export function isOccupied(error: unknown): error is DrawbridgeError {
  return error instanceof DrawbridgeError && error.code === 'object-exists'
}

/** Tells whether an earlier request of this very call may have made the object that now stands at the key. */
export function isAfterPossibleSend(error: DrawbridgeError): boolean {
  return error.context['afterPossibleSend'] === true
}

const contentTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  gz: 'application/gzip',
  html: 'text/html',
  json: 'application/json',
  md: 'text/markdown; charset=utf-8',
  pdf: 'application/pdf',
  txt: 'text/plain; charset=utf-8',
  xml: 'application/xml',
  zip: 'application/zip',
}

function contentTypeOf(path: string): string {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  return (Object.hasOwn(contentTypes, extension) ? contentTypes[extension] : undefined) ?? 'application/octet-stream'
}
