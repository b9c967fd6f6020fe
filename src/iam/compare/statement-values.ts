/**
 * A statement as labelled sets of values, so that two versions can be laid side by side: the order of a list, the letter
 * case of actions and the order of JSON members mean nothing. What a difference does is for the evaluator to say.
 */
import { principalTexts } from '../explain/elements.ts'
import type { Statement } from '../types.ts'

/** Values by label, as written: `Effect`, `Principal`, `NotAction`, `Condition IpAddress aws:SourceIp` … */
type StatementValues = ReadonlyMap<string, readonly string[]>

function valuesOf(statement: Statement | null): StatementValues {
  if (statement === null) return new Map()
  const { effect, principal, action, resource, conditions } = statement
  const values = new Map<string, readonly string[]>([['Effect', [effect]]])
  if (principal !== undefined) {
    values.set(principal.negated ? 'NotPrincipal' : 'Principal', principalTexts(principal.element))
  }
  values.set(action.negated ? 'NotAction' : 'Action', action.patterns)
  if (resource !== undefined) values.set(resource.negated ? 'NotResource' : 'Resource', resource.patterns)
  for (const { operator, key, values: wanted } of conditions) {
    const label = `Condition ${operator} ${key}`
    values.set(label, [...(values.get(label) ?? []), ...wanted])
  }
  return values
}

/** A value as far as it means something: action names are the same in any letter case. */
function meaningOfValue(element: string, value: string): string {
  return element.endsWith('Action') ? value.toLowerCase() : value
}

/** A text that is equal for statements that say the same. */
export function meaningOf(statement: Statement): string {
  const elements = [...valuesOf(statement)].map(([element, values]) => [
    element,
    ...new Set(values.map((value) => meaningOfValue(element, value)).sort()),
  ])
  return JSON.stringify(elements.sort(([one = ''], [other = '']) => (one < other ? -1 : 1)))
}

/** One element of a statement in two versions. */
export interface ElementChange {
  /** `Action`, `Condition IpAddress aws:SourceIp` … */
  readonly element: string
  /** Null where a version has no such element. */
  readonly before: readonly string[] | null
  readonly after: readonly string[] | null
  /** Values of the later version that the earlier has not. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/** Lists the elements that differ; all of them where one of the statements is not there. */
export function compareElements(before: Statement | null, after: Statement | null): readonly ElementChange[] {
  const [was, is] = [valuesOf(before), valuesOf(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((element): ElementChange[] => {
    const [old, fresh] = [was.get(element) ?? null, is.get(element) ?? null]
    const added = beyond(element, fresh ?? [], old ?? [])
    const removed = beyond(element, old ?? [], fresh ?? [])
    const isSame = old !== null && fresh !== null && added.length === 0 && removed.length === 0
    return isSame ? [] : [{ element, before: old, after: fresh, added, removed }]
  })
}

function beyond(element: string, values: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others.map((value) => meaningOfValue(element, value)))
  return values.filter((value) => !known.has(meaningOfValue(element, value)))
}
