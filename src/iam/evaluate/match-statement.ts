/**
 * One statement against one request, in two ways that must agree: quickly, for a decision, and with everything on record,
 * for an explanation.
 */
import type { ConditionOutcome, PolicyType, Statement, StatementOutcome } from '../types.ts'
import type { CompiledPolicy, CompiledStatement } from './compile.ts'
import { conditionOutcome } from './condition.ts'
import { allowGrant, denyReaches, grants } from './principal.ts'
import type { RequestFacts } from './request-facts.ts'

/** What a policy says to a request: grant bits of its Allow statements, and `denyBit` when a Deny applies. */
export type PolicyVerdict = number

export const denyBit = 8

/** Whether statements of this type of policy must name principals. */
function needsPrincipal(type: PolicyType): boolean {
  return type === 'resource' || type === 'trust' || type === 'key' || type === 'rcp' || type === 'vpcEndpoint'
}

/** Goes through a policy's statements about the action and stops at nothing but a Deny. */
export function scanPolicy(policy: CompiledPolicy, type: PolicyType, facts: RequestFacts): PolicyVerdict {
  let verdict: PolicyVerdict = 0
  for (const statement of policy.about(facts.action).statements) {
    const reached = reachOf(statement, type, facts)
    if (reached === 0 || (verdict & reached) === reached) continue
    if (!resourceMatches(statement, type, facts) || !conditionsHold(statement, facts)) continue
    verdict |= reached
    if (reached === denyBit) break
  }
  return verdict
}

function conditionsHold(statement: CompiledStatement, facts: RequestFacts): boolean {
  for (const condition of statement.conditions) if (!condition.holds(facts)) return false
  return true
}

/** A statement with everything that it made of the request. */
export interface ExplainedStatement {
  readonly compiled: CompiledStatement
  readonly outcome: StatementOutcome
  readonly verdict: PolicyVerdict
}

/** Says what one statement made of the request. */
export function explainStatement(
  compiled: CompiledStatement,
  actionMatched: boolean,
  type: PolicyType,
  policyName: string,
  facts: RequestFacts,
): ExplainedStatement {
  const { source } = compiled
  const reached = reachOf(compiled, type, facts)
  const resourceMatched = resourceMatches(compiled, type, facts)
  let matched = reached !== 0 && actionMatched && resourceMatched
  const conditions: ConditionOutcome[] = []
  for (const condition of compiled.conditions) {
    const outcome = conditionOutcome(condition, facts)
    matched &&= outcome.matched
    conditions.push(outcome)
  }
  const outcome = outcomeOf(source, {
    policyType: type,
    policy: policyName,
    matched,
    principalMatched: compiled.principal !== null || needsPrincipal(type) ? reached !== 0 : null,
    actionMatched,
    resourceMatched: compiled.matchesResource === null && type === 'trust' ? null : resourceMatched,
    conditions,
  })
  return { compiled, outcome, verdict: matched ? reached : 0 }
}

/** Written out member by member: one is made for every statement of every explanation, and spreading costs more. */
function outcomeOf(source: Statement, made: Omit<StatementOutcome, 'index' | 'sid' | 'effect'>): StatementOutcome {
  const { policyType, policy, matched, principalMatched, actionMatched, resourceMatched, conditions } = made
  const { index, sid, effect } = source
  if (sid === undefined) {
    return {
      policyType,
      policy,
      index,
      effect,
      matched,
      principalMatched,
      actionMatched,
      resourceMatched,
      conditions,
    }
  }
  return {
    policyType,
    policy,
    index,
    sid,
    effect,
    matched,
    principalMatched,
    actionMatched,
    resourceMatched,
    conditions,
  }
}

/** Grant bits, `denyBit`, or 0 when the statement is not about this principal. */
function reachOf(statement: CompiledStatement, type: PolicyType, facts: RequestFacts): PolicyVerdict {
  const { principal, isDeny } = statement
  if (principal === null) {
    if (needsPrincipal(type)) return 0
    return isDeny ? denyBit : grants.direct
  }
  if (isDeny) return denyReaches(principal, facts.principal, facts.hasBoundary) ? denyBit : 0
  return allowGrant(principal, facts.principal)
}

function resourceMatches(statement: CompiledStatement, type: PolicyType, facts: RequestFacts): boolean {
  return statement.matchesResource === null ? type === 'trust' : statement.matchesResource(facts)
}
