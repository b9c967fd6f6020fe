/** What the repository contract is held against. */
import type { State } from '../state.ts'

/** An empty state, and how to reach it. */
export interface Subject {
  readonly state: State
  /** The same database from another process; of an embedded database, which has one, the same state again. */
  readonly other: State
  /** Resolves when so much time has passed on the database's clock. */
  passed(milliseconds: number): Promise<void>
}
