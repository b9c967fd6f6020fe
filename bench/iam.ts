/**
 * The benchmark of the policy language: rates against the targets and against limits measured in the same run, growth
 * with the number of statements and of condition values, and the size of the bundle for the browser.
 */
import { decide, evaluate, type NamedPolicy, type PolicySet } from '../src/iam/index.ts'
import { bundleIam } from './bundle.ts'
import { type BenchCase, bigCase, flatCase, simpleCase, statementsCase, valuesCase } from './iam-cases.ts'
import { ratePerCpuSecond } from './measure.ts'
import { count, plot, table } from './table.ts'

interface Target {
  readonly verdict: number
  readonly explained: number
}

const simple: Target = { verdict: 250_000, explained: 50_000 }
const big: Target = { verdict: 25_000, explained: 10_000 }
const mostGzipBytes = 60_000

/** Runs everything and answers the report. */
export async function benchIam(): Promise<string> {
  return [
    `drawbridge/iam on Node ${process.version}, one core, policies compiled once; all rates per second of processor time`,
    await rates(),
    growth('Growth with the number of statements', statementCurves()),
    growth('Growth with the number of wanted values of one condition', valueCurves()),
    await sizes(),
  ].join('\n\n')
}

async function rates(): Promise<string> {
  const slow = await referenceModel()
  const rows = (
    [
      [simpleCase(), simple],
      [bigCase(), big],
      [flatCase(), big],
    ] as const
  ).map(([one, target]) => rateRow(one, target, slow))
  const head = [
    'case',
    'verdict/s',
    'target',
    'ratio',
    'explained/s',
    'target',
    'ratio',
    'JSON copies/s',
    'reference model/s',
    'ratio',
  ]
  return [
    table([head, ...rows]),
    'big, one action: every one of the 70 statements is about s3:PutObject, so that the index by action helps nothing.',
    'JSON copies: JSON.parse(JSON.stringify(request)), a limit below which reading a request from the wire cannot go.',
    'reference model: the slow model of test/reference, written from the documentation and sharing no code; the ratio is explained/s to it.',
  ].join('\n')
}

type SlowModel = (one: BenchCase) => unknown

function rateRow(one: BenchCase, target: Target, slow: SlowModel | null): string[] {
  const { request, policies } = one
  const verdict = ratePerCpuSecond(() => decide(request, policies))
  const explained = ratePerCpuSecond(() => evaluate(request, policies))
  const copies = ratePerCpuSecond(() => JSON.parse(JSON.stringify(request)))
  const reference = slow === null ? null : ratePerCpuSecond(() => slow(one), { rounds: 3 })
  const ratio = (rate: number, wanted: number): string => `${(rate / wanted).toFixed(1)}x`
  return [
    one.name,
    count(verdict),
    count(target.verdict),
    ratio(verdict, target.verdict),
    count(explained),
    count(target.explained),
    ratio(explained, target.explained),
    count(copies),
    reference === null ? '-' : count(reference),
    reference === null ? '-' : ratio(explained, reference),
  ]
}

/** The reference model, when the checkout has it; it is imported late, so that the benchmark runs without it. */
async function referenceModel(): Promise<SlowModel | null> {
  const place = new URL('../test/reference/reference.ts', import.meta.url).href
  const model: unknown = await import(place).catch(() => null)
  if (typeof model !== 'object' || model === null || !('decideSlowly' in model)) return null
  const { decideSlowly } = model
  if (typeof decideSlowly !== 'function') return null
  const readings = new Map<BenchCase, unknown>()
  return (one) => {
    const policies = readings.get(one) ?? asJson(one.policies)
    readings.set(one, policies)
    return decideSlowly(one.request, policies)
  }
}

function asJson(policies: PolicySet): unknown {
  const json = ({ name, policy }: NamedPolicy): unknown => ({ name, json: policy.source })
  const one = (named: NamedPolicy | null): unknown => (named === null ? null : json(named))
  return {
    identity: policies.identity.map(json),
    boundary: one(policies.boundary),
    session: one(policies.session),
    scp: policies.scp.map((level) => level.map(json)),
    rcp: policies.rcp.map((level) => level.map(json)),
    resource: one(policies.resource),
    vpcEndpoint: one(policies.vpcEndpoint),
  }
}

