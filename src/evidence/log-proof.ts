/** What the evidence log hands out: a signed tree head, and the proof that one entry is in it. */

/** A tree head with its signature. */
export interface SignedCheckpoint {
  readonly origin: string
  readonly treeSize: number
  readonly rootHash: Uint8Array
  /** The signed note. */
  readonly note: string
}

/** The proof that one entry is in the log. */
export interface LogProof {
  /** The entry's place in the log, from 0. */
  readonly seq: number
  /** The canonical JSON, the leaf's bytes. */
  readonly entryJson: string
  readonly checkpoint: SignedCheckpoint
  /** From the leaf's sibling up to the root's child. */
  readonly proof: readonly Uint8Array[]
  /** The same as a file in the format of C2SP tlog-proof. */
  readonly tlogProof: string
}

/** As much of a proof as a receipt carries. */
export type ReceiptProof = Omit<LogProof, 'proof'>
