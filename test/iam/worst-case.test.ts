/**
 * Hostile policies and requests: the right answer, no error, and work that grows no faster than linearly with the policy and
 * with the request. How long the slowest evaluation takes on a machine is what `npm run proof -- iam` measures.
 */
import { describe, expect, test } from 'vitest'
import { mostWorkGrowth, type Prepared, sizeGrowth, workGrowth } from '../../src/base/testing/growth.ts'
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

const deciding =
  (make: () => Attack): Prepared =>
  () => {
    const { request, policies } = make()
    return () => void decide(request, policies)
  }

describe('the work grows no faster than linearly', () => {
  for (const shape of shapes) {
    test(`${shape.name}`, () => {
      const large = deciding(() => attack(shape, mostPolicyBytes, mostRequestBytes))
      const smallPolicy = deciding(() => attack(shape, mostPolicyBytes / sizeGrowth, mostRequestBytes))
      const smallRequest = deciding(() => attack(shape, mostPolicyBytes, mostRequestBytes / sizeGrowth))
      expect(workGrowth(smallPolicy, large), 'with the policy').toBeLessThan(mostWorkGrowth)
      expect(workGrowth(smallRequest, large), 'with the request').toBeLessThan(mostWorkGrowth)
    })
  }
})
