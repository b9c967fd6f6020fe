/** Looks for the slowest evaluation: tries every hostile shape, then shapes made at random. */
import {
  decide,
  evaluate,
  type NamedPolicy,
  type Policy,
  type PolicySet,
  parsePolicy,
  parsePolicyText,
} from '../../src/iam/index.ts'
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
  /** The same with reading the text of the policies, positions and all. */
  readonly read: number
}

/** The four ways to take a time. */
export type Time = Exclude<keyof Catch, 'name'>

/** What was caught, and how quick the machine was meanwhile. */
export interface Hunt {
  /** Slowest first, by whatever of its times is longest; each shape once with the longest times that it showed. */
  readonly catches: readonly Catch[]
  /** Milliseconds that a loop of three million multiplications took, at the beginning, the end, and in between. */
  readonly loop: readonly [least: number, most: number]
}

/** Hunts for so long, for policies that were used before and for such as were just read alike. */
export function hunt(budgetMs: number, seed: number, onSlower: (one: Catch) => void): Hunt {
  const started = performance.now()
  const found = new Map<string, Catch>()
  const random = generator(seed)
  const loops = [loopTime()]
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
      read: Math.max(before.read, caught.read),
    })
    if (longestOf(caught) <= slowest) return
    slowest = longestOf(caught)
    loops.push(loopTime())
    onSlower(caught)
  }
  // Code that runs for the first time is slow for that reason alone.
  for (const shape of shapes) timesOf(attack(shape, mostPolicyBytes, mostRequestBytes))
  for (const shape of shapes) trial(shape)
  while (performance.now() - started < budgetMs) trial(varied(random))
  loops.push(loopTime())
  const catches = [...found.values()].sort((a, b) => longestOf(b) - longestOf(a))
  return { catches, loop: [Math.min(...loops), Math.max(...loops)] }
}

function longestOf({ verdict, explained, anew, read }: Catch): number {
  return Math.max(verdict, explained, anew, read)
}

/** Says how quick the machine is just now. */
function loopTime(): number {
  return quickest(() => () => {
    let number = 1
    for (let i = 0; i < 3_000_000; i++) number = (Math.imul(number, 1_103_515_245) + 12_345) | 0
    return number
  })
}

function timesOf({ request, policies }: Attack): Omit<Catch, 'name'> {
  decide(request, policies)
  return {
    verdict: quickest(() => () => decide(request, policies)),
    explained: quickest(() => () => evaluate(request, policies)),
    anew: quickest(() => {
      const fresh = readAnew(policies, (policy) => parsePolicy(policy.source))
      return () => decide(request, fresh)
    }),
    read: quickest(() => {
      const texts = new Map<Policy, string>()
      readAnew(policies, (policy) => {
        texts.set(policy, JSON.stringify(policy.source))
        return parsePolicy(policy.source)
      })
      return () =>
        decide(
          request,
          readAnew(policies, (policy) => readText(texts.get(policy) ?? '')),
        )
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

type Read = ReturnType<typeof parsePolicy>

function readText(text: string): Read {
  const read = parsePolicyText(text)
  return read.ok ? { ok: true, value: read.value.policy } : read
}

/** The same policies as objects that were never evaluated. */
function readAnew(policies: PolicySet, readOne: (policy: Policy) => Read): PolicySet {
  const one = ({ name, policy }: NamedPolicy): NamedPolicy => {
    const read = readOne(policy)
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
