/**
 * One statement against one request, in two ways that must agree: quickly, for a decision, and with everything on record,
 * for an explanation.
 */
import type { PolicyType, StatementOutcome } from '../types.ts'
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

/** Goes through a policy's statements and stops at nothing but a Deny. */
export function scanPolicy(policy: CompiledPolicy, type: PolicyType, facts: RequestFacts): PolicyVerdict {
  let verdict: PolicyVerdict = 0
  for (const statement of policy.statements) {
    const reached = reachOf(statement, type, facts)
    if (reached === 0 || (verdict & reached) === reached) continue
    if (!statement.matchesAction(facts.action) || !resourceMatches(statement, type, facts)) continue
    if (!statement.conditions.every((condition) => condition.holds(facts))) continue
    verdict |= reached
    if (reached === denyBit) break
  }
  return verdict
}

/** Says what one statement made of the request. */
export function explainStatement(
  statement: CompiledStatement,
  type: PolicyType,
  policyName: string,
  facts: RequestFacts,
): { readonly outcome: StatementOutcome; readonly verdict: PolicyVerdict } {
  const { source } = statement
  const reached = reachOf(statement, type, facts)
  const hasPrincipal = statement.principal !== null || needsPrincipal(type)
  const actionMatched = statement.matchesAction(facts.action)
  const resourceMatched = resourceMatches(statement, type, facts)
  const conditions = statement.conditions.map((condition) => conditionOutcome(condition, facts))
  const matched =
    reached !== 0 && actionMatched && resourceMatched && conditions.every((condition) => condition.matched)
  const outcome: StatementOutcome = {
    policyType: type,
    policy: policyName,
    index: source.index,
    ...(source.sid === undefined ? {} : { sid: source.sid }),
    effect: source.effect,
    matched,
    principalMatched: hasPrincipal ? reached !== 0 : null,
    actionMatched,
    resourceMatched: statement.matchesResource === null && type === 'trust' ? null : resourceMatched,
    conditions,
  }
  return { outcome, verdict: matched ? reached : 0 }
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
