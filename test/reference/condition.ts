/** Conditions of the reference model: one operator, one key, the values wanted (rules 11–17). */
import type { ConditionOutcome } from '../../src/iam/index.ts'
import type { ModelCondition } from './json-policy.ts'
import { arnFits, fits, literally, type SingleValue, substituted, type Token, wildcards } from './pattern.ts'
import type { ModelRequest } from './request.ts'
import { booleanOf, bytesOf, numberOf, rangeHolds, secondsOf } from './scalar.ts'

/** An operator's name taken apart: `ForAllValues:StringNotLikeIfExists` is every, not, StringLike, if it exists. */
interface Operator {
  readonly set: 'ForAllValues' | 'ForAnyValue' | null
  readonly base: string
  readonly isNegated: boolean
  readonly ifExists: boolean
}

const negatedNames: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
}

function operatorOf(written: string): Operator {
  const [, set = null, name = ''] = /^(?:(ForAllValues|ForAnyValue):)?(.*)$/.exec(written) ?? []
  const ifExists = name.endsWith('IfExists')
  const bare = ifExists ? name.slice(0, -'IfExists'.length) : name
  const positive = negatedNames[bare]
  return {
    set: set === 'ForAllValues' || set === 'ForAnyValue' ? set : null,
    base: positive ?? bare,
    isNegated: positive !== undefined,
    ifExists,
  }
}

/** Whether the request meets the condition, with what it asked for and what it saw. */
export function conditionOutcome(
  condition: ModelCondition,
  request: ModelRequest,
  hasVariables: boolean,
): ConditionOutcome {
  const actual = request.valuesOf(condition.key)
  const lookUp = hasVariables ? request.singleValueOf : null
  const wanted = condition.values.map((value) => shown(value, lookUp))
  return { ...condition, wanted, actual, matched: holds(condition, actual, lookUp) }
}

function holds(condition: ModelCondition, actual: readonly string[] | null, lookUp: SingleValue | null): boolean {
  const operator = operatorOf(condition.operator)
  if (operator.base === 'Null') {
    const isNull = actual === null || isEmptySet(actual)
    return condition.values.some((value) => booleanOf(value) === isNull)
  }
  const isListed = (value: string) => condition.values.some((one) => compare(operator.base, value, one, lookUp))
  // Rule 14: a value passes a negated operator when it is none of those listed.
  const passes = (value: string) => isListed(value) !== operator.isNegated
  if (actual === null) return withoutKey(operator)
  if (operator.set === null) return actual.some(passes)
  const isEmpty = isEmptySet(actual)
  return operator.set === 'ForAllValues' ? isEmpty || actual.every(passes) : !isEmpty && actual.some(passes)
}

/** Rule 15: a set of nothing but an empty text is an empty set. */
function isEmptySet(values: readonly string[]): boolean {
  return values.every((value) => value === '')
}

/** Rules 13 and 15. */
function withoutKey(operator: Operator): boolean {
  if (operator.ifExists || operator.set === 'ForAllValues') return true
  return operator.set === null && operator.isNegated
}

function compare(base: string, actual: string, wanted: string, lookUp: SingleValue | null): boolean {
  if (base === 'Bool') return same(booleanOf(actual), booleanOf(wanted))
  if (base === 'BinaryEquals') return bytesOf(actual) === bytesOf(wanted)
  if (base === 'IpAddress') return rangeHolds(wanted, actual)
  if (base.startsWith('Numeric')) return ordered(base.slice('Numeric'.length), numberOf(actual), numberOf(wanted))
  if (base.startsWith('Date')) return ordered(base.slice('Date'.length), secondsOf(actual), secondsOf(wanted))
  const hasWildcards = base === 'StringLike' || base === 'ArnLike' || base === 'ArnEquals'
  const pattern = patternOf(wanted, lookUp, hasWildcards ? wildcards : literally)
  if (pattern === null) return false
  if (base === 'StringEqualsIgnoreCase') return fits(lowered(pattern), actual.toLowerCase())
  if (base === 'StringEquals' || base === 'StringLike') return fits(pattern, actual)
  if (base === 'ArnEquals' || base === 'ArnLike') return arnFits(pattern, actual)
  throw new TypeError(`the reference model knows no operator ${base}`)
}

function patternOf(text: string, lookUp: SingleValue | null, plain: (text: string) => readonly Token[]) {
  return lookUp === null ? plain(text) : substituted(text, lookUp, plain)
}

function lowered(pattern: readonly Token[]): readonly Token[] {
  return pattern.flatMap((token) => ('letter' in token ? literally(token.letter.toLowerCase()) : [token]))
}

function same<T>(one: T | null, other: T | null): boolean {
  return one !== null && one === other
}

function ordered(relation: string, actual: number | null, wanted: number | null): boolean {
  if (actual === null || wanted === null) return false
  if (relation === 'Equals') return actual === wanted
  if (relation === 'LessThan') return actual < wanted
  if (relation === 'LessThanEquals') return actual <= wanted
  if (relation === 'GreaterThan') return actual > wanted
  return actual >= wanted
}

function shown(value: string, lookUp: SingleValue | null): string {
  const pattern = patternOf(value, lookUp, wildcards)
  return pattern?.map((token) => ('letter' in token ? token.letter : token.wildcard)).join('') ?? value
}
