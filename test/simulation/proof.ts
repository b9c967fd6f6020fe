/**
 * The long run of the simulator: many seeds, every planted bug, and what came of it as a section of PROOF.md and JSON.
 * What is checked lives in the invariants; here is only the counting.
 */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { plantedBugs } from './bugs.ts'
import type { Found } from './hunt.ts'
import type { Answer, Question } from './proof-thread.ts'

/** How long, and where to. */
export interface ProofOptions {
  /** Runs go on until so many deliveries were simulated. Absent: 100 000. */
  readonly deliveries?: number
  /** The first seed; the others follow it. Absent: 1. */
  readonly seed?: number
  readonly reportsPerRun?: number
  /** Adds to this one, from the seed behind its last. `seed` is passed over then. */
  readonly earlier?: Proof | null
  /** Absent: the console. */
  readonly print?: (line: string) => void
}

/** What the proof found. */
export interface Proof {
  readonly seeds: { readonly first: number; readonly last: number }
  readonly runs: number
  readonly deliveries: number
  readonly objects: number
  /** Deliveries that were accepted straight into work; absent in proofs of before. */
  readonly begun?: number
  readonly seconds: number
  /** How often the command was run for it; absent: once. */
  readonly slices?: number
  /** Absent in proofs that ran on one. */
  readonly threads?: number
  readonly faults: Readonly<Record<string, number>>
  readonly deaths: number
  /** Seeds that broke a promise, in their shortest form. */
  readonly failures: readonly { readonly seed: number; readonly text: string }[]
  readonly bugs: readonly Found[]
}

/** Runs the proof. `holds`: every promise held and every planted bug was caught. */
export async function run(options: ProofOptions = {}): Promise<{ readonly holds: boolean; readonly proof: Proof }> {
  const print = options.print ?? ((line: string) => console.log(line))
  const proof = await prove(options, print)
  for (const { text } of proof.failures) print(text)
  const missed = proof.bugs.filter(({ seed }) => seed === null)
  print(
    `${proof.deliveries} deliveries in ${proof.runs} runs (${Math.round(proof.seconds)} s): ${proof.failures.length} seeds broke a promise; ` +
      `${proof.bugs.length - missed.length} of ${proof.bugs.length} planted bugs caught`,
  )
  return { holds: proof.failures.length === 0 && missed.length === 0, proof }
}

