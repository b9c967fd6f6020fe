/**
 * Searches for repairs: each candidate step for the first refusal is tried by deciding the call again, and where others
 * refuse after it, the best step against each of them is added. What comes out are plans that were decided to the end.
 */
import { type ChainPolicies, decideCall, type Verdict, type VerdictPart } from '../operations/index.ts'
import { applyPatch } from './patch.ts'
import type { OwnSettings, Situation, Step } from './proposal.ts'
import type { Refusal } from './refusal.ts'
import { policyAt, withPolicy } from './slots.ts'
import { stepsFor } from './steps.ts'

/** Steps that together were tried. */
export interface Plan {
  readonly steps: readonly Step[]
  readonly situation: Situation
  /** The call was decided after the steps, and allowed. */
  readonly isAllowed: boolean
}

/** A call has at most four refusals with a few conditions each; more steps than this are no repair. */
const mostSteps = 8

/** Lists the plans, one for each step that helps against the first refusal. Empty when the call is allowed. */
export function searchPlans(situation: Situation, ours: OwnSettings): readonly Plan[] {
  const verdict = decideCall(situation.call, situation.policies)
  return helpful(situation, verdict, ours).map((first) => complete(first, ours))
}

interface Tried {
  readonly steps: readonly Step[]
  readonly situation: Situation
  readonly verdict: Verdict
}

/** Goes on from a first step, always with the cheapest step that helps, until the call is allowed or nothing helps. */
function complete(first: Tried, ours: OwnSettings): Plan {
  let tried = first
  while (tried.verdict.refusedBy !== null && tried.steps.length < mostSteps) {
    const [next] = helpful(tried.situation, tried.verdict, ours)
    if (next === undefined) break
    tried = { ...next, steps: [...tried.steps, ...next.steps] }
  }
  return { steps: tried.steps, situation: tried.situation, isAllowed: tried.verdict.decision === 'allowed' }
}

/** The steps against the first refusal after which the evaluation gets further, the cheapest first. */
function helpful(situation: Situation, verdict: Verdict, ours: OwnSettings): readonly Tried[] {
  const refusal = refusalOf(situation, verdict, ours)
  if (refusal === null) return []
  return stepsFor(refusal)
    .sort((one, other) => one.cost - other.cost)
    .flatMap((step): Tried[] => {
      const after = applyStep(situation, step)
      if (after === null) return []
      const decided = decideCall(after.call, after.policies)
      return isProgress(refusal.part, decided) ? [{ steps: [step], situation: after, verdict: decided }] : []
    })
}

function refusalOf(situation: Situation, verdict: Verdict, ours: OwnSettings): Refusal | null {
  const part = verdict.refusedBy === null ? undefined : verdict.parts[verdict.refusedBy]
  if (part === undefined) return null
  const refused = verdict.parts.filter((one) => one.evaluation.decision !== 'allowed')
  return { situation, part, refused, ours }
}

/** The situation after a step; null when the step does not fit the policy. */
export function applyStep(situation: Situation, step: Step): Situation | null {
  const call = step.call ?? situation.call
  const { edit } = step
  if (edit === undefined) return { call, policies: situation.policies }
  const before = policyAt(situation.policies, edit.slot)?.policy.source ?? null
  const patched = applyPatch(before, edit.operations)
  const policies: ChainPolicies | null = patched.ok ? withPolicy(situation.policies, edit.slot, patched.value) : null
  return policies === null ? null : { call, policies }
}

/** The refused request is gone, or allowed, or fewer things stand against it than before. */
function isProgress(before: VerdictPart, verdict: Verdict): boolean {
  const after = verdict.parts.find((part) => part.request.action === before.request.action)
  if (after === undefined || after.evaluation.decision === 'allowed') return true
  return obstacles(after) < obstacles(before)
}

/** Counts what stands against a request: each Deny that fires, and what the nearest Allow of the deciding type lacks. */
function obstacles({ evaluation }: VerdictPart): number {
  const denies = evaluation.statements.filter((outcome) => outcome.effect === 'Deny' && outcome.matched).length
  if (evaluation.decision === 'explicitDeny') return 10_000 * denies
  // The types are met in this order, so a later one means that an earlier one is satisfied.
  const ahead = ['scp', 'vpcEndpoint', 'trust', 'key', 'resource', 'identity', 'boundary', 'session']
  const rank = ahead.length - ahead.indexOf(evaluation.decidedBy)
  const near = evaluation.nearMisses.filter((miss) => miss.statement.policyType === evaluation.decidedBy)
  return rank * 100 + Math.min(99, near[0]?.failing.length ?? 99)
}
