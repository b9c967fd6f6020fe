/** Reads the Condition element: operator → key → value or values. Values are strings, numbers or booleans. */
import { parseOperator } from '../match/operator.ts'
import type { Condition } from '../types.ts'
import { isObject, type Place, quote, typeName } from './problems.ts'

/** Reads the conditions in the order in which they stand. */
export function readConditions(value: unknown, place: Place): readonly Condition[] {
  if (value === undefined) return []
  if (!isObject(value)) {
    place.report(`a condition is an object, not ${typeName(value)}`)
    return []
  }
  return Object.entries(value).flatMap(([operator, keys]) => readOperator(operator, keys, place.at(operator)))
}

function readOperator(operator: string, keys: unknown, place: Place): readonly Condition[] {
  const known = parseOperator(operator)
  if (known === null) place.report(`unknown condition operator ${quote(operator)}`)
  if (!isObject(keys)) {
    place.report(`a condition operator holds an object of keys, not ${typeName(keys)}`)
    return []
  }
  return Object.entries(keys).map(([key, value]) => {
    if (key === '') place.at(key).report('the condition key is empty')
    const values = readValues(value, place.at(key))
    if (known?.comparison === 'null' && values.some((text) => !/^(true|false)$/i.test(text))) {
      place.at(key).report('the operator `Null` takes `true` or `false`')
    }
    return { operator, key, values }
  })
}

function readValues(value: unknown, place: Place): readonly string[] {
  if (!Array.isArray(value)) return readValue(value, place)
  return value.flatMap((member: unknown, i) => readValue(member, place.at(i)))
}

function readValue(value: unknown, place: Place): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return [String(value)]
  place.report(`a condition value is a string, a number or a boolean, not ${typeName(value)}`)
  return []
}
