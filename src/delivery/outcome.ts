/** How an attempt at a target ended, and which ending an error means. Pure. */
import { DrawbridgeError } from '../base/index.ts'
import type { ItemRecord, TargetFacts } from './record.ts'
import { KeyConflict } from './send/sending.ts'

/** The end of one attempt at one target. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly items: readonly ItemRecord[]; readonly facts: TargetFacts }
  /** The other side says no, or the way there is wrong: repeating it changes nothing. */
  | {
      readonly kind: 'refused'
      readonly error: DrawbridgeError
      /** The refusal does not tell whether an earlier write had arrived, so the report is not brought elsewhere. */
      readonly isAmbiguous: boolean
    }
  /** A passing fault: the same again may succeed. */
  | { readonly kind: 'fault'; readonly error: DrawbridgeError }
  | { readonly kind: 'conflict'; readonly key: string }
  /** The spool does not hold the report any more as it was handed over: no target can have it. */
  | { readonly kind: 'spool-broken'; readonly error: DrawbridgeError }

/** Reads an error as an outcome; null for what is no answer of the world: our own faults, lost leases, a stop. */
export function outcomeOf(error: unknown): Outcome | null {
  if (error instanceof KeyConflict) return { kind: 'conflict', key: error.key }
  if (!(error instanceof DrawbridgeError)) return null
  if (error.operation?.startsWith('spool.')) return { kind: 'spool-broken', error }
  if (error.operation?.startsWith('state.') || error.code === 'cancelled' || error.code === 'internal') return null
  return error.retry === 'never' ? { kind: 'refused', error, isAmbiguous: false } : { kind: 'fault', error }
}
