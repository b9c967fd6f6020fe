/** Looking for one planted bug: seeds in turn until a promise breaks. */
import type { Violation } from './invariants.ts'
import type { PlantedBug } from './planted.ts'
import { run } from './run.ts'
import { scheduleOf } from './schedule.ts'

/** Where a planted bug was caught. */
export interface Found {
  readonly name: string
  /** Null: it was not. */
  readonly seed: number | null
  readonly violation: Violation | null
}

/** Runs seeds from 1 on with the bug planted, at most `maximumRuns`. */
export async function huntBug(bug: PlantedBug, maximumRuns = 150, reports = 25): Promise<Found> {
  for (let seed = 1; seed <= maximumRuns; seed++) {
    const { violations } = await run(scheduleOf(seed, reports), bug)
    const [violation] = violations
    if (violation !== undefined) return { name: bug.name, seed, violation }
  }
  return { name: bug.name, seed: null, violation: null }
}
