/** Rules about statements that others make needless: covered by one of the same effect, or by a Deny. */
import type { Statement } from '../types.ts'
import type { Draft } from './finding.ts'
import { type ComparablePattern, comparable, covers } from './pattern.ts'
import type { ConditionView, Located, PolicyView, StatementView } from './view.ts'

/** Comparisons of statements and patterns per policy; enough for any policy of the size that AWS takes, and soon over for any other. */
const maxComparisons = 500_000

/** Finds statements that can go, or that can have no effect. */
export function* redundancyRules(policy: PolicyView): Generator<Draft> {
  const prepared = policy.statements.map((view) => prepare(view, policy.hasVariables))
  const budget = { left: maxComparisons }
  for (const [i, narrow] of prepared.entries()) {
    const at = narrow.view.pointer
    const by = prepared.find(
      (broad, j) =>
        i !== j && includes(broad, narrow, budget, false) && (j < i || !includes(narrow, broad, budget, false)),
    )
    if (by !== undefined) {
      yield { id: 'statement-redundant', pointer: at, message: `${label(by.view)} covers this one` }
    }
    if (!narrow.view.isAllow) continue
    const deny = prepared.find((broad) => !broad.view.isAllow && includes(broad, narrow, budget, true))
    if (deny !== undefined) {
      yield { id: 'statement-shadowed', pointer: at, message: `${label(deny.view)} denies all that this one allows` }
    }
  }
}

function label({ statement }: StatementView): string {
  const { sid, index } = statement
  return sid === undefined || !/^[\w ]{1,60}$/.test(sid) ? `statement ${index}` : `statement ${index} (\`${sid}\`)`
}

interface Prepared {
  readonly view: StatementView
  readonly actions: readonly ComparablePattern[]
  readonly resources: readonly ComparablePattern[]
  readonly principals: ReadonlySet<string>
  readonly conditions: ReadonlySet<string>
}

function prepare(view: StatementView, variables: boolean): Prepared {
  const patterns = (entries: readonly Located[], isCaseless: boolean): ComparablePattern[] =>
    entries.map(({ text }) => comparable(isCaseless ? text.toLowerCase() : text, variables))
  return {
    view,
    actions: patterns(view.actions, true),
    resources: patterns(view.resources, false),
    principals: new Set(view.principals.map(({ type, text }) => `${type} ${text}`)),
    conditions: new Set(view.conditions.map(conditionText)),
  }
}

function conditionText({ operatorText, name, values }: ConditionView): string {
  return JSON.stringify([operatorText, name, ...values.map(({ text }) => text).toSorted()])
}

/** Tells whether `broad` says all that `narrow` says; `isAgainst`: a Deny against an Allow. */
function includes(broad: Prepared, narrow: Prepared, budget: { left: number }, isAgainst: boolean): boolean {
  if (budget.left-- <= 0) return false
  const a = broad.view.statement
  const b = narrow.view.statement
  if (!isAgainst && a.effect !== b.effect) return false
  if (!isSubset(broad.conditions, narrow.conditions)) return false
  return (
    principalsInclude(broad, narrow, isAgainst) &&
    patternsInclude(a.action, broad.actions, b.action, narrow.actions, budget) &&
    patternsInclude(a.resource, broad.resources, b.resource, narrow.resources, budget)
  )
}

function isSubset(small: ReadonlySet<string>, large: ReadonlySet<string>): boolean {
  for (const one of small) if (!large.has(one)) return false
  return true
}

/**
 * An account or `*` does not stand for a role in an Allow: what is granted by name weighs otherwise than what is granted to
 * everybody. Against everybody a Deny is against each.
 */
function principalsInclude(broad: Prepared, narrow: Prepared, isAgainst: boolean): boolean {
  const a = broad.view.statement.principal
  const b = narrow.view.statement.principal
  if (a === undefined || b === undefined) return a === b
  if (a.negated || b.negated) {
    return (
      a.negated === b.negated &&
      isSubset(broad.principals, narrow.principals) &&
      isSubset(narrow.principals, broad.principals)
    )
  }
  if (isAgainst && broad.principals.has('AWS *')) return true
  return isSubset(narrow.principals, broad.principals)
}

function patternsInclude(
  a: Statement['resource'],
  broad: readonly ComparablePattern[],
  b: Statement['resource'],
  narrow: readonly ComparablePattern[],
  budget: { left: number },
): boolean {
  if (a === undefined || b === undefined) return a === b
  if (broad.length === 0 || narrow.length === 0) return false
  if (a.negated !== b.negated) return false
  // What is not listed is the larger the less is listed.
  const [outer, inner] = a.negated ? [narrow, broad] : [broad, narrow]
  return inner.every((one) =>
    outer.some((other) => {
      budget.left--
      return budget.left > 0 && covers(other, one)
    }),
  )
}
