/** Reads one statement: its elements, which of them must and must not stand together, and its patterns. */
import type { Statement } from '../types.ts'
import { readConditions } from './conditions.ts'
import { readPrincipal } from './principal.ts'
import { isObject, type Place, quote, typeName } from './problems.ts'

const statementElements = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

type Patterns = Statement['action']

/** Reads a statement; null when a part is missing without which there is none. Problems go to `place`. */
export function readStatement(value: unknown, index: number, place: Place): Statement | null {
  if (!isObject(value)) {
    place.report(`a statement is an object, not ${typeName(value)}`)
    return null
  }
  for (const name of Object.keys(value)) {
    if (!statementElements.has(name)) place.at(name).report(`unknown element ${quote(name)}`)
  }
  const sid = readSid(value['Sid'], place.at('Sid'))
  const effect = readEffect(value['Effect'], place)
  const principal = readPrincipal(value, place)
  const action = readPatterns(value, 'Action', place, checkAction)
  const resource = readPatterns(value, 'Resource', place, checkResource)
  const conditions = readConditions(value['Condition'], place.at('Condition'))
  if (action === undefined && !hasEither(value, 'Action'))
    place.report('the statement has neither Action nor NotAction')
  if (!hasEither(value, 'Resource') && !hasEither(value, 'Principal')) {
    place.report('the statement has no Resource (and is no trust policy statement, for it has no Principal)')
  }
  if (effect === null || action === undefined) return null
  return {
    index,
    ...(sid === undefined ? {} : { sid }),
    effect,
    ...(principal === undefined ? {} : { principal }),
    action,
    ...(resource === undefined ? {} : { resource }),
    conditions,
  }
}

function hasEither(value: Readonly<Record<string, unknown>>, name: string): boolean {
  return value[name] !== undefined || value[`Not${name}`] !== undefined
}

function readSid(value: unknown, place: Place): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  place.report(`sid must be a string, not ${typeName(value)}`)
  return undefined
}

function readEffect(value: Readonly<Record<string, unknown>>['Effect'], place: Place): Statement['effect'] | null {
  if (value === 'Allow' || value === 'Deny') return value
  if (value === undefined) place.report('the statement has no Effect')
  else {
    const given = typeof value === 'string' ? quote(value) : typeName(value)
    place.at('Effect').report(`effect must be \`Allow\` or \`Deny\`, spelled so, not ${given}`)
  }
  return null
}

/** Reads `Name` or `NotName`, a string or a list of strings; undefined when neither stands there or both are unfit. */
function readPatterns(
  value: Readonly<Record<string, unknown>>,
  name: 'Action' | 'Resource',
  place: Place,
  check: (pattern: string) => string | null,
): Patterns | undefined {
  const negative = `Not${name}`
  if (value[name] !== undefined && value[negative] !== undefined) {
    place.at(negative).report(`${name} and ${negative} cannot stand in one statement`)
    return undefined
  }
  const negated = value[negative] !== undefined
  const element = negated ? negative : name
  if (value[element] === undefined) return undefined
  const patterns = readStrings(value[element], place.at(element), check)
  return patterns === null ? undefined : { negated, patterns }
}

function readStrings(value: unknown, place: Place, check: (text: string) => string | null): readonly string[] | null {
  if (typeof value === 'string') {
    const problem = check(value)
    if (problem !== null) place.report(problem)
    return [value]
  }
  if (!Array.isArray(value)) {
    place.report(`expected a string or a list of strings, not ${typeName(value)}`)
    return null
  }
  if (value.length === 0) place.report('the list is empty')
  const strings: string[] = []
  for (const [i, member] of value.entries()) {
    const problem = typeof member === 'string' ? check(member) : `expected a string, not ${typeName(member)}`
    if (problem !== null) place.at(i).report(problem)
    if (typeof member === 'string') strings.push(member)
  }
  return strings
}

function checkAction(pattern: string): string | null {
  if (pattern === '*' || pattern === '*:*') return null
  const colon = pattern.indexOf(':')
  if (colon < 1 || colon === pattern.length - 1) return `action ${quote(pattern)} is not of the form \`service:Name\``
  const isService = /^[a-zA-Z0-9-]+$/.test(pattern.slice(0, colon))
  return isService ? null : `the service of action ${quote(pattern)} must be spelled out, without wildcards`
}

function checkResource(pattern: string): string | null {
  if (/^\*+$/.test(pattern)) return null
  const [scheme, partition, service] = pattern.split(':', 3)
  if (scheme !== 'arn' || !partition || !service) return `resource ${quote(pattern)} is neither an ARN nor \`*\``
  return /[*?]/.test(service) ? `the service segment of ${quote(pattern)} cannot hold wildcards` : null
}
