/**
 * Conditions made ready and tested: every operator, set qualifiers, `IfExists`, absent keys. Several values of one
 * condition are OR for a positive operator and NOR for a negated one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 */
import { compileRanges, parseAddress, parseAddressRange } from '../match/address.ts'
import { compileArnPattern, compileArnPatterns, keptWithoutVariables, type TextTest } from '../match/arn.ts'
import { foldName } from '../match/fold-name.ts'
import { compileGlob, compileGlobText, type GlobToken, globMatches, globTest } from '../match/glob.ts'
import { madeOnce } from '../match/made-once.ts'
import { type Operator, parseOperator, type Relation } from '../match/operator.ts'
import { type PartedPattern, PatternList, plainPatterns } from '../match/pattern-list.ts'
import { parseBinary, parseDecimal, parseInstant } from '../match/scalar.ts'
import {
  type ContextLookup,
  isVariable,
  parseTemplate,
  patternTemplate,
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
  const key = foldName(condition.key)
  const variables = variablesAllowed && operator !== null && takesVariables(operator)
  const templates = condition.values.map((value) => parseTemplate(value, { variables, wildcards: false }))
  const references = templates.flatMap((tokens) => tokens.filter(isVariable))
  const wanted = (lookup: ContextLookup): readonly string[] =>
    condition.values.map((value, i) => resolvedText(templates[i] ?? [], lookup) ?? value)
  const fixed = references.length === 0 ? wanted(noContext) : null
  return {
    source: condition,
    key,
    variables: references.flatMap((token) => (token.fallback === null ? token.key : [])),
    holds: operator === null ? () => false : compileTest(operator, key, condition.values, variables),
    wanted: fixed === null ? wanted : () => fixed,
  }
}

/** Tests a condition and says what was wanted and what the request had. */
export function conditionOutcome(condition: CompiledCondition, lookup: ContextLookup): ConditionOutcome {
  const { operator, key, values } = condition.source
  // Written out member by member: this is made for every condition of every explanation, and spreading costs more.
  return {
    operator,
    key,
    values,
    wanted: condition.wanted(lookup),
    actual: lookup.values(condition.key),
    matched: condition.holds(lookup),
  }
}

/** More patterns than this are sought together even in a single value. */
const mostTried = 40

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
  const { one, several } = compileWanted(operator, wanted, variables)
  const isMany = wanted.length > mostTried && (operator.comparison === 'stringLike' || operator.comparison === 'arn')
  const holdsWhenAbsent = operator.ifExists || qualifier === 'ForAllValues' || (negated && qualifier === null)
  return (lookup) => {
    const values = lookup.values(key)
    if (values === null) return holdsWhenAbsent
    const [only] = values
    if (values.length === 1 && only !== undefined && !isMany) return one(only, lookup) !== negated
    const isWanted = several(lookup, values)
    if (qualifier === 'ForAllValues') return values.every((value, at) => isWanted(value, at) !== negated)
    if (qualifier === 'ForAnyValue') return values.some((value, at) => isWanted(value, at) !== negated)
    return values.some(isWanted) !== negated
  }
}

/** Tells whether a value of the request is one of those wanted. */
interface WantedTest {
  readonly one: TextTest
  /** For several values of one request: what does not depend on the value is done once. */
  readonly several: (lookup: ContextLookup, values: readonly string[]) => (value: string, at: number) => boolean
}

/** A test of what is read from a text; several texts are read once for all the conditions on them. */
function readFirst<T>(
  readAll: (values: readonly string[]) => readonly (T | null)[],
  isWanted: (value: T) => boolean,
): WantedTest {
  return {
    one: (text) => {
      const [value = null] = readAll([text])
      return value !== null && isWanted(value)
    },
    several: (lookup, values) => {
      const read = madeOnce(lookup, values, readAll)
      return (_, at) => {
        const value = read[at] ?? null
        return value !== null && isWanted(value)
      }
    },
  }
}

const readNumbers = (values: readonly string[]) => values.map(parseDecimal)
const readDates = (values: readonly string[]) => values.map(parseInstant)
const readBytes = (values: readonly string[]) => values.map(parseBinary)
const readAddresses = (values: readonly string[]) => values.map(parseAddress)

/**
 * Makes one test of all the values of a condition: the request's value is read once, and fixed values are looked up
 * rather than gone through. A value that is not what the operator compares (a word for a number, say) equals nothing.
 */
function compileWanted(operator: Operator, wanted: readonly string[], variables: boolean): WantedTest {
  switch (operator.comparison) {
    case 'string':
      return compileTexts(wanted, variables, asWritten)
    case 'stringIgnoreCase':
      return compileTexts(wanted, variables, lowerCase)
    case 'stringLike':
      return compilePatterns(wanted, variables)
    case 'arn':
      return {
        one: whenAsked(() => anyOf(wanted.map((value) => compileArnPattern(value, variables)))),
        several: compileArnPatterns([...new Set(wanted)], variables),
      }
    case 'number':
      return readFirst(readNumbers, compileOrdered(wanted, operator.relation, parseDecimal))
    case 'date':
      return readFirst(readDates, compileOrdered(wanted, operator.relation, parseInstant))
    case 'bool':
      return compileTexts(wanted, false, lowerCase)
    case 'binary': {
      const bytes = new Set(wanted.map(parseBinary))
      return readFirst(readBytes, (given) => bytes.has(given))
    }
    case 'address': {
      const ranges = wanted.map(parseAddressRange).filter((range) => range !== null)
      return readFirst(readAddresses, compileRanges(ranges))
    }
    case 'null':
      return { one: () => false, several: () => () => false }
  }
}

