/** What separating probes found. */
import type { Cause } from '../../contract/index.ts'

/** What probes add to the classes that fit the error. */
export interface Separated {
  /** Causes that a probe points at, `likely`. */
  readonly causes: readonly Cause[]
  /** Classes that a probe excludes. */
  readonly excluded: readonly string[]
  readonly ruledOut: readonly string[]
  /** What could not be tried, and what was left behind, one line each. */
  readonly remarks: readonly string[]
  /** True: the very same request was accepted when it was tried again. */
  readonly worksNow: boolean
}

/** No probe was sent, or none told anything. */
export const nothingSeparated: Separated = { causes: [], excluded: [], ruledOut: [], remarks: [], worksNow: false }

/** What the probes hang on is accepted now. */
export function worksNow(what: string): Separated {
  return { ...nothingSeparated, ruledOut: [`the same ${what} is accepted now`], worksNow: true }
}
