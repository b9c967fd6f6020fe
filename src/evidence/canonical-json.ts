/**
 * Canonical JSON (RFC 8785, JCS): one value, one spelling, so that hashes and signatures can be made again from the
 * value. Numbers are integers only. Nothing here knows what the values mean.
 */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'

/** What JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** Values nested deeper than this are refused, so that hostile input can not exhaust the stack. */
const maximumDepth = 64

/**
 * Writes a value as canonical JSON: no white space, members sorted by UTF-16 code units, strings escaped as ECMAScript
 * escapes them.
 *
 * @throws TypeError for what has no canonical form here: numbers that are not safe integers, lone surrogates,
 *   `undefined`, functions, symbols, big integers, holes in arrays, objects that are not plain, and nesting (or a
 *   circle) deeper than 64.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0)
}

/** Reads canonical JSON; every other spelling of the same value is refused. */
export function parseCanonicalJson(text: string): Result<JsonValue, 'not-json' | 'not-canonical'> {
  let value: JsonValue
  try {
    value = JSON.parse(text)
  } catch {
    return err('not-json')
  }
  try {
    return write(value, 0) === text ? ok(value) : err('not-canonical')
  } catch {
    return err('not-canonical')
  }
}

function write(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return writeString(value)
  if (typeof value === 'number') return writeInteger(value)
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no canonical form`)
  if (depth === maximumDepth) throw new TypeError(`a value nested deeper than ${maximumDepth} has no canonical form`)
  return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1)
}

/** Printable ASCII without quote and backslash: stands as it is. */
const plain = /^[ !#-[\]-~]*$/

function writeString(value: string): string {
  if (plain.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw new TypeError('a string with a lone surrogate has no canonical form')
  return JSON.stringify(value)
}

function writeInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError('a number that is not a safe integer has no canonical form')
  return String(value)
}

function writeArray(value: readonly unknown[], depth: number): string {
  let text = '['
  // By index, because iteration methods skip holes and would hide them.
  for (let index = 0; index < value.length; index++) text += `${index === 0 ? '' : ','}${write(value[index], depth)}`
  return `${text}]`
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) {
    throw new TypeError('an object that is not plain has no canonical form')
  }
  let text = ''
  for (const key of sorted(Object.keys(value))) {
    const member: unknown = Reflect.get(value, key)
    text += `${text === '' ? '{' : ','}${writeString(key)}:${write(member, depth)}`
  }
  return text === '' ? '{}' : `${text}}`
}

/** So many are sorted by insertion: the sort of the language copies them several times over, which costs more than a log entry's rest. */
const few = 24

/** By UTF-16 code units, the order that RFC 8785 section 3.2.3 demands and in which strings compare. Sorts in place. */
function sorted(keys: string[]): readonly string[] {
  if (keys.length > few) return keys.sort()
  for (let end = 1; end < keys.length; end++) {
    const key = keys[end] ?? ''
    let at = end
    for (; at > 0 && (keys[at - 1] ?? '') > key; at--) keys[at] = keys[at - 1] ?? ''
    keys[at] = key
  }
  return keys
}
