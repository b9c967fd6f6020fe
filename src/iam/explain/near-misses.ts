/**
 * What would have had to be otherwise for a refused call to be allowed. Every answer is tried: the call is decided again
 * as if the elements named stood otherwise. Nothing is proposed here; what to change is for `repair` to say.
 */
import { type ApiCall, type ChainPolicies, decideCall, type VerdictPart } from '../operations/index.ts'
import type { ConditionOutcome, NamedPolicy, Statement, StatementOutcome } from '../types.ts'
import type { ElementExplanation, NearMiss } from './call-explanation.ts'
import { describeAll, wish } from './condition-text.ts'
import { explainElements } from './elements.ts'
import { type LocatedOutcomes, locateOutcomes, withReplaced, withStatement } from './locate.ts'
import { nameStatement } from './reason.ts'

/** Policies come from strangers: this many candidates are tried, and this many answers given. */
const mostTried = 24
const mostGiven = 6
/** Statements about another principal, action or resource are further away than any number of conditions. */
const farAway = 100

interface Candidate {
  readonly part: VerdictPart
  readonly outcome: StatementOutcome
  readonly named: NamedPolicy
  /** The elements that stand in the way. */
  readonly elements: readonly ElementExplanation[]
  readonly sentence: string
  /** The statement as it would have to be; null: it would have to be gone. */
  readonly otherwise: Statement | null
  /** Lower is nearer. */
  readonly distance: number
}

/** Lists near misses of the refused parts of a call, those that are enough first, then the nearest. */
export function findNearMisses(
  call: ApiCall,
  policies: ChainPolicies,
  parts: readonly VerdictPart[],
): readonly NearMiss[] {
  const refused = parts.filter((part) => part.evaluation.decision !== 'allowed')
  const candidates = refused.flatMap((part) =>
    locateOutcomes(call, policies, part).flatMap((located) => candidatesOf(call, part, located)),
  )
  const tried = candidates
    .sort((one, other) => one.distance - other.distance)
    .slice(0, mostTried)
    .map((candidate) => ({ near: tryOut(call, policies, candidate), distance: candidate.distance }))
    .sort((one, other) => Number(other.near.isEnough) - Number(one.near.isEnough))
  // Where meeting a condition is enough, another statement that could be widened would only lead around that condition.
  const isMet = tried.some(({ near, distance }) => near.isEnough && distance < farAway)
  return distinct(tried.filter(({ distance }) => !isMet || distance < farAway).map(({ near }) => near)).slice(
    0,
    mostGiven,
  )
}

function distinct(misses: readonly NearMiss[]): readonly NearMiss[] {
  const given = new Set<string>()
  return misses.filter(({ policyType, policy, pointer, sentence }) => {
    const key = JSON.stringify([policyType, policy, pointer, sentence])
    return !given.has(key) && given.add(key)
  })
}

function tryOut(call: ApiCall, policies: ChainPolicies, candidate: Candidate): NearMiss {
  const { outcome, named, elements, otherwise, sentence } = candidate
  const after = withReplaced(policies, named, withStatement(named, outcome.index, otherwise))
  const isEnough = decideCall(call, after).decision === 'allowed'
  const { policyType, policy, index, sid } = outcome
  return {
    policy,
    policyType,
    index,
    ...(sid === undefined ? {} : { sid }),
    pointer: elements[0]?.pointer ?? '',
    sentence: `${isEnough ? 'allowed' : 'one step nearer'} if ${sentence}`,
    isEnough,
    elements,
  }
}

function candidatesOf(call: ApiCall, part: VerdictPart, located: LocatedOutcomes): readonly Candidate[] {
  const { named, outcomes, policyType } = located
  if (named === null) return []
  const isDenied = part.evaluation.decision === 'explicitDeny'
  if (isDenied) {
    return outcomes
      .filter((outcome) => outcome.effect === 'Deny' && outcome.matched)
      .flatMap((outcome) => denyCandidate(part, outcome, named) ?? [])
  }
  // Where a type of policy allows already, one more Allow of it changes nothing; organization levels each need one.
  const isServed =
    policyType !== 'scp' &&
    part.evaluation.statements.some((one) => one.policyType === policyType && one.effect === 'Allow' && one.matched)
  if (isServed) return []
  return outcomes
    .filter((outcome) => outcome.effect === 'Allow' && !outcome.matched)
    .flatMap((outcome) => allowCandidate(call, part, outcome, named) ?? [])
}

function denyCandidate(part: VerdictPart, outcome: StatementOutcome, named: NamedPolicy): Candidate | null {
  const { elements, pointer } = explainElements(named, outcome, part.request)
  const conditions = elements.filter(({ element }) => element === 'Condition')
  const [whole] = elements
  if (whole === undefined) return null
  const wishes = outcome.conditions.map((condition) => wish(condition, true))
  return {
    part,
    outcome,
    named,
    elements: conditions.length > 0 ? conditions : [{ ...whole, pointer }],
    sentence: wishes.length > 0 ? wishes.join(' or ') : `${nameStatement(outcome)} did not deny ${part.request.action}`,
    otherwise: null,
    distance: 0,
  }
}

/** An Allow that fails on conditions, or on one of principal, action and resource, or both. */
function allowCandidate(
  call: ApiCall,
  part: VerdictPart,
  outcome: StatementOutcome,
  named: NamedPolicy,
): Candidate | null {
  const statement = named.policy.statements.find((one) => one.index === outcome.index)
  const failing = explainElements(named, outcome, part.request).elements.filter(({ matched }) => !matched)
  const off = failing.filter(({ element }) => element !== 'Condition')
  if (statement === undefined || failing.length === 0 || off.length > 1) return null
  const wishes = [
    ...off.map((element) => elementWish(element, outcome)),
    ...outcome.conditions.filter(({ matched }) => !matched).map((condition) => wish(condition)),
  ]
  return {
    part,
    outcome,
    named,
    elements: failing,
    sentence: describeAll(wishes),
    otherwise: matching(statement, outcome, principalOf(call)),
    // A statement that is not about this action at all is the furthest.
    distance:
      failing.length + off.reduce((sum, { element }) => sum + (element.endsWith('Action') ? 2 : 1) * farAway, 0),
  }
}

function elementWish({ element, actual }: ElementExplanation, outcome: StatementOutcome): string {
  const name = nameStatement(outcome)
  const value = actual?.[0] ?? ''
  switch (element) {
    case 'Principal':
      return `${name} named ${value}`
    case 'NotPrincipal':
    case 'NotAction':
    case 'NotResource':
      return `${name} did not except ${value}`
    default:
      return `${name} covered ${value}`
  }
}

function principalOf(call: ApiCall): string {
  return call.operation === 'sts:AssumeRole' ? call.callerPrincipalArn : call.roleArn
}

/** The statement as if all that failed had matched. */
function matching(statement: Statement, outcome: StatementOutcome, principalArn: string): Statement {
  const everything = { negated: false, patterns: ['*'] } as const
  const holds = ({ operator, key }: Pick<ConditionOutcome, 'operator' | 'key'>): boolean =>
    outcome.conditions.some((one) => one.matched && one.operator === operator && one.key === key)
  return {
    ...statement,
    ...(outcome.principalMatched === false ? { principal: { negated: false, element: { AWS: [principalArn] } } } : {}),
    ...(outcome.actionMatched ? {} : { action: everything }),
    ...(outcome.resourceMatched === false ? { resource: everything } : {}),
    conditions: statement.conditions.filter(holds),
  }
}
