/**
 * Hostile policies and requests: the right answer, no error, and work that grows no faster than linearly with the policy and
 * with the request. Times are only ever compared with each other; how long the slowest evaluation takes on a machine is
 * what `npm run proof -- iam` measures.
 */
import { describe, expect, test } from 'vitest'
import { decide, evaluate } from '../../src/iam/index.ts'
import { decideSlowly, jsonOf } from '../reference/index.ts'
import { type Attack, attack, mostPolicyBytes, mostRequestBytes, shapes, varied } from './hostile.ts'
import { generator } from './hunt.ts'

const random = generator(7)
const allShapes = [...shapes, ...Array.from({ length: 150 }, () => varied(random))]

test('hostile texts are answered as the reference model answers them', () => {
  const decisions = new Set<string>()
  for (const shape of allShapes) {
    for (const [policyBytes, requestBytes] of [
      [500, 400],
      [700, 900],
    ] as const) {
      const { policies, request } = attack(shape, policyBytes, requestBytes)
      const { decision } = decideSlowly(request, jsonOf(policies))
      expect(decide(request, policies), shape.name).toBe(decision)
      expect(evaluate(request, policies).decision, shape.name).toBe(decision)
      decisions.add(decision)
    }
  }
  // Shapes that never fit would not notice a matcher that says no to everything.
  expect([...decisions].sort()).toEqual(['allowed', 'explicitDeny', 'implicitDeny'])
})

test('hostile texts of full size are answered by both ways alike', () => {
  for (const shape of allShapes) {
    const { policies, request } = attack(shape, mostPolicyBytes, mostRequestBytes)
    expect(evaluate(request, policies).decision, shape.name).toBe(decide(request, policies))
  }
})

/** Four times the size is four times the work if it grows linearly, sixteen times if with the square. */
const growth = 4
const between = 10
/** Below this many milliseconds a time says nothing. */
const noise = 1

function timeOf({ request, policies }: Attack): number {
  decide(request, policies)
  let quickest = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const started = performance.now()
    decide(request, policies)
    quickest = Math.min(quickest, performance.now() - started)
  }
  return quickest
}

/** A machine that does something else in between makes a time too long, never too short: the best of three counts. */
function growthOf(small: () => Attack, large: () => Attack): number {
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3 && least > between; attempt++) {
    const after = timeOf(large())
    if (after < noise) return 1
    least = Math.min(least, after / timeOf(small()))
  }
  return least
}

describe('the work grows no faster than linearly', () => {
  for (const shape of shapes) {
    test(`${shape.name}`, () => {
      const large = () => attack(shape, mostPolicyBytes, mostRequestBytes)
      const smallPolicy = () => attack(shape, mostPolicyBytes / growth, mostRequestBytes)
      const smallRequest = () => attack(shape, mostPolicyBytes, mostRequestBytes / growth)
      expect(growthOf(smallPolicy, large), 'with the policy').toBeLessThan(between)
      expect(growthOf(smallRequest, large), 'with the request').toBeLessThan(between)
    })
  }
})
