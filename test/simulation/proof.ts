/**
 * The long run of the simulator: many seeds, every planted bug, and what came of it as a section of PROOF.md and JSON.
 * What is checked lives in the invariants; here is only the counting.
 */
import { plantedBugs } from './bugs.ts'
import { type Found, huntBug } from './hunt.ts'
import type { RunResult } from './run.ts'
import { run as runSchedule } from './run.ts'
import { scheduleOf } from './schedule.ts'
import { describeFailure, type Failure, shrink } from './shrink.ts'

/** How long, and where to. */
export interface ProofOptions {
  /** Runs go on until so many deliveries were simulated. Absent: 100 000. */
  readonly deliveries?: number
  /** The first seed; the others follow it. Absent: 1. */
  readonly seed?: number
  readonly reportsPerRun?: number
  /** Absent: the console. */
  readonly print?: (line: string) => void
}

/** What the proof found. */
export interface Proof {
  readonly seeds: { readonly first: number; readonly last: number }
  readonly runs: number
  readonly deliveries: number
  readonly objects: number
  readonly seconds: number
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
  const { deliveries: wanted = 100_000, seed: first = 1, reportsPerRun = 40 } = options
  const startedAt = performance.now()
  const faults = new Map<string, number>()
  const failures: { seed: number; text: string }[] = []
  const sum = { runs: 0, deliveries: 0, objects: 0, deaths: 0 }
  let seed = first
  for (; sum.deliveries < wanted; seed++) {
    const result = await runSchedule(scheduleOf(seed, reportsPerRun))
    add(sum, faults, result)
    if (result.violations.length > 0) failures.push({ seed, text: await shortest(result) })
    if (sum.runs % 250 === 0) print(`${sum.deliveries} deliveries, ${failures.length} failures`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  const bugs: Found[] = []
  for (const bug of plantedBugs) bugs.push(await huntBug(bug))
  return { seeds: { first, last: seed - 1 }, ...sum, seconds, faults: Object.fromEntries(faults), failures, bugs }
}

async function shortest({ schedule, violations }: Failure): Promise<string> {
  return describeFailure(await shrink({ schedule, violations }))
}

function add(
  sum: { runs: number; deliveries: number; objects: number; deaths: number },
  faults: Map<string, number>,
  result: RunResult,
): void {
  sum.runs++
  sum.deliveries += result.deliveries
  sum.objects += result.objects
  sum.deaths += result.history.deaths
  for (const { kind, ...rest } of result.schedule.faults) {
    const name = 'fault' in rest ? `${kind}: ${rest.fault}` : kind
    faults.set(name, (faults.get(name) ?? 0) + 1)
  }
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
| objects left in buckets | ${proof.objects} |
| processes killed | ${proof.deaths} |
| seconds | ${Math.round(proof.seconds)} |
| deliveries per second, one core | ${Math.round(proof.deliveries / proof.seconds)} |
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