interface GrowthCurve {
  readonly mark: string
  readonly name: string
  readonly make: (size: number) => BenchCase
  readonly run: typeof decide | typeof evaluate
}

function statementCurves(): readonly GrowthCurve[] {
  const flat = (size: number): BenchCase => statementsCase(size, true)
  return [
    { mark: 'e', name: 'explained', make: (size) => statementsCase(size, false), run: evaluate },
    { mark: 'a', name: 'verdict, all about the action', make: flat, run: decide },
    { mark: 'v', name: 'verdict, a third about the action', make: (size) => statementsCase(size, false), run: decide },
  ]
}

function valueCurves(): readonly GrowthCurve[] {
  return [
    { mark: 'l', name: 'StringLike', make: (size) => valuesCase(size, 'StringLike'), run: decide },
    { mark: 'i', name: 'IpAddress', make: (size) => valuesCase(size, 'IpAddress'), run: decide },
    { mark: 's', name: 'StringEquals', make: (size) => valuesCase(size, 'StringEquals'), run: decide },
  ]
}

const growthMeasure = { rounds: 3, roundMs: 120, warmupMs: 200 }

/** Microseconds per evaluation, of so many policy sets of one size in turn. */
function microseconds({ make, run }: GrowthCurve, size: number, sets = 1): number {
  const cases = Array.from({ length: sets }, () => make(size))
  let at = 0
  const next = (): unknown => {
    const one = cases[at++ % sets]
    return one === undefined ? null : run(one.request, one.policies)
  }
  return 1e6 / ratePerCpuSecond(next, growthMeasure)
}

const growthSizes = [1, 3, 10, 30, 100, 300, 1000] as const

/** Microseconds per evaluation. The exponent over the last decade is 1 where cost grows linearly, below where slower. */
function growth(title: string, curves: readonly GrowthCurve[]): string {
  const measured = curves.map((curve) => ({
    mark: curve.mark,
    name: curve.name,
    points: growthSizes.map((size) => [size, microseconds(curve, size)] as const),
    // Ten sets of a hundred lie in as much memory as one of a thousand: what is left is the evaluator's own growth.
    inTurn: microseconds(curve, 100, 10),
  }))
  const rows = growthSizes.map((size, at) => [
    count(size),
    ...measured.map(({ points }) => (points[at]?.[1] ?? 0).toFixed(2)),
  ])
  const at = (points: readonly (readonly [number, number])[], wanted: number): number =>
    points.find(([size]) => size === wanted)?.[1] ?? 1
  const exponents = measured.map(({ points }) => Math.log10(at(points, 1000) / at(points, 100)).toFixed(2))
  const atEqualMemory = measured.map(({ points, inTurn }) => Math.log10(at(points, 1000) / inTurn).toFixed(2))
  return [
    table([
      ['number', ...measured.map(({ name }) => `${name}, µs`)],
      ...rows,
      ['100, ten sets in turn', ...measured.map(({ inTurn }) => inTurn.toFixed(2))],
      ['exponent, 100 to 1,000', ...exponents],
      ['exponent, ten sets in turn', ...atEqualMemory],
    ]),
    '',
    plot(title, 'µs per evaluation', measured),
  ].join('\n')
}

async function sizes(): Promise<string> {
  const [without, whole] = [await bundleIam(false), await bundleIam(true)]
  const row = (name: string, { plainBytes, gzipBytes }: typeof whole, target: string): string[] => [
    name,
    count(plainBytes),
    count(gzipBytes),
    target,
  ]
  return [
    table([
      ['bundle for the browser', 'bytes', 'gzip', 'target'],
      row('without the action tables', without, `<= ${count(mostGzipBytes)}`),
      row('whole', whole, '-'),
    ]),
    without.left.length === 0
      ? 'nothing of the action tables is reached from the entry'
      : `left outside: ${without.left.join(', ')}`,
  ].join('\n')
}
