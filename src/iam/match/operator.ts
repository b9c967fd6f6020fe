/**
 * The names of condition operators: base operator, set qualifier and `IfExists`. What they compare lives in
 * `evaluate/condition.ts`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */

/** How two values are compared. */
export type Comparison =
  | 'string'
  | 'stringIgnoreCase'
  | 'stringLike'
  | 'number'
  | 'date'
  | 'bool'
  | 'binary'
  | 'address'
  | 'arn'
  | 'null'

export type Relation = 'equal' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual'

export interface BaseOperator {
  readonly comparison: Comparison
  readonly relation: Relation
  readonly negated: boolean
}

export interface Operator extends BaseOperator {
  /** Without qualifier, set qualifier and suffix, as AWS writes it. */
  readonly name: string
  readonly qualifier: 'ForAllValues' | 'ForAnyValue' | null
  readonly ifExists: boolean
}

const baseOperators: ReadonlyMap<string, BaseOperator> = new Map([
  ...pair('StringEquals', 'StringNotEquals', 'string'),
  ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'stringIgnoreCase'),
  ...pair('StringLike', 'StringNotLike', 'stringLike'),
  ...ordered('Numeric', 'number'),
  ...ordered('Date', 'date'),
  ['Bool', { comparison: 'bool', relation: 'equal', negated: false }],
  ['BinaryEquals', { comparison: 'binary', relation: 'equal', negated: false }],
  ...pair('IpAddress', 'NotIpAddress', 'address'),
  ...pair('ArnEquals', 'ArnNotEquals', 'arn'),
  ...pair('ArnLike', 'ArnNotLike', 'arn'),
  ['Null', { comparison: 'null', relation: 'equal', negated: false }],
] satisfies [string, BaseOperator][])

/** Reads an operator as written; null when AWS knows none of that name. `Null` takes neither qualifier nor suffix. */
export function parseOperator(text: string): Operator | null {
  const colon = text.indexOf(':')
  const prefix = colon < 0 ? null : text.slice(0, colon)
  if (prefix !== null && prefix !== 'ForAllValues' && prefix !== 'ForAnyValue') return null
  const rest = text.slice(colon + 1)
  const ifExists = rest.endsWith('IfExists')
  const name = ifExists ? rest.slice(0, -'IfExists'.length) : rest
  const base = baseOperators.get(name)
  if (base === undefined || (base.comparison === 'null' && (ifExists || prefix !== null))) return null
  return { ...base, name, qualifier: prefix, ifExists }
}

function pair(positive: string, negative: string, comparison: Comparison): [string, BaseOperator][] {
  return [
    [positive, { comparison, relation: 'equal', negated: false }],
    [negative, { comparison, relation: 'equal', negated: true }],
  ]
}

function ordered(prefix: string, comparison: Comparison): [string, BaseOperator][] {
  return [
    ...pair(`${prefix}Equals`, `${prefix}NotEquals`, comparison),
    [`${prefix}LessThan`, { comparison, relation: 'less', negated: false }],
    [`${prefix}LessThanEquals`, { comparison, relation: 'lessOrEqual', negated: false }],
    [`${prefix}GreaterThan`, { comparison, relation: 'greater', negated: false }],
    [`${prefix}GreaterThanEquals`, { comparison, relation: 'greaterOrEqual', negated: false }],
  ]
}
