/**
 * Policies made ready to evaluate: patterns cut, principals sorted, values read, once per policy object. The compiled
 * form belongs to the policy object; policies are read-only, so it never goes stale.
 */
import { compileResourcePattern, type TextTest } from '../match/arn.ts'
import { compileGlobText, globMatches } from '../match/glob.ts'
import { isVariable, parseTemplate } from '../match/template.ts'
import type { Policy, Statement } from '../types.ts'
import { type CompiledCondition, compileCondition } from './condition.ts'
import { type CompiledPrincipal, compilePrincipal } from './principal.ts'
import type { RequestFacts } from './request-facts.ts'

/** A statement ready to match. */
export interface CompiledStatement {
  readonly source: Statement
  readonly isDeny: boolean
  readonly principal: CompiledPrincipal | null
  readonly matchesAction: (action: string) => boolean
  /** Null when the statement has no Resource element. */
  readonly matchesResource: ((facts: RequestFacts) => boolean) | null
  /** Context keys that the resources refer to and that have no default; as written. */
  readonly resourceVariables: readonly string[]
  readonly conditions: readonly CompiledCondition[]
}

/** Which statements of a policy are about an action. */
export interface ActionMatches {
  /** Those that are, in order. */
  readonly statements: readonly CompiledStatement[]
  /** One answer for each statement of the policy. */
  readonly matched: readonly boolean[]
}

/** A policy ready to evaluate, with an index of its statements by action that fills as actions are asked for. */
export class CompiledPolicy {
  readonly statements: readonly CompiledStatement[]
  readonly #byAction = new Map<string, ActionMatches>()

  constructor(statements: readonly CompiledStatement[]) {
    this.statements = statements
  }

  /** Finds the statements about an action, given in lower case. */
  about(action: string): ActionMatches {
    const known = this.#byAction.get(action)
    if (known !== undefined) return known
    const matched = this.statements.map((statement) => statement.matchesAction(action))
    const fresh = { matched, statements: this.statements.filter((_, at) => matched[at]) }
    if (this.#byAction.size < mostActions && action.length <= longestAction) this.#byAction.set(action, fresh)
    return fresh
  }
}

/** Actions come from strangers too, so what is kept of them is bounded. */
const mostActions = 256
const longestAction = 128

const compiled = new WeakMap<Policy, CompiledPolicy>()

/** Prepares a policy; the second call for the same object costs nothing. */
export function compilePolicy(policy: Policy): CompiledPolicy {
  const known = compiled.get(policy)
  if (known !== undefined) return known
  const variables = policy.version === '2012-10-17'
  const fresh = new CompiledPolicy(policy.statements.map((statement) => compileStatement(statement, variables)))
  compiled.set(policy, fresh)
  return fresh
}

function compileStatement(statement: Statement, variables: boolean): CompiledStatement {
  const { principal, resource } = statement
  return {
    source: statement,
    isDeny: statement.effect === 'Deny',
    principal: principal === undefined ? null : compilePrincipal(principal.element, principal.negated),
    matchesAction: compileActions(statement.action),
    matchesResource: resource === undefined ? null : compileResources(resource, variables),
    resourceVariables: variables ? (resource?.patterns ?? []).flatMap(variableKeys) : [],
    conditions: statement.conditions.map((condition) => compileCondition(condition, variables)),
  }
}

function compileActions(element: Statement['action']): (action: string) => boolean {
  const { negated } = element
  const tests = element.patterns.map(compileAction)
  const [only] = tests
  if (tests.length === 1 && only !== undefined) return (action) => only(action) !== negated
  return (action) => tests.some((test) => test(action)) !== negated
}

function compileAction(pattern: string): (action: string) => boolean {
  if (pattern === '*' || pattern === '*:*') return () => true
  const glob = compileGlobText(pattern.toLowerCase())
  return (action) => globMatches(glob, action)
}

function compileResources(
  element: NonNullable<Statement['resource']>,
  variables: boolean,
): (facts: RequestFacts) => boolean {
  const { negated } = element
  const tests: readonly TextTest[] = element.patterns.map((pattern) => compileResourcePattern(pattern, variables))
  const [only] = tests
  if (tests.length === 1 && only !== undefined) return (facts) => only(facts.resource, facts) !== negated
  return (facts) => tests.some((test) => test(facts.resource, facts)) !== negated
}

function variableKeys(pattern: string): readonly string[] {
  const tokens = parseTemplate(pattern, { variables: true, wildcards: true })
  return tokens.filter(isVariable).flatMap((token) => (token.fallback === null ? token.key : []))
}
