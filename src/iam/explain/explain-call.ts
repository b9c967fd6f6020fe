/** Explains one API call: every decision of it, policy by policy, what decided, and what came near to allowing. */
import { type ApiCall, type ChainPolicies, decideCall, type VerdictPart } from '../operations/index.ts'
import type { StatementOutcome } from '../types.ts'
import type { CallExplanation, NearMiss, PartExplanation, PolicyExplanation, PolicyPlace } from './call-explanation.ts'
import { explainElements } from './elements.ts'
import { conditionPointer, locateOutcomes, statementPointer } from './locate.ts'
import { findNearMisses } from './near-misses.ts'

/** Explains why a call is allowed or refused. Pure; the decision is that of `decideCall`. */
export function explainCall(call: ApiCall, policies: ChainPolicies): CallExplanation {
  const verdict = decideCall(call, policies)
  const { decision, missingContextValues, notSeen } = verdict
  const refusing = verdict.refusedBy === null ? undefined : verdict.parts[verdict.refusedBy]
  const nearMisses = refusing === undefined ? [] : findNearMisses(call, policies, verdict.parts)
  const part = refusing ?? verdict.parts[0]
  return {
    operation: call.operation,
    decision,
    sentence: refusing?.evaluation.reason ?? allowedSentence(verdict.parts),
    link: refusing?.link ?? null,
    deciding: part === undefined ? null : decidingPlace(call, policies, part, nearMisses),
    parts: verdict.parts.map((one) => explainPart(call, policies, one)),
    nearMisses,
    missingContextValues,
    notSeen,
  }
}

function allowedSentence(parts: readonly VerdictPart[]): string {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only.evaluation.reason
  const actions = parts.map(({ request }) => request.action)
  return `allowed: ${actions.slice(0, -1).join(', ')} and ${actions.at(-1)} are ${actions.length === 2 ? 'both' : 'all'} allowed`
}

function explainPart(call: ApiCall, policies: ChainPolicies, part: VerdictPart): PartExplanation {
  const { request, evaluation, link } = part
  return {
    request,
    decision: evaluation.decision,
    link,
    sentence: evaluation.reason,
    policies: locateOutcomes(call, policies, part).map(
      ({ policyType, name, named, outcomes }): PolicyExplanation => ({
        policy: name,
        policyType,
        isSeen: named !== null,
        statements: named === null ? [] : outcomes.map((outcome) => explainElements(named, outcome, request)),
      }),
    ),
    ...(evaluation.grants === undefined ? {} : { grants: evaluation.grants }),
  }
}

/** Of a decision by a statement: its condition that applied, or it as a whole. Otherwise the nearest that lacks. */
function decidingPlace(
  call: ApiCall,
  policies: ChainPolicies,
  part: VerdictPart,
  nearMisses: readonly NearMiss[],
): PolicyPlace | null {
  const { decision, decidedBy, statement } = part.evaluation
  if (statement !== undefined) return placeOf(call, policies, part, statement)
  if (decision !== 'implicitDeny') return null
  const near = nearMisses.find((one) => one.policyType === decidedBy) ?? nearMisses.find((one) => one.isEnough)
  if (near === undefined) return null
  const { policy, policyType, index, sid, pointer } = near
  return { policy, policyType, index, ...(sid === undefined ? {} : { sid }), pointer }
}

function placeOf(
  call: ApiCall,
  policies: ChainPolicies,
  part: VerdictPart,
  outcome: StatementOutcome,
): PolicyPlace | null {
  const located = locateOutcomes(call, policies, part).find(({ outcomes }) => outcomes.includes(outcome))
  if (located === undefined || located.named === null) return null
  const { policy, policyType, index, sid, effect } = outcome
  const statement = statementPointer(located.named, index)
  const condition = effect === 'Deny' ? outcome.conditions[0] : undefined
  return {
    policy,
    policyType,
    index,
    ...(sid === undefined ? {} : { sid }),
    pointer: condition === undefined ? statement : conditionPointer(statement, condition.operator, condition.key),
  }
}
