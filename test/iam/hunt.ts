/** Looks for the slowest evaluation: tries every hostile shape, then shapes made at random. */
import { decide, evaluate, type NamedPolicy, type PolicySet, parsePolicy } from '../../src/iam/index.ts'
import { type Attack, attack, mostPolicyBytes, mostRequestBytes, shapes, varied } from './hostile.ts'
import type { Shape } from './hostile-parts.ts'

/** Of the quickest of several evaluations each, in milliseconds: what the work takes, not what disturbed it. */
export interface Catch {
  readonly name: string
  /** `decide`, policies prepared. */
  readonly verdict: number
  /** `evaluate`, policies prepared. */
  readonly explained: number
  /** `decide` on policies that were just read: preparing them is part of it. */
  readonly anew: number
}

/** Hunts for so long; the slowest verdict first, each shape once with the slowest that it showed. */
export function hunt(budgetMs: number, seed: number, onSlower: (one: Catch) => void): readonly Catch[] {
  const started = performance.now()
  const found = new Map<string, Catch>()
  const random = generator(seed)
  let slowest = 0
  const trial = (shape: Shape): void => {
    const { name } = shape
    const caught = { name, ...timesOf(attack(shape, mostPolicyBytes, mostRequestBytes)) }
    const before = found.get(name) ?? caught
    found.set(name, {
      name,
      verdict: Math.max(before.verdict, caught.verdict),
      explained: Math.max(before.explained, caught.explained),
      anew: Math.max(before.anew, caught.anew),
    })
    if (caught.verdict <= slowest) return
    slowest = caught.verdict
    onSlower(caught)
  }
  // Code that runs for the first time is slow for that reason alone.
  for (const shape of shapes) timesOf(attack(shape, mostPolicyBytes, mostRequestBytes))
  for (const shape of shapes) trial(shape)
  while (performance.now() - started < budgetMs) trial(varied(random))
  return [...found.values()].sort((a, b) => b.verdict - a.verdict)
}

function timesOf({ request, policies }: Attack): Omit<Catch, 'name'> {
  decide(request, policies)
  return {
    verdict: quickest(() => () => decide(request, policies)),
    explained: quickest(() => () => evaluate(request, policies)),
    anew: quickest(() => {
      const fresh = readAnew(policies)
      return () => decide(request, fresh)
    }),
  }
}

/** A time near the claim is worth more tries: on a busy machine few of them are left alone. */
const worthMore = 2

function quickest(prepare: () => () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < (least > worthMore ? 40 : 5); i++) {
    const run = prepare()
    const started = performance.now()
    run()
    least = Math.min(least, performance.now() - started)
  }
  return least
}

/** The same policies as objects that were never evaluated. */
function readAnew(policies: PolicySet): PolicySet {
  const one = ({ name, policy }: NamedPolicy): NamedPolicy => {
    const read = parsePolicy(policy.source)
    return { name, policy: read.ok ? read.value : policy }
  }
  const perhaps = (named: NamedPolicy | null) => (named === null ? null : one(named))
  return {
    ...policies,
    identity: policies.identity.map(one),
    scp: policies.scp.map((level) => level.map(one)),
    rcp: policies.rcp.map((level) => level.map(one)),
    resource: perhaps(policies.resource),
  }
}

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
