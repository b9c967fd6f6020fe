/** Reads Principal and NotPrincipal. A principal is named in full or is `*`: AWS takes no other wildcard there. */
import type { PrincipalElement, Statement } from '../types.ts'
import { isObject, type Place, quote, typeName } from './problems.ts'

const principalTypes = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const
type PrincipalType = (typeof principalTypes)[number]

/** Reads whichever of the two stands in the statement. */
export function readPrincipal(
  statement: Readonly<Record<string, unknown>>,
  place: Place,
): Statement['principal'] | undefined {
  const { Principal: positive, NotPrincipal: negative } = statement
  if (positive !== undefined && negative !== undefined) {
    place.at('NotPrincipal').report('Principal and NotPrincipal cannot stand in one statement')
    return undefined
  }
  const negated = negative !== undefined
  const value = negated ? negative : positive
  if (value === undefined) return undefined
  const element = readElement(value, place.at(negated ? 'NotPrincipal' : 'Principal'))
  return element === null ? undefined : { negated, element }
}

function readElement(value: unknown, place: Place): PrincipalElement | null {
  if (value === '*') return '*'
  if (!isObject(value)) {
    const given = typeof value === 'string' ? quote(value) : typeName(value)
    place.report(`a principal is \`*\` or an object such as {"AWS": …}, not ${given}`)
    return null
  }
  const element: Partial<Record<PrincipalType, readonly string[]>> = {}
  for (const [name, entries] of Object.entries(value)) {
    const type = principalTypes.find((known) => known === name)
    if (type === undefined) place.at(name).report(`unknown principal type ${quote(name)}`)
    else element[type] = readEntries(entries, type, place.at(name))
  }
  if (Object.keys(value).length === 0) place.report('the element names no principal')
  return element
}

function readEntries(value: unknown, type: PrincipalType, place: Place): readonly string[] {
  if (typeof value === 'string') {
    checkEntry(value, type, place)
    return [value]
  }
  if (!Array.isArray(value)) {
    place.report(`expected a string or a list of strings, not ${typeName(value)}`)
    return []
  }
  if (value.length === 0) place.report('the list is empty')
  const entries: string[] = []
  for (const [i, member] of value.entries()) {
    if (typeof member !== 'string') place.at(i).report(`expected a string, not ${typeName(member)}`)
    else {
      checkEntry(member, type, place.at(i))
      entries.push(member)
    }
  }
  return entries
}

function checkEntry(entry: string, type: PrincipalType, place: Place): void {
  if (entry === '') place.report('the principal is empty')
  else if (type === 'AWS' && entry !== '*' && /[*?]/.test(entry)) {
    place.report(
      `principal ${quote(entry)} holds a wildcard; name it in full, or use \`*\` with a condition on aws:PrincipalArn`,
    )
  }
}
