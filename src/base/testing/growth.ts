/**
 * How work grows with its input, for tests that must fail when it grows with the square. What is compared is the processor
 * time of this thread for two sizes: a busy machine makes a test wait, and not fail. No time is ever compared with a limit.
 */

/** Makes a piece of work ready; what it returns is what counts, and is called several times. */
export type Prepared = () => () => void

/** The larger input is so many times the smaller one. */
export const sizeGrowth = 4
/** Four times the work if it grows linearly, sixteen times if with the square; what is between, a machine may add or hide. */
export const mostWorkGrowth = 10

/** A call is repeated until so much can be measured. */
const measuredMs = 2
/** Work that takes less counts as this much: what ends at the first character is not a measure for what does not. */
const leastMs = 0.1
const attempts = 12

/**
 * How many times the work for the small input the work for the large one is. Caches that others fill in between make a time
 * too long, never too short: of several attempts the least counts.
 *
 * @param enough - less than this ends the attempts: `mostWorkGrowth`, unless the sizes are not `sizeGrowth` apart
 */
export function workGrowth(small: Prepared, large: Prepared, enough = mostWorkGrowth): number {
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < attempts && least >= enough; attempt++) {
    least = Math.min(least, timeOf(large()) / Math.max(leastMs, timeOf(small())))
  }
  return least
}

/** Milliseconds of one call: of as many as can be measured, the mean; of three such, the quickest. */
function timeOf(work: () => void): number {
  work()
  let quickest = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    let calls = 0
    let spent = 0
    const begun = process.threadCpuUsage()
    while (spent < measuredMs) {
      work()
      calls += 1
      const { user, system } = process.threadCpuUsage(begun)
      spent = (user + system) / 1000
    }
    quickest = Math.min(quickest, spent / calls)
  }
  return quickest
}
