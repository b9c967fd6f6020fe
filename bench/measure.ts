/**
 * Measures how often a piece of work can be done per second of processor time, on one core. Processor time, not the
 * clock's: other programs of the machine then cost little, and the collector's and the compiler's threads count as work.
 */

export interface MeasureOptions {
  /** Processor time of one round. */
  readonly roundMs: number
  readonly rounds: number
  /** Processor time spent before the first round, so that the code is compiled. */
  readonly warmupMs: number
}

const standard: MeasureOptions = { roundMs: 300, rounds: 5, warmupMs: 400 }

/** Where results go, so that no compiler can leave the work out. */
let sink: unknown

/** Times `work` and answers the median of the rounds, in calls per processor second. */
export function ratePerCpuSecond(work: () => unknown, options: Partial<MeasureOptions> = {}): number {
  const { roundMs, rounds, warmupMs } = { ...standard, ...options }
  round(work, warmupMs)
  const rates = Array.from({ length: rounds }, () => round(work, roundMs)).sort((one, other) => one - other)
  if (sink === undefined) throw new TypeError('work that answers nothing could be left out')
  return rates[rounds >>> 1] ?? 0
}

function round(work: () => unknown, cpuMs: number): number {
  const limit = cpuMs * 1000
  const start = process.cpuUsage()
  let calls = 0
  let batch = 1
  let used = 0
  while (used < limit) {
    for (let i = 0; i < batch; i++) sink = work()
    calls += batch
    const { user, system } = process.cpuUsage(start)
    used = user + system
    // Reading the meter costs a few microseconds itself, so it is read about once in a millisecond.
    if (used < limit / 50) batch *= 2
  }
  return calls / (used / 1e6)
}
