/**
 * Writes down what a test run only asserts. `npm run proof -- iam` puts a million generated pairs of policies and requests
 * before engine and reference model, looks for the slowest evaluation, and writes docs/proof-iam.md.
 * `npm run proof -- rules` writes docs/iam-rules.md from the cases. `npm run proof -- delivery` runs the delivery code in
 * a simulated world of faults and writes PROOF.md and proof/delivery.json.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { compareScenario } from '../test/iam/compare.ts'
import { Features } from '../test/iam/features.ts'
import { anyScenario, type Scenario } from '../test/iam/generate/scenario.ts'
import { mostPolicyBytes, mostRequestBytes } from '../test/iam/hostile.ts'
import { type Catch, hunt } from '../test/iam/hunt.ts'
import { proofPage } from '../test/iam/proof-page.ts'
import { readRuledCases, rulesPage } from '../test/iam/rules-page.ts'
import { run as proveDelivery } from '../test/simulation/proof.ts'

const requestsPerScenario = 10
const scenariosPerBatch = 5_000

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '1000000' },
    /** How many deliveries to simulate. */
    deliveries: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '20261122' },
    /** How long to look for the slowest evaluation. */
    seconds: { type: 'string', default: '60' },
  },
})

const page = (name: string) => new URL(`../docs/${name}`, import.meta.url)

switch (positionals[0]) {
  case 'iam':
    proveIam(Number(values.pairs), Number(values.seed), Number(values.seconds))
    break
  case 'delivery': {
    const directory = fileURLToPath(new URL('..', import.meta.url))
    const holds = await proveDelivery({ deliveries: Number(values.deliveries), seed: Number(values.seed), directory })
    process.exitCode = holds ? 0 : 1
    break
  }
  case 'rules':
    writeFileSync(page('iam-rules.md'), rulesPage(readRuledCases()))
    break
  default:
    console.error('error: name a proof')
    console.error('hint: npm run proof -- iam | rules | delivery [--pairs N] [--deliveries N] [--seed N] [--seconds N]')
    process.exitCode = 2
}

function proveIam(pairs: number, seed: number, seconds: number): void {
  const features = new Features()
  const started = performance.now()
  let done = 0
  for (let batch = 0; done < pairs; batch++) {
    const scenarios = Math.min(scenariosPerBatch, Math.ceil((pairs - done) / requestsPerScenario))
    const disagreement = compareBatch(features, scenarios, seed + batch)
    if (disagreement !== null) {
      report(disagreement, seed + batch)
      return
    }
    done += scenarios * requestsPerScenario
    console.log(`${done} of ${pairs} pairs agree`)
  }
  const differentialSeconds = (performance.now() - started) / 1000
  const catches = hunt(seconds * 1000, seed, (one) => console.log(`slowest so far: ${describe(one)}`))
  const [slowest] = catches
  const machine = `${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`
  const text = proofPage({
    pairs: done,
    seed,
    seconds: differentialSeconds,
    machine,
    features,
    catches,
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
  process.exitCode = 1
  console.error(`error: engine and reference model disagree (seed ${seed})`)
  const { policies, settings } = scenario
  const [one] = compareScenario(scenario).filter(({ differences }) => differences.length > 0)
  console.error(JSON.stringify({ request: one?.request, policies, settings }, null, 2))
  for (const difference of one?.differences ?? []) console.error(difference)
}

function describe({ name, milliseconds }: Catch): string {
  return `${milliseconds.toFixed(2)} ms: ${name}`
}
