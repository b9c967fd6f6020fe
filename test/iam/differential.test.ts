/**
 * Engine against reference model on generated policy sets and requests. `npm run proof -- iam` does the same a million
 * times and writes down what it hit.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareScenario } from './compare.ts'
import { Features } from './features.ts'
import { anyScenario } from './generate/scenario.ts'

const requestsPerScenario = 8
const scenarios = 13_000

test('engine and reference model agree on 100,000 pairs of policies and requests, statement by statement', () => {
  const features = new Features()
  fc.assert(
    fc.property(anyScenario(requestsPerScenario), (scenario) => {
      const compared = compareScenario(scenario)
      const [disagreement] = compared.filter((one) => one.differences.length > 0)
      if (disagreement === undefined) return features.add(scenario, compared)
      throw new Error([JSON.stringify(disagreement.request), ...disagreement.differences].join('\n'))
    }),
    { numRuns: scenarios, seed: 20_261_122 },
  )
  const decisions = ['allowed', 'explicitDeny', 'implicitDeny'].map((decision) => features.count('decision', decision))
  expect(decisions.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(100_000)
  // A generator that only ever meets one answer compares nothing.
  expect(Math.min(...decisions)).toBeGreaterThan(8_000)
})
