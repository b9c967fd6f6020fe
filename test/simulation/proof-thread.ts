/** One thread of the long run: takes seeds from the main thread, one at a time, and tells what each came to. */
import { parentPort, workerData } from 'node:worker_threads'
import { plantedBugs } from './bugs.ts'
import { type Found, huntBug } from './hunt.ts'
import { run } from './run.ts'
import { scheduleOf } from './schedule.ts'
import { describeFailure, shrink } from './shrink.ts'

/** What a thread is asked: a seed to run, or a planted bug to hunt. */
export type Question = { readonly seed: number } | { readonly bug: string }

/** What a seed came to; its schedule's faults and the house's deaths are counted over all of them. */
export interface SeedResult {
  readonly seed: number
  readonly deliveries: number
  readonly objects: number
  /** Of the deliveries, those that were accepted straight into work. */
  readonly begun: number
  readonly deaths: number
  readonly faults: readonly string[]
  /** In its shortest form; null: every promise held. */
  readonly failure: string | null
}

/** In the order of the questions. */
export type Answer = SeedResult | Found

const { reportsPerRun }: { readonly reportsPerRun: number } = workerData

async function answerTo(question: Question): Promise<Answer> {
  if ('seed' in question) return await runSeed(question.seed)
  const bug = plantedBugs.find(({ name }) => name === question.bug)
  if (bug === undefined) throw new TypeError(`no planted bug is called \`${question.bug}\``)
  return await huntBug(bug)
}

async function runSeed(seed: number): Promise<SeedResult> {
  const result = await run(scheduleOf(seed, reportsPerRun))
  const { deliveries, objects, history, schedule, violations } = result
  const failure = violations.length === 0 ? null : describeFailure(await shrink({ schedule, violations }))
  const faults = schedule.faults.map(({ kind, ...rest }) => ('fault' in rest ? `${kind}: ${rest.fault}` : kind))
  const { begun, deaths } = history
  return { seed, deliveries, objects, begun, deaths, faults, failure }
}

parentPort?.on('message', async (question: Question) => {
  parentPort?.postMessage(await answerTo(question))
})
