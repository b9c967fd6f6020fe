/** What became of commits, on the way to the main thread: a receipt travels as bytes beside the text. Pure. */
import type { DrawbridgeError } from '../../base/index.ts'
import type { WrittenCommit } from '../delivery-commits.ts'
import { errorOf, type ToldError, tellError } from './calls.ts'

/** Lays the receipt behind the rest. */
export function packCommit({ entry, receipt, fault }: WrittenCommit): readonly unknown[] {
  const told = { entry, fault: fault === null ? null : tellError(fault) }
  return receipt === null ? [told] : [told, receipt]
}

/** Puts it together again. */
export function unpackCommit(packed: unknown): WrittenCommit {
  const [{ entry, fault }, receipt = null] = packed as readonly [
    { readonly entry: number; readonly fault: ToldError | null },
    Uint8Array?,
  ]
  return { entry, receipt, fault: fault === null ? null : (errorOf(fault) as DrawbridgeError) }
}
