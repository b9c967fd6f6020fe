/**
 * Writes down what a test run only asserts. `npm run proof -- iam` puts a million generated pairs of policies and requests
 * before engine and reference model, looks for the slowest evaluation, and writes docs/proof-iam.md.
 * `npm run proof -- rules` writes docs/iam-rules.md from the cases. The others write a section of PROOF.md and proof/NAME.json:
 * `delivery` runs the delivery code in a simulated world of faults, `kills` kills real processes, `rolling` replaces workers under load, `evidence` tampers with
 * packages. Without a name all of them run.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { proveEvidence } from '../test/evidence/proof.ts'
import { compareScenario } from '../test/iam/compare.ts'
import { Features } from '../test/iam/features.ts'
import { anyScenario, type Scenario } from '../test/iam/generate/scenario.ts'
import { mostPolicyBytes, mostRequestBytes } from '../test/iam/hostile.ts'
import { type Catch, hunt } from '../test/iam/hunt.ts'
import { proofPage } from '../test/iam/proof-page.ts'
import { readRuledCases, rulesPage } from '../test/iam/rules-page.ts'
import { proveKills } from '../test/kills/proof.ts'
import { proveRolling } from '../test/postgres/rolling/proof.ts'
import { run as proveDelivery } from '../test/simulation/proof.ts'
import { keepProof, readProof } from './proof-page.ts'

const requestsPerScenario = 10
const scenariosPerBatch = 5_000

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '1000000' },
    /** How many deliveries to simulate. */
    deliveries: { type: 'string', default: '1000000' },
    /** How many processes to kill. */
    kills: { type: 'string', default: '1000' },
    /** The part of them on PostgreSQL. */
    shared: { type: 'string', default: '0.25' },
    /** Adds deliveries or kills to those that PROOF.md tells of already. */
    append: { type: 'boolean', default: false },
    /** How often every worker is replaced, by each of two signals. */
    rounds: { type: 'string', default: '3' },
    /** How many packages to tamper with. */
    mutants: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '20261122' },
    /** How long to look for the slowest evaluation. */
    seconds: { type: 'string', default: '60' },
  },
})

const page = (name: string) => new URL(`../docs/${name}`, import.meta.url)

const seed = Number(values.seed)

const proofs: Readonly<Record<string, () => Promise<boolean>>> = {
  iam: async () => proveIam(Number(values.pairs), seed, Number(values.seconds)),
  rules: async () => {
    writeFileSync(page('iam-rules.md'), rulesPage(readRuledCases()))
    return true
  },
  delivery: async () => {
    const earlier = values.append ? readProof('delivery') : null
    const { holds, proof } = await proveDelivery({ deliveries: Number(values.deliveries), seed, earlier })
    keepProof('delivery', proof)
    return holds
  },
  kills: async () => {
    const kills = Number(values.kills)
    const earlier = values.append ? readProof('kills') : null
    const shared = Math.round(kills * Number(values.shared))
    const onSqlite = kills === shared ? null : await proveKills(kills - shared, seed, false, earlier)
    if (onSqlite !== null) keepProof('kills', onSqlite.proof)
    const onPostgres = shared === 0 ? null : await proveKills(shared, seed, true, onSqlite?.proof ?? earlier)
    if (onPostgres !== null) keepProof('kills', onPostgres.proof)
    return (onPostgres ?? onSqlite)?.holds ?? false
  },
  rolling: async () => {
    const { holds, proof } = await proveRolling(Number(values.rounds))
    keepProof('rolling', proof)
    return holds
  },
  evidence: async () => {
    const { holds, proof } = await proveEvidence(Number(values.mutants), seed)
    keepProof('evidence', proof)
    return holds
  },
}

const names = positionals.length === 0 ? Object.keys(proofs) : positionals
if (names.every((name) => Object.hasOwn(proofs, name))) {
  for (const name of names) if (!(await proofs[name]?.())) process.exitCode = 1
} else {
  console.error(`error: there is no proof \`${names.join(' ')}\``)
  console.error(`hint: npm run proof -- [${Object.keys(proofs).join(' | ')}] [--seed N]`)
  console.error(
    'hint: --pairs N --seconds N | --deliveries N --append | --kills N --shared 0.25 --append | --rounds N | --mutants N',
  )
  process.exitCode = 2
}

function proveIam(pairs: number, seed: number, seconds: number): boolean {
  const features = new Features()
  const started = performance.now()
  let done = 0
  for (let batch = 0; done < pairs; batch++) {
    const scenarios = Math.min(scenariosPerBatch, Math.ceil((pairs - done) / requestsPerScenario))
    const disagreement = compareBatch(features, scenarios, seed + batch)
    if (disagreement !== null) {
      report(disagreement, seed + batch)
      return false
    }
    done += scenarios * requestsPerScenario
    console.log(`${done} of ${pairs} pairs agree`)
  }
  const differentialSeconds = (performance.now() - started) / 1000
  const found = hunt(seconds * 1000, seed, (one) => console.log(`slowest so far: ${describe(one)}`))
  const [slowest] = found.catches
  const machine = `${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
  const text = proofPage({
    pairs: done,
    seed,
    seconds: differentialSeconds,
    machine,
    features,
    hunt: found,
    huntSeconds: seconds,
  })
  writeFileSync(page('proof-iam.md'), text)
  console.log(`no disagreement in ${done} pairs, ${differentialSeconds.toFixed(0)} s`)
  if (slowest !== undefined) {
    console.log(
      `slowest evaluation of a policy up to ${mostPolicyBytes} and a request up to ${mostRequestBytes} bytes:`,
    )
    console.log(describe(slowest))
  }
  return true
}

/** Null when they agree on all of the batch; else the smallest scenario that shows the disagreement. */
function compareBatch(features: Features, scenarios: number, seed: number): Scenario | null {
  const property = fc.property(anyScenario(requestsPerScenario), (scenario) => {
    const compared = compareScenario(scenario)
    if (compared.some((one) => one.differences.length > 0)) return false
    features.add(scenario, compared)
    return true
  })
  return fc.check(property, { numRuns: scenarios, seed }).counterexample?.[0] ?? null
}

function report(scenario: Scenario, seed: number): void {
  console.error(`error: engine and reference model disagree (seed ${seed})`)
  const { policies, settings } = scenario
  const [one] = compareScenario(scenario).filter(({ differences }) => differences.length > 0)
  console.error(JSON.stringify({ request: one?.request, policies, settings }, null, 2))
  for (const difference of one?.differences ?? []) console.error(difference)
}

function describe({ name, verdict, explained, anew, read }: Catch): string {
  const times = `explained ${explained.toFixed(2)}, anew ${anew.toFixed(2)}, read ${read.toFixed(2)}`
  return `${verdict.toFixed(2)} ms (${times}): ${name}`
}
