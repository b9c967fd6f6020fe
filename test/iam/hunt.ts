/** Looks for the slowest evaluation: tries every hostile shape, then variations of those that were slowest so far. */
import { decide } from '../../src/iam/index.ts'
import { attack, mostPolicyBytes, mostRequestBytes, shapes, varied } from './hostile.ts'
import type { Shape } from './hostile-parts.ts'

export interface Catch {
  readonly name: string
  /** Of the quickest of several evaluations, policies compiled: what the work takes, not what disturbed it. */
  readonly milliseconds: number
}

/** Hunts for so long; the slowest first, each shape once. */
export function hunt(budgetMs: number, seed: number, onSlower: (one: Catch) => void): readonly Catch[] {
  const started = performance.now()
  const best = new Map<string, number>()
  const random = generator(seed)
  let slowest = 0
  const trial = (shape: Shape): void => {
    const milliseconds = timeOf(shape)
    if (milliseconds > (best.get(shape.name) ?? 0)) best.set(shape.name, milliseconds)
    if (milliseconds <= slowest) return
    slowest = milliseconds
    onSlower({ name: shape.name, milliseconds })
  }
  for (const shape of shapes) trial(shape)
  while (performance.now() - started < budgetMs) trial(varied(random))
  return [...best]
    .map(([name, milliseconds]) => ({ name, milliseconds }))
    .sort((a, b) => b.milliseconds - a.milliseconds)
}

function timeOf(shape: Shape): number {
  const { request, policies } = attack(shape, mostPolicyBytes, mostRequestBytes)
  decide(request, policies)
  let quickest = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const started = performance.now()
    decide(request, policies)
    quickest = Math.min(quickest, performance.now() - started)
  }
  return quickest
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
