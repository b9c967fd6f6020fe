/**
 * Receipts inside the transaction of their commits: the log is signed as it will stand, once for all reports that are
 * committed together. What can not be signed now costs no commit; its receipts stay due, and are made the longer way.
 */
import { DrawbridgeError } from '../base/index.ts'
import {
  buildPackedReceipt,
  buildReceipt,
  type GrowingLog,
  type IntegratedEntry,
  type LogSeal,
  type LogSealer,
  type LogTip,
  proofsUnder,
  type ReceiptFacts,
} from '../evidence/index.ts'
import { keepNoteIn, newestNoteIn } from './log.ts'
import { readHashes } from './log-rows.ts'
import { writeReceipt } from './receipts.ts'
import type { Executor } from './schema.ts'
import type { Instant } from './store.ts'

/** A log as one transaction grows it. */
export class Growth {
  readonly #transaction: Executor
  readonly #tenant: string
  readonly #tip: LogTip
  readonly #known: Map<number, Uint8Array>

  /** `tip` before anything is added. */
  constructor(transaction: Executor, tenant: string, tip: LogTip) {
    this.#transaction = transaction
    this.#tenant = tenant
    this.#tip = tip
    this.#known = new Map(tip.frontier.map(({ index, hash }) => [index, hash]))
  }

  /** Where the next entry goes. */
  get tip(): LogTip {
    return this.#tip
  }

  /** Takes note of an entry that was added. */
  add({ hashes }: IntegratedEntry): void {
    for (const { index, hash } of hashes) this.#known.set(index, hash)
  }

  /** The log for whoever signs it. Hashes are read from the database, so that what is remembered is compared with it. */
  log(now: Instant): GrowingLog {
    const [transaction, tenant] = [this.#transaction, this.#tenant]
    return {
      tenant,
      size: this.#tip.size,
      known: this.#known,
      readHashes: (indexes) => readHashes(transaction, tenant, indexes),
      lastCheckpoint: () => newestNoteIn(transaction, tenant),
      saveCheckpoint: (size, note) => keepNoteIn(transaction, tenant, { size, note, now }),
    }
  }
}

/** A delivered report whose entry is in the log. */
export interface Provable {
  readonly facts: ReceiptFacts
  readonly placed: IntegratedEntry
}

/** Receipts as `writeReceipt` writes them, in the order of what they are of; null: that one must be made the longer way. */
export interface SealedReceipts {
  readonly seal: LogSeal
  readonly written: readonly (Uint8Array | null)[]
}

/** Signs the log in its transaction and makes the receipts of what was added. Null: it can not be signed now. */
export async function sealReceipts(
  sealer: LogSealer,
  log: GrowingLog,
  witnessed: readonly string[],
  reports: readonly Provable[],
): Promise<SealedReceipts | null> {
  const seal = await sealer.seal(log, witnessed).catch(unlessOfTheLog)
  if (seal === null) return null
  const proofs = proofsUnder(
    seal,
    log,
    reports.map(({ placed }) => placed),
  )
  const written = reports.map(({ facts }, at) => {
    const proof = proofs[at]
    if (proof === undefined) throw new TypeError('every entry has a proof')
    try {
      return buildPackedReceipt(facts, proof, seal.signer) ?? writeReceipt(buildReceipt(facts, proof, seal.signer))
    } catch (error) {
      // It has no receipt of this form; whoever makes it by itself says so.
      if (error instanceof TypeError) return null
      throw error
    }
  })
  return { seal, written }
}

/** The log says that it can not be signed; whatever the database says is the transaction's end. */
function unlessOfTheLog(error: unknown): null {
  if (error instanceof DrawbridgeError && error.operation?.startsWith('evidence.')) return null
  throw error
}
