/**
 * Conditions made ready and tested: every operator, set qualifiers, `IfExists`, absent keys. Several values of one
 * condition are OR for a positive operator and NOR for a negated one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
import { parseAddress, parseAddressRange, rangeContains } from '../match/address.ts'
import { compileArnPattern, type TextTest } from '../match/arn.ts'
import { compileGlob, globMatches } from '../match/glob.ts'
import { type Operator, parseOperator, type Relation } from '../match/operator.ts'
import { parseBinary, parseDecimal, parseInstant } from '../match/scalar.ts'
import {
  type ContextLookup,
  isVariable,
  parseTemplate,
  resolveTemplate,
  type TemplateToken,
  tokensText,
} from '../match/template.ts'
import type { Condition, ConditionOutcome } from '../types.ts'

/** A condition ready to test. */
export interface CompiledCondition {
  readonly source: Condition
  /** Lower case. */
  readonly key: string
  /** Context keys that the values refer to and that have no default; as written. */
  readonly variables: readonly string[]
  readonly holds: (lookup: ContextLookup) => boolean
  /** The values with variables put in; a value whose variable has none stands as written. */
  readonly wanted: (lookup: ContextLookup) => readonly string[]
}

/** Prepares a condition. An operator that AWS does not know never holds; `parsePolicy` refuses it. */
export function compileCondition(condition: Condition, variablesAllowed: boolean): CompiledCondition {
  const operator = parseOperator(condition.operator)
  const key = condition.key.toLowerCase()
  const variables = variablesAllowed && operator !== null && takesVariables(operator)
  const templates = condition.values.map((value) => parseTemplate(value, { variables, wildcards: false }))
  return {
    source: condition,
    key,
    variables: templates.flatMap((tokens) =>
      tokens.filter(isVariable).flatMap((t) => (t.fallback === null ? t.key : [])),
    ),
    holds: operator === null ? () => false : compileTest(operator, key, condition.values, variables),
    wanted: (lookup) => condition.values.map((value, i) => resolvedText(templates[i] ?? [], lookup) ?? value),
  }
}

/** Tests a condition and says what was wanted and what the request had. */
export function conditionOutcome(condition: CompiledCondition, lookup: ContextLookup): ConditionOutcome {
  return {
    ...condition.source,
    wanted: condition.wanted(lookup),
    actual: lookup.values(condition.key),
    matched: condition.holds(lookup),
  }
}

function takesVariables(operator: Operator): boolean {
  return operator.comparison.startsWith('string') || operator.comparison === 'arn'
}

function compileTest(
  operator: Operator,
  key: string,
  wanted: readonly string[],
  variables: boolean,
): CompiledCondition['holds'] {
  if (operator.comparison === 'null') {
    const whenAbsent = wanted.some((value) => value.toLowerCase() === 'true')
    const whenPresent = wanted.some((value) => value.toLowerCase() === 'false')
    return (lookup) => (lookup.values(key) === null ? whenAbsent : whenPresent)
  }
  const { negated, qualifier } = operator
  const tests = wanted.map((value) => compileComparison(operator, value, variables))
  const isWanted = (value: string, lookup: ContextLookup): boolean => tests.some((test) => test(value, lookup))
  const holdsWhenAbsent = operator.ifExists || qualifier === 'ForAllValues' || (negated && qualifier === null)
  return (lookup) => {
    const values = lookup.values(key)
    if (values === null) return holdsWhenAbsent
    if (qualifier === 'ForAllValues') return values.every((value) => isWanted(value, lookup) !== negated)
    if (qualifier === 'ForAnyValue') return values.some((value) => isWanted(value, lookup) !== negated)
    return values.some((value) => isWanted(value, lookup)) !== negated
  }
}

/** A value that is not what the operator compares (a word for a number, say) equals nothing. */
function compileComparison(operator: Operator, wanted: string, variables: boolean): TextTest {
  switch (operator.comparison) {
    case 'string':
      return compileText(wanted, variables, (text) => text)
    case 'stringIgnoreCase':
      return compileText(wanted, variables, (text) => text.toLowerCase())
    case 'stringLike':
      return compileLike(wanted, variables)
    case 'arn':
      return compileArnPattern(wanted, variables)
    case 'number':
      return compileOrdered(wanted, operator.relation, parseDecimal)
    case 'date':
      return compileOrdered(wanted, operator.relation, parseInstant)
    case 'bool':
      return compileText(wanted, false, (text) => text.toLowerCase())
    case 'binary': {
      const bytes = parseBinary(wanted)
      return (text) => bytes !== null && parseBinary(text) === bytes
    }
    case 'address': {
      const range = parseAddressRange(wanted)
      return (text) => {
        const address = range === null ? null : parseAddress(text)
        return range !== null && address !== null && rangeContains(range, address)
      }
    }
    case 'null':
      return () => false
  }
}

function compileText(wanted: string, variables: boolean, fold: (text: string) => string): TextTest {
  const tokens = parseTemplate(wanted, { variables, wildcards: false })
  if (!tokens.some(isVariable)) {
    const folded = fold(resolvedText(tokens, noContext) ?? wanted)
    return (text) => fold(text) === folded
  }
  return (text, lookup) => {
    const resolved = resolvedText(tokens, lookup)
    return resolved !== null && fold(text) === fold(resolved)
  }
}

function compileLike(wanted: string, variables: boolean): TextTest {
  const tokens = parseTemplate(wanted, { variables, wildcards: true })
  if (!tokens.some(isVariable)) {
    const glob = compileGlob(resolveTemplate(tokens, noContext) ?? [])
    return (text) => globMatches(glob, text)
  }
  return (text, lookup) => {
    const resolved = resolveTemplate(tokens, lookup)
    return resolved !== null && globMatches(compileGlob(resolved), text)
  }
}

function compileOrdered(wanted: string, relation: Relation, parse: (text: string) => number | null): TextTest {
  const limit = parse(wanted)
  return (text) => {
    const value = limit === null ? null : parse(text)
    return limit !== null && value !== null && stands(value, relation, limit)
  }
}

function stands(value: number, relation: Relation, limit: number): boolean {
  switch (relation) {
    case 'equal':
      return value === limit
    case 'less':
      return value < limit
    case 'lessOrEqual':
      return value <= limit
    case 'greater':
      return value > limit
    case 'greaterOrEqual':
      return value >= limit
  }
}

function resolvedText(tokens: readonly TemplateToken[], lookup: ContextLookup): string | null {
  const resolved = resolveTemplate(tokens, lookup)
  return resolved === null ? null : tokensText(resolved)
}

const noContext: ContextLookup = { values: () => null }