async function prove(options: ProofOptions, print: (line: string) => void): Promise<Proof> {
  const { deliveries: wanted = 100_000, reportsPerRun = 40, earlier = null } = options
  const first = earlier === null ? (options.seed ?? 1) : earlier.seeds.last + 1
  const startedAt = performance.now()
  const faults = new Map<string, number>(Object.entries(earlier?.faults ?? {}))
  const failures = [...(earlier?.failures ?? [])]
  const { runs: earlierRuns = 0, deliveries = 0, objects = 0, begun = 0, deaths = 0 } = earlier ?? {}
  const sum = { runs: earlierRuns, deliveries, objects, begun, deaths }
  // Every report of a run is handed over once, so how many runs it takes is known beforehand.
  const runs = Math.ceil(wanted / reportsPerRun)
  const threads = openThreads(reportsPerRun)
  try {
    const seeds = Array.from({ length: runs }, (_, index) => ({ seed: first + index }))
    await askAll(threads, seeds, (answer) => {
      if (!('deaths' in answer)) throw new TypeError('a seed is answered with what it came to')
      sum.runs++
      sum.deliveries += answer.deliveries
      sum.objects += answer.objects
      sum.begun += answer.begun
      sum.deaths += answer.deaths
      for (const name of answer.faults) faults.set(name, (faults.get(name) ?? 0) + 1)
      if (answer.failure !== null) failures.push({ seed: answer.seed, text: answer.failure })
      if (sum.runs % 250 === 0) print(`${sum.deliveries} deliveries, ${failures.length} failures`)
    })
    const seconds = (earlier?.seconds ?? 0) + (performance.now() - startedAt) / 1000
    const found = new Map<string, Found>()
    const names = plantedBugs.map(({ name }) => name)
    await askAll(
      threads,
      names.map((bug) => ({ bug })),
      (answer) => {
        if (!('name' in answer)) throw new TypeError('a bug is answered with where it was caught')
        found.set(answer.name, answer)
      },
    )
    const bugs = names.map((name) => found.get(name) ?? { name, seed: null, violation: null })
    failures.sort((one, other) => one.seed - other.seed)
    const last = first + runs - 1
    return {
      seeds: { first: earlier?.seeds.first ?? first, last },
      ...sum,
      seconds,
      slices: (earlier?.slices ?? (earlier === null ? 0 : 1)) + 1,
      threads: threads.length,
      faults: Object.fromEntries(faults),
      failures,
      bugs,
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
}

/** One for each core, and one for when they wait for files: a run is alone in its thread, and a seed decides it wherever it runs. */
function openThreads(reportsPerRun: number): Worker[] {
  return Array.from(
    { length: availableParallelism() + 1 },
    () => new Worker(new URL('proof-thread.ts', import.meta.url), { workerData: { reportsPerRun } }),
  )
}

/** Puts the questions to the threads, each the next one when it has answered. */
async function askAll(
  threads: readonly Worker[],
  questions: readonly Question[],
  take: (answer: Answer) => void,
): Promise<void> {
  const waiting = questions.values()
  const lane = async (thread: Worker): Promise<void> => {
    // Another thread's failure ends the whole, and the questions with it.
    for (const question of waiting) {
      const answered = once(thread, 'message')
      thread.postMessage(question)
      const [answer] = await answered
      take(answer as Answer)
    }
  }
  await Promise.all(threads.map(lane))
}

/** Writes the section of PROOF.md. */
export function sectionOf(proof: Proof): string {
  const faults = Object.entries(proof.faults).sort(([a], [b]) => (a < b ? -1 : 1))
  const held = proof.failures.length === 0
  return `## Deliveries, simulated

\`npm run proof -- delivery\`. The delivery code, the database and the evidence log are the real ones; time, disk,
network and buckets are played, and a seed decides everything.

| | |
|---|---|
| seeds | ${proof.seeds.first} to ${proof.seeds.last} |
| deliveries accepted | ${proof.deliveries} |
${proof.begun === undefined ? '' : `| of these, accepted straight into work | ${proof.begun} |\n`}| objects left in buckets | ${proof.objects} |
| processes killed | ${proof.deaths} |
| seconds | ${Math.round(proof.seconds)} |
| deliveries per second, ${proof.threads === undefined ? 'one core' : `${proof.threads} threads`} | ${Math.round(proof.deliveries / proof.seconds)} |
| seeds that broke a promise | ${proof.failures.length} |

${held ? 'Every promise held in every run.' : '### What broke\n\n```\n'.concat(proof.failures.map(({ text }) => text).join('\n'), '\n```')}

### Promises

I1 nothing acknowledged is lost · I2 one object and one version per key · I3 the bytes are those that were accepted ·
I4 one entry in the log for each delivered target · I5 no upload stays open unrecorded · I6 no secret is told · I7 tenants
do not meet · I8 everything ends in time once faults stop · I9 the log continues every checkpoint that was given out.

With nothing but the right to write, an object at the key after a doubtful answer counts as ours; the receipt then says
\`occupied\` and no more. The simulator allows other bytes there under that level alone.

### Faults that were scheduled

| fault | times |
|---|---|
${faults.map(([name, count]) => `| ${name} | ${count} |`).join('\n')}

### Planted bugs

| bug | caught at seed | promise |
|---|---|---|
${proof.bugs.map(({ name, seed, violation }) => `| ${name} | ${seed ?? '**missed**'} | ${violation?.invariant ?? ''} |`).join('\n')}
`
}
