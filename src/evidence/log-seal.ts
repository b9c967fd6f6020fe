/** A log inside the transaction that grows it, and what is signed of it there: nothing that may leave before the transaction is durable. */
import type { KeyObject } from 'node:crypto'
import type { ReceiptProof, SignedCheckpoint } from './log-proof.ts'
import { hashLine, writeTlogProof } from './tlog-proof.ts'
import { KnownTree } from './tree-proofs.ts'

/** An entry that the transaction placed. */
export interface PlacedEntry {
  readonly seq: number
  /** The canonical JSON, the leaf's bytes. */
  readonly json: string
}

/** A tenant's log as the transaction sees it. Nobody else changes it until the transaction ends. */
export interface GrowingLog {
  readonly tenant: string
  /** With what the transaction added. */
  readonly size: number
  /** The hashes that the transaction added, and those of the complete subtrees before them. */
  readonly known: ReadonlyMap<number, Uint8Array>
  /** As `LogStore.readHashes`. */
  readHashes(indexes: readonly number[]): Promise<Uint8Array[]>
  /** As `LogStore.lastCheckpoint`. */
  lastCheckpoint(): Promise<string | null>
  /** Saves a checkpoint in the transaction. */
  saveCheckpoint(size: number, note: string): Promise<void>
}

/** What was signed inside a transaction. */
export interface LogSeal {
  readonly tenant: string
  readonly checkpoint: SignedCheckpoint
  /** The private key that signed the checkpoint, for the receipts. */
  readonly signer: KeyObject
}

/** Whoever signs inside of transactions: an `EvidenceLog`. */
export interface LogSealer {
  witnessed(tenant: string): Promise<readonly string[]>
  seal(log: GrowingLog, witnessed: readonly string[]): Promise<LogSeal>
  sealed(seal: LogSeal): Promise<void>
}

/** Proves entries of a tree under its checkpoint. */
export function proofsUnder(
  { checkpoint }: LogSeal,
  { size, known }: GrowingLog,
  entries: readonly PlacedEntry[],
): ReceiptProof[] {
  const tree = new KnownTree(size, (index) => known.get(index))
  // The tree answers the same hash as the same object.
  const lines = new Map<Uint8Array, string>()
  const lineOf = (hash: Uint8Array): string => {
    const line = lines.get(hash) ?? hashLine(hash)
    lines.set(hash, line)
    return line
  }
  return entries.map(({ seq, json }) => {
    const hashes = tree.inclusion(seq)
    const tlogProof = writeTlogProof({ index: seq, hashes, checkpoint: checkpoint.note }, lineOf)
    return { seq, entryJson: json, checkpoint, tlogProof }
  })
}
