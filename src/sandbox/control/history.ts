/** What happened, as an audit trail tells it: one entry for every request, the newest last, the oldest dropped. */
import type { DecisionRecord } from '../access/authorize.ts'

/** One request. */
export interface HistoryEntry {
  readonly at: Date
  readonly requestId: string
  readonly service: 's3' | 'sts' | 'iam' | 'kms'
  /** The name of the operation in the API; empty when the request was refused before it was known. */
  readonly operation: string
  /** ARN of the caller; null when it is not known. */
  readonly principal: string | null
  /** The bucket and key of S3 requests, the role of AssumeRole; empty otherwise. */
  readonly resource: string
  /** Every decision that the request took, in order. */
  readonly decisions: readonly DecisionRecord[]
  readonly region: string | null
  readonly sourceAddress: string | null
  /** The account that an S3 request demanded as the owner of the bucket; null: it demanded none. */
  readonly expectedBucketOwner: string | null
  readonly status: number
  /** The provider's code; null for a success. */
  readonly errorCode: string | null
  readonly errorMessage: string | null
  /** The kind of the fault rule that was applied; null when none was. */
  readonly fault: string | null
}

const mostEntries = 10_000

/** A bounded list of entries. */
export class History {
  #entries: HistoryEntry[] = []

  add(entry: HistoryEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > mostEntries * 1.1) this.#entries = this.#entries.slice(-mostEntries)
  }

  /** The entries, oldest first. */
  list(): readonly HistoryEntry[] {
    return this.#entries.slice(-mostEntries)
  }

  clear(): void {
    this.#entries = []
  }
}
