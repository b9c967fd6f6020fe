/**
 * What goes between the main thread and the database's: calls of the repositories, many in one message, and what they
 * answered. Both ends share one list of methods, so that nothing else can be called. Most travel as one JSON text, which
 * costs less than structured clones; bytes travel beside it.
 */
import { DrawbridgeError, type ErrorParts } from '../../base/index.ts'
import { type DeliveryRepository, LeaseLost } from '../../delivery/index.ts'
import type { LogKeys, LogStore } from '../../evidence/index.ts'

/** `text`: as JSON, with bytes only as whole values, or as whole members of a list. `clone`: with dates, or with bytes anywhere. */
export type Travel = 'text' | 'clone'

/** The repositories that live on the thread, with their methods. */
export const methods = {
  deliveries: {
    addUpload: 'text',
    smallReport: 'text',
    uploads: 'text',
    forgetOrphanUploads: 'text',
    spooledUploads: 'text',
    accept: 'text',
    byId: 'text',
    byIdempotencyKey: 'text',
    list: 'text',
    claim: 'text',
    mendTimes: 'text',
    heartbeat: 'text',
    nextDueAt: 'clone',
    saveItem: 'text',
    savePart: 'text',
    parts: 'text',
    dropParts: 'text',
    saveItems: 'text',
    saveTarget: 'text',
    commitTarget: 'text',
    commitWithReceipt: 'text',
    note: 'text',
    release: 'text',
    makeDue: 'text',
    cancel: 'text',
    isCancelled: 'text',
    owedTo: 'text',
    owedCount: 'text',
    makeOwedDue: 'text',
    heldBytes: 'text',
    newestTo: 'text',
    saveReceipt: 'clone',
    receipt: 'clone',
  } satisfies Record<keyof DeliveryRepository, Travel>,
  log: {
    pending: 'clone',
    size: 'clone',
    readHashes: 'clone',
    integrate: 'clone',
    placeOf: 'clone',
    entries: 'clone',
    lastCheckpoint: 'clone',
    saveCheckpoint: 'clone',
  } satisfies Record<Exclude<keyof LogStore, 'witnessed' | 'keepWitnessed'>, Travel>,
  /** The right to write on the main thread's own connection. */
  turns: { take: 'text', give: 'text' },
  /** Proves where the log is what receipts are made of elsewhere. */
  receipts: { proofsOf: 'text' },
  /** Saves what was written for the database on the main thread, and answers only what is not known there. */
  written: { commitTarget: 'text', commitWithReceipt: 'text', saveReceipt: 'text' },
} as const

export type Room = keyof typeof methods

/** How the thread is started. */
export interface ThreadData {
  readonly path: string
  /** Null: nobody makes receipts yet. */
  readonly receipts: ReceiptSetting | null
}

/** One call. Answered under its number. */
export interface Call {
  readonly number: number
  readonly room: Room
  readonly method: string
  readonly values: readonly unknown[]
}

/** Things that travel together. */
export interface Packed<T> {
  /** JSON of those that travel as text. */
  readonly text: string
  /** What stood in them as bytes: a memory of its own each, given away with the message. */
  readonly bytes: readonly Uint8Array<ArrayBuffer>[]
  readonly cloned: readonly T[]
}

/** Calls, and what the asking side's clock said when they were sent. */
export interface Asked {
  readonly now: number
  readonly calls: Packed<Call>
}

/** What the thread says: answers, or that it wants to know the keys of the log anew. */
export type Told = { readonly answers: Packed<Answer> } | 'keys'

/** What the thread needs to make receipts. */
export interface ReceiptSetting {
  readonly origin: string
  /** The folders of the witnesses. */
  readonly witnesses: readonly string[]
  readonly keys: LogKeys
}

/** What became of a call. */
export interface Answer {
  readonly number: number
  readonly value?: unknown
  readonly error?: ToldError
}

/** An error on its way: classes do not travel. */
export type ToldError =
  | { readonly kind: 'drawbridge'; readonly parts: Omit<ErrorParts, 'cause'>; readonly cause: ToldError | null }
  | { readonly kind: 'lease-lost'; readonly delivery: string }
  | { readonly kind: 'type'; readonly message: string }
  | { readonly kind: 'other'; readonly message: string; readonly code: string | number | null }

/** Takes an error apart. */
export function tellError(error: unknown): ToldError {
  if (error instanceof DrawbridgeError) {
    const { code, message, retry, operation, context, help, cause } = error
    const parts = { code, message, retry, context, help, ...(operation === undefined ? {} : { operation }) }
    return { kind: 'drawbridge', parts, cause: cause === undefined ? null : tellError(cause) }
  }
  if (error instanceof LeaseLost) return { kind: 'lease-lost', delivery: error.delivery }
  if (error instanceof TypeError) return { kind: 'type', message: error.message }
  const message = error instanceof Error ? error.message : 'the database failed'
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null
  return { kind: 'other', message, code: typeof code === 'number' || typeof code === 'string' ? code : null }
}

/** Puts it together again. */
export function errorOf(told: ToldError): Error {
  switch (told.kind) {
    case 'drawbridge':
      return new DrawbridgeError({ ...told.parts, ...(told.cause === null ? {} : { cause: errorOf(told.cause) }) })
    case 'lease-lost':
      return new LeaseLost(told)
    case 'type':
      return new TypeError(told.message)
    case 'other':
      return Object.assign(new Error(told.message), told.code === null ? {} : { errcode: told.code })
  }
}

/** The thread is gone, and what was asked of it may have happened or not. */
export function threadLost(cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'internal',
    message: 'the thread of the database ended',
    operation: 'state.thread',
    cause,
  })
}
