/** When to try again. Pure: the moment and the chance are given. */
import type { Random } from '../base/index.ts'

/** Attempts that may end in a passing fault before a route turns to its next target. */
export const faultBudget = 3

const faultBaseMs = 2_000
const faultCapMs = 60_000
const backfillBaseMs = 5 * 60_000
const backfillCapMs = 6 * 60 * 60_000

/** The wait after the `faults`-th passing fault (from 1): full jitter over a doubling window, at least half a second. */
export function faultDelayMs(faults: number, random: Random): number {
  return 500 + fraction(random) * Math.min(faultCapMs, faultBaseMs * 2 ** Math.min(faults - 1, 20))
}

/** The wait before a target that refused or stayed out of reach is tried by itself again: 5 minutes to 6 hours. */
export function backfillDelayMs(attempts: number, random: Random): number {
  const window = Math.min(backfillCapMs, backfillBaseMs * 2 ** Math.min(Math.max(attempts - 1, 0), 20))
  return window / 2 + (fraction(random) * window) / 2
}

function fraction(random: Random): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3)
  return (a * 65_536 + b * 256 + c) / 16_777_216
}
