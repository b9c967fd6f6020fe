/** From a schedule that breaks a promise to the shortest one that still does, and a text that people can read. */
import type { Violation } from './invariants.ts'
import type { PlantedBug } from './planted.ts'
import { run } from './run.ts'
import type { Fault, Schedule } from './schedule.ts'

/** A schedule that breaks promises, and which. */
export interface Failure {
  readonly schedule: Schedule
  readonly violations: readonly Violation[]
}

/** Takes faults out one by one, in rounds, as long as some promise stays broken. At most `maximumRuns` runs. */
export async function shrink(failure: Failure, bug: PlantedBug | null = null, maximumRuns = 80): Promise<Failure> {
  let shortest = failure
  let runs = 0
  for (let isShorter = true; isShorter; ) {
    isShorter = false
    for (const fault of [...shortest.schedule.faults]) {
      if (runs++ >= maximumRuns) return shortest
      const schedule = without(shortest.schedule, fault)
      const { violations } = await run(schedule, bug)
      if (violations.length === 0) continue
      shortest = { schedule, violations }
      isShorter = true
    }
  }
  return shortest
}

function without(schedule: Schedule, fault: Fault): Schedule {
  return { ...schedule, faults: schedule.faults.filter((other) => other !== fault) }
}

/** Writes a failure down: the seed, what broke, and each fault on a line. */
export function describeFailure({ schedule, violations }: Failure): string {
  return [
    `seed ${schedule.seed}, ${schedule.reports} reports, ${schedule.workers} workers`,
    ...violations.slice(0, 8).map(({ invariant, what }) => `  ${invariant}: ${what}`),
    ...schedule.faults.map((fault) => `  fault: ${JSON.stringify(fault)}`),
  ].join('\n')
}
