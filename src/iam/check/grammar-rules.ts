/**
 * What the reader refused, in the words of the table: misspelled elements and operators get the nearest known name, empty
 * lists and partial wildcards a finding of their own. Anything else stays `policy-grammar` with the reader's message.
 */
import { parseOperator } from '../match/operator.ts'
import { isObject, pointerStep, quote } from '../read/index.ts'
import type { PolicyProblem } from '../types.ts'
import type { Draft } from './finding.ts'
import { didYouMean } from './nearest-name.ts'
import { located } from './view.ts'

const policyElements = ['Version', 'Id', 'Statement']
const statementElements = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]
/** Every operator without qualifier and suffix. */
export const operatorNames: readonly string[] = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateEquals',
  'DateNotEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'Bool',
  'BinaryEquals',
  'IpAddress',
  'NotIpAddress',
  'ArnEquals',
  'ArnNotEquals',
  'ArnLike',
  'ArnNotLike',
  'Null',
]

/** Turns the reader's problems into findings. `statements` are the raw statements with their pointers. */
export function grammarFindings(
  source: unknown,
  statements: readonly { readonly raw: Raw; readonly pointer: string }[],
  problems: readonly PolicyProblem[],
  isBare: boolean,
): readonly Draft[] {
  const named = [
    ...(isBare ? [] : unknownElements(source, '', policyElements)),
    ...statements.flatMap(({ raw, pointer }) => [
      ...unknownElements(raw, pointer, statementElements),
      ...emptyLists(raw, pointer),
      ...wildcardPrincipals(raw, pointer),
      ...conditionFindings(raw['Condition'], `${pointer}/Condition`),
    ]),
  ]
  const covered = new Set(named.map((draft) => draft.pointer))
  const others = problems
    .filter((problem) => !covered.has(problem.pointer))
    .map(({ pointer, message }): Draft => ({ id: 'policy-grammar', pointer, message }))
  return [...named, ...others]
}

type Raw = Readonly<Record<string, unknown>>

function unknownElements(value: unknown, pointer: string, known: readonly string[]): readonly Draft[] {
  if (!isObject(value)) return []
  return Object.keys(value).flatMap((name): Draft[] => {
    if (known.includes(name)) return []
    const message = `unknown element ${quote(name)}${didYouMean(name, known)}`
    return [{ id: 'unknown-element', pointer: pointer + pointerStep(name), message, part: 'key' }]
  })
}

function emptyLists(raw: Raw, pointer: string): readonly Draft[] {
  const places = ['Action', 'NotAction', 'Resource', 'NotResource'].map(
    (name) => [raw[name], `${pointer}/${name}`] as const,
  )
  for (const name of ['Principal', 'NotPrincipal']) {
    const principal = raw[name]
    if (!isObject(principal)) continue
    const types = Object.entries(principal)
    if (types.length === 0) places.push([[], `${pointer}/${name}`])
    for (const [type, value] of types) places.push([value, `${pointer}/${name}${pointerStep(type)}`])
  }
  return places.flatMap(([value, at]): Draft[] =>
    Array.isArray(value) && value.length === 0 ? [{ id: 'empty-list', pointer: at, message: 'the list is empty' }] : [],
  )
}

function wildcardPrincipals(raw: Raw, pointer: string): readonly Draft[] {
  return ['Principal', 'NotPrincipal'].flatMap((name) => {
    const principal = raw[name]
    if (typeof principal === 'string' && principal.includes('*') && principal !== '*') {
      return [partialWildcard(principal, `${pointer}/${name}`)]
    }
    if (!isObject(principal)) return []
    return located(principal['AWS'], `${pointer}/${name}/AWS`)
      .filter(({ text }) => text !== '*' && /[*?]/.test(text))
      .map(({ text, pointer: at }) => partialWildcard(text, at))
  })
}

function partialWildcard(text: string, pointer: string): Draft {
  return { id: 'principal-wildcard-part', pointer, message: `the principal ${quote(text)} holds a wildcard` }
}

function conditionFindings(value: unknown, pointer: string): readonly Draft[] {
  if (!isObject(value)) return []
  const entries = Object.entries(value)
  if (entries.length === 0) return [{ id: 'empty-condition', pointer, message: 'the Condition is empty' }]
  return entries.flatMap(([operator, keys]): Draft[] => {
    const at = pointer + pointerStep(operator)
    if (parseOperator(operator) === null) return [unknownOperator(operator, at)]
    if (isObject(keys) && Object.keys(keys).length === 0) {
      return [{ id: 'empty-condition', pointer: at, message: `the operator ${quote(operator)} has no keys` }]
    }
    return []
  })
}

function unknownOperator(operator: string, pointer: string): Draft {
  const message = `unknown condition operator ${quote(operator)}`
  const parts = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/is.exec(operator.slice(0, 200))
  const bare = parts?.[2] ?? operator
  const isKnown = operatorNames.includes(bare)
  const reason =
    isKnown && bare === 'Null'
      ? '; `Null` takes neither a set operator nor `IfExists`'
      : didYouMean(bare, operatorNames)
  return { id: 'operator-unknown', pointer, message: message + reason, part: 'key' }
}
