/** Conditions in words: what the request had and what the policy wanted. Long lists and values are cut for reading. */
import { type Operator, parseOperator } from '../match/operator.ts'
import type { ConditionOutcome } from '../types.ts'

/** Says why a condition did not hold: `aws:SourceIp is 198.51.100.24 and must be in 203.0.113.0/24`. */
export function describeFailure(outcome: ConditionOutcome): string {
  const operator = parseOperator(outcome.operator)
  if (operator === null) return `the operator \`${outcome.operator}\` is not known`
  if (operator.comparison === 'null') {
    return outcome.actual === null
      ? `${outcome.key} is absent and must be given`
      : `${outcome.key} is given and must be absent`
  }
  const had = outcome.actual === null ? 'absent' : listValues(outcome.actual)
  return `${outcome.key} is ${had} and must ${requirement(operator, outcome.wanted)}`
}

/** Says why a condition held. */
export function describeMatch(outcome: ConditionOutcome): string {
  if (outcome.actual === null) return `${outcome.key} is absent`
  const operator = parseOperator(outcome.operator)
  if (operator === null || operator.comparison === 'null') return `${outcome.key} is given`
  const had = `${outcome.key} is ${listValues(outcome.actual)}`
  return operator.negated ? `${had} and not ${wantedText(operator, outcome.wanted, true)}` : had
}

/**
 * What would have to be otherwise, as it follows `if`: `aws:SourceIp were in 203.0.113.0/24`. With `flipped`, what would
 * keep the condition from holding: for a Deny that applies.
 */
export function wish(outcome: ConditionOutcome, flipped = false): string {
  const operator = parseOperator(outcome.operator)
  if (operator === null) return `the operator \`${outcome.operator}\` were known`
  if (operator.comparison === 'null') return `${outcome.key} were ${outcome.actual === null ? 'given' : 'absent'}`
  const isNot = operator.negated !== flipped
  return `${outcome.key} ${wishVerb(operator, isNot)}${wantedText(operator, outcome.wanted, isNot)}${forEach(operator)}`
}

/** Joins sentences' parts with commas and a last `and`. */
export function describeAll(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('')
  return `${parts.slice(0, -1).join(', ')}, and ${parts[parts.length - 1]}`
}

/** What a condition wants, as the end of a sentence: `be in 203.0.113.0/24`. */
export function requirement(operator: Operator, wanted: readonly string[]): string {
  const not = operator.negated ? 'not ' : ''
  return `${not}${verb(operator)}${wantedText(operator, wanted, operator.negated)}${forEach(operator)}`
}

function forEach(operator: Operator): string {
  if (operator.qualifier === null) return ''
  return operator.qualifier === 'ForAllValues' ? ' for every value' : ' for some value'
}

function wishVerb(operator: Operator, isNot: boolean): string {
  if (operator.comparison === 'stringLike' || operator.comparison === 'arn')
    return isNot ? 'did not match ' : 'matched '
  return verb(operator).replace('be ', isNot ? 'were not ' : 'were ')
}

function wantedText(operator: Operator, wanted: readonly string[], isNot: boolean): string {
  if (wanted.length === 0) return 'one of no values'
  const several = wanted.length > 1 && !isNot && operator.comparison !== 'address' ? 'one of ' : ''
  return `${several}${listValues(wanted)}`
}

function verb(operator: Operator): string {
  switch (operator.comparison) {
    case 'address':
      return 'be in '
    case 'stringLike':
    case 'arn':
      return 'match '
    case 'number':
    case 'date':
      return `be ${relations[operator.relation]}`
    default:
      return 'be '
  }
}

const relations = {
  equal: '',
  less: 'less than ',
  lessOrEqual: 'at most ',
  greater: 'greater than ',
  greaterOrEqual: 'at least ',
} as const satisfies Readonly<Record<Operator['relation'], string>>

const maxListed = 4
const maxValueLength = 200

/** Values for reading: the first few, cut and with control characters escaped. */
export function listValues(values: readonly string[]): string {
  const shown = values.slice(0, maxListed).map(showValue)
  const more = values.length > maxListed ? ` and ${values.length - maxListed} more` : ''
  return `${shown.join(', ')}${more}`
}

/** Control characters are shown as escapes: values come from strangers and end in terminals. */
function showValue(value: string): string {
  const cut = value.length > maxValueLength ? `${value.slice(0, maxValueLength)}…` : value
  const shown = JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"')
  return shown === '' ? '`` (empty)' : escapeInvisible(shown)
}

function escapeInvisible(text: string): string {
  return text.replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
