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
  /** Allowed without an assumption, and without a value that is not known. */
  readonly isProved: boolean
}

/** A call has at most four refusals with a few conditions each; more steps than this are no repair. */
const mostSteps = 8
/** Candidates tried against one refusal, the cheapest first, and over a whole search: policies come from strangers. */
const mostCandidates = 12
const mostTries = 250
/** Where a condition can be met for less than this, stepping around it is the worse repair. */
const bypassCost = 30
const bypassPenalty = 40

/** Lists the plans, one for each step that helps against the first refusal. Empty when the call is allowed. */
export function searchPlans(situation: Situation, ours: OwnSettings): readonly Plan[] {
  const verdict = decideCall(situation.call, situation.policies)
  const search = new Search(ours)
  return search.helpful(situation, verdict).map((first) => search.complete(first))
}

interface Tried {
  readonly steps: readonly Step[]
  readonly situation: Situation
  readonly verdict: Verdict
}

class Search {
  readonly #ours: OwnSettings
  #triesLeft = mostTries

  constructor(ours: OwnSettings) {
    this.#ours = ours
  }

  /** Goes on from a first step, always with the cheapest step that helps, until the call is allowed or nothing helps. */
  complete(first: Tried): Plan {
    let tried = first
    while (tried.verdict.refusedBy !== null && tried.steps.length < mostSteps) {
      const [next] = this.helpful(tried.situation, tried.verdict)
      if (next === undefined) break
      tried = { ...next, steps: [...tried.steps, ...next.steps] }
    }
    const { steps, situation, verdict } = tried
    const isAllowed = verdict.decision === 'allowed'
    const isCertain = verdict.missingContextValues.length === 0 && steps.every((step) => step.isAssuming !== true)
    return { steps, situation, isAllowed, isProved: isAllowed && isCertain }
  }

  /** The steps against the first refusal after which the evaluation gets further, the cheapest first. */
  helpful(situation: Situation, verdict: Verdict): readonly Tried[] {
    const refusal = refusalOf(situation, verdict, this.#ours)
    if (refusal === null) return []
    const candidates = stepsFor(refusal).sort((one, other) => one.cost - other.cost)
    const tried = candidates.slice(0, mostCandidates).flatMap((step) => this.#attempt(refusal, step))
    const hasRepair = tried.some(({ step }) => step.isBypass !== true && step.cost < bypassCost)
    return tried
      .map(({ step, ...rest }) => ({ ...rest, steps: [hasRepair ? penalized(step) : { ...step, isBypass: false }] }))
      .sort((one, other) => (one.steps[0]?.cost ?? 0) - (other.steps[0]?.cost ?? 0))
  }

  #attempt(refusal: Refusal, step: Step): { step: Step; situation: Situation; verdict: Verdict }[] {
    if (this.#triesLeft === 0) return []
    this.#triesLeft -= 1
    const situation = applyStep(refusal.situation, step)
    if (situation === null) return []
    const verdict = decideCall(situation.call, situation.policies)
    return isProgress(refusal.part, verdict) ? [{ step, situation, verdict }] : []
  }
}

function penalized(step: Step): Step {
  return step.isBypass === true ? { ...step, cost: step.cost + bypassPenalty } : step
}

function refusalOf(situation: Situation, verdict: Verdict, ours: OwnSettings): Refusal | null {
  const part = verdict.refusedBy === null ? undefined : verdict.parts[verdict.refusedBy]
  if (part === undefined) return null
  const refused = verdict.parts.filter((one) => one.evaluation.decision !== 'allowed')
  return { situation, part, refused, ours }
}

/** The situation after a step; null when the step does not fit the policy. */
function applyStep(situation: Situation, step: Step): Situation | null {
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
  if (evaluation.decision === 'explicitDeny') return 10_000 * Math.max(1, denies)
  // The types are met in this order, so a later one means that an earlier one is satisfied.
  const order = ['scp', 'vpcEndpoint', 'trust', 'key', 'resource', 'identity', 'boundary', 'session']
  const rank = order.length - order.indexOf(evaluation.decidedBy)
  const near = evaluation.nearMisses.filter((miss) => miss.statement.policyType === evaluation.decidedBy)
  return rank * 100 + Math.min(99, near[0]?.failing.length ?? 99)
}
