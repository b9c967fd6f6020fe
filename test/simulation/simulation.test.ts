/**
 * The real delivery code through thousands of simulated storms, every promise checked after each; and the simulator
 * itself held to the bugs that it must catch. `npm run proof -- delivery` does the same for longer.
 */
import { expect, test } from 'vitest'
import { plantedBugs } from './bugs.ts'
import { huntBug } from './hunt.ts'
import { run } from './run.ts'
import { type Schedule, scheduleOf } from './schedule.ts'
import { describeFailure, shrink } from './shrink.ts'

const reportsPerRun = 40
/** Seeds of this test; the proof goes far beyond them. */
const runs = Number(process.env['DRAWBRIDGE_SIMULATION_RUNS'] ?? 250)

test('the same seed gives the same history', async () => {
  for (const seed of [3, 7]) {
    const first = await run(scheduleOf(seed, 25))
    expect((await run(scheduleOf(seed, 25))).digest).toBe(first.digest)
    expect(first.deliveries).toBeGreaterThanOrEqual(25)
  }
})

test(`every promise holds through ${runs} storms of ${reportsPerRun} reports`, { timeout: 900_000 }, async () => {
  const startedAt = performance.now()
  let deliveries = 0
  for (let seed = 1; seed <= runs; seed++) {
    const result = await run(scheduleOf(seed, reportsPerRun))
    deliveries += result.deliveries
    if (result.violations.length > 0) expect.fail(describeFailure(await shrink(result)))
  }
  const seconds = (performance.now() - startedAt) / 1000
  console.log(
    `${deliveries} simulated deliveries in ${seconds.toFixed(0)} s, ${(deliveries / seconds).toFixed(0)} a second`,
  )
  expect(deliveries).toBe(runs * reportsPerRun)
})

test('the power may go while everything is started again', { timeout: 60_000 }, async () => {
  for (let write = 4; write <= 16; write++) {
    const twice: Schedule = {
      ...{ seed: 9, reports: 8, workers: 1 },
      faults: [
        { kind: 'power-cut', at: 20_000 },
        { kind: 'power-cut-at-write', write },
      ],
    }
    expect((await run(twice)).violations).toEqual([])
  }
})

test('there are at least twenty planted bugs, each of its own', () => {
  expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length)
  expect(plantedBugs.length).toBeGreaterThanOrEqual(20)
})

test.each(plantedBugs)('a planted bug is caught: $name', { timeout: 300_000 }, async (bug) => {
  expect((await huntBug(bug)).seed).not.toBeNull()
})
