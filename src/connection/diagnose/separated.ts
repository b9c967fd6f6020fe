/** What separating probes found. */
import type { Cause } from '../../contract/index.ts'

/** What probes add to the classes that fit the error. */
export interface Separated {
  /** Causes that a probe points at, `likely`. */
  readonly causes: readonly Cause[]
  /** Classes that a probe excludes. */
  readonly excluded: readonly string[]
  readonly ruledOut: readonly string[]
  /** True: the very same request was accepted when it was tried again. */
  readonly worksNow: boolean
}