function asWritten(text: string): string {
  return text
}

/** Letter by letter, so that what is put together of folded parts is folded: the sigma at a word's end is a sigma. */
function lowerCase(text: string): string {
  return text.toLowerCase().replaceAll('\u03c2', '\u03c3')
}

function anyOf(tests: readonly TextTest[]): TextTest {
  const [first] = tests
  if (first === undefined) return () => false
  return tests.length === 1 ? first : (text, lookup) => tests.some((test) => test(text, lookup))
}

function compileTexts(wanted: readonly string[], variables: boolean, fold: (text: string) => string): WantedTest {
  const fixed = new Set<string>()
  const templates: (readonly TemplateToken[])[] = []
  for (const value of new Set(wanted)) {
    const tokens = parseTemplate(value, { variables, wildcards: false })
    if (tokens.some(isVariable)) templates.push(tokens)
    else fixed.add(fold(resolvedText(tokens, noContext) ?? value))
  }
  const tests = templates.map((tokens): TextTest => {
    return (text, lookup) => {
      const resolved = resolvedText(tokens, lookup)
      return resolved !== null && fold(text) === fold(resolved)
    }
  })
  const foldAll = fold === asWritten ? (values: readonly string[]) => values : foldTexts
  const several: WantedTest['several'] = (lookup, values) => {
    const texts = madeOnce(lookup, values, foldAll)
    if (templates.length === 0) return (_, at) => fixed.has(texts[at] ?? '')
    // Templates are patterns without a wildcard. A policy may repeat a long value: it is folded once.
    const folded = new Map<string, string>()
    const foldToken = (token: GlobToken): GlobToken => {
      if (typeof token === 'string') return token
      const text = folded.get(token.text) ?? fold(token.text)
      folded.set(token.text, text)
      return { ...token, text }
    }
    const resolved = templates.flatMap((tokens) => {
      const one = resolveTemplate(tokens, lookup)
      return one === null ? [] : [[one.map(foldToken)]]
    })
    const fits = new PatternList(resolved, plainPatterns).testFor(texts, lookup)
    return (_, at) => fixed.has(texts[at] ?? '') || fits(texts[at] ?? '', at)
  }
  return { one: fixedFirst(fixed, tests, fold), several }
}

const foldTexts = (values: readonly string[]) => values.map(lowerCase)

/** Patterns without a wildcard are texts like any other. */
function compilePatterns(wanted: readonly string[], variables: boolean): WantedTest {
  const fixed = new Set<string>()
  const templates: (string | readonly TemplateToken[])[] = []
  for (const value of new Set(wanted)) {
    const template = patternTemplate(value, variables)
    if (typeof template === 'string') {
      if (value.includes('*') || value.includes('?')) templates.push(value)
      else fixed.add(value)
    } else if (template.some((token) => typeof token === 'string' || isVariable(token))) templates.push(template)
    else fixed.add(tokensText(resolveTemplate(template, noContext) ?? []))
  }
  const patterns = keptWithoutVariables(templates, (lookup) => {
    const parted: PartedPattern[] = []
    for (const template of templates) {
      const resolved = typeof template === 'string' ? template : resolveTemplate(template, lookup)
      if (resolved !== null) parted.push([resolved])
    }
    return new PatternList(parted, plainPatterns)
  })
  const several: WantedTest['several'] = (lookup, values) => {
    if (templates.length === 0) return (text) => fixed.has(text)
    const fits = patterns(lookup, values)
    return (text, at) => fixed.has(text) || fits(text, at)
  }
  return { one: whenAsked(() => fixedFirst(fixed, templates.map(templateTest), asWritten)), several }
}

function templateTest(tokens: string | readonly TemplateToken[]): TextTest {
  if (typeof tokens === 'string') return globTest(compileGlobText(tokens))
  if (!tokens.some(isVariable)) return globTest(compileGlob(resolveTemplate(tokens, noContext) ?? []))
  return (text, lookup) => {
    const resolved = resolveTemplate(tokens, lookup)
    return resolved !== null && globMatches(compileGlob(resolved), text)
  }
}

/** Makes a test when it is first asked: a condition is asked for one value or for several, seldom for both. */
function whenAsked(make: () => TextTest): TextTest {
  let made: TextTest | null = null
  return (text, lookup) => {
    made ??= make()
    return made(text, lookup)
  }
}

function fixedFirst(fixed: ReadonlySet<string>, tests: readonly TextTest[], fold: (text: string) => string): TextTest {
  if (fixed.size === 0) return anyOf(tests)
  if (tests.length > 0) return (text, lookup) => fixed.has(fold(text)) || tests.some((test) => test(text, lookup))
  const [only] = fixed
  return fixed.size === 1 ? (text) => fold(text) === only : (text) => fixed.has(fold(text))
}

function compileOrdered(
  wanted: readonly string[],
  relation: Relation,
  parse: (text: string) => number | null,
): (value: number) => boolean {
  const limits = wanted.map(parse).filter((limit) => limit !== null)
  if (relation === 'equal') {
    const fixed = new Set(limits)
    return (value) => fixed.has(value)
  }
  // Of several limits the widest decides.
  const isUpper = relation === 'less' || relation === 'lessOrEqual'
  const widest = limits.reduce<number | null>((best, limit) => {
    return best === null || (isUpper ? limit > best : limit < best) ? limit : best
  }, null)
  return (value) => widest !== null && stands(value, relation, widest)
}

function stands(value: number, relation: Exclude<Relation, 'equal'>, limit: number): boolean {
  switch (relation) {
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
