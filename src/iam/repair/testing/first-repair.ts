/** The repair that stands first for a scenario, with the checks that hold for every first repair. */
import { expect } from 'vitest'
import { decideCall } from '../../operations/index.ts'
import { repairCall } from '../repair-call.ts'
import { decideAfter } from './apply-proposal.ts'
import type { Scenario } from './scenario.ts'

/** The link that refuses and the first proposal, reduced to what a reader acts on. */
export function firstRepair(scenario: Scenario): Record<string, unknown> {
  const verdict = decideCall(scenario.call, scenario.policies)
  const proposals = repairCall(scenario.call, scenario.policies, scenario.ours)
  const [first] = proposals
  expect(verdict.refusedBy).not.toBeNull()
  expect(first?.proved).toBe(true)
  if (first !== undefined) expect(decideAfter(scenario, proposals, first).decision).toBe('allowed')
  return {
    link: verdict.parts[verdict.refusedBy ?? 0]?.link,
    side: first?.side,
    change: first?.change,
    policy: first?.patch?.policy,
    operations: first?.patch?.operations,
  }
}
