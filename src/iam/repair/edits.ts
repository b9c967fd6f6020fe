/**
 * Smallest edits of a policy as JSON, as patch operations: a condition's values, one action, one principal, a whole
 * statement. Each keeps the form in which the administrator wrote (one value or a list, one statement or several).
 */

import { isObject } from '../read/index.ts'
import type { PolicyDocument, StatementDocument } from '../write/index.ts'
import { type PatchOperation, pointer } from './patch.ts'

type Json = Readonly<Record<string, unknown>>

/** Answers the JSON pointer of a statement; one that was written without a list has none. */
function statementPath(policy: unknown, index: number): string {
  const written = isObject(policy) ? policy['Statement'] : undefined
  return Array.isArray(written) ? pointer('Statement', index) : pointer('Statement')
}

function statementIn(policy: unknown, index: number): Json {
  const written = isObject(policy) ? policy['Statement'] : undefined
  const statement: unknown = Array.isArray(written) ? written[index] : written
  return isObject(statement) ? statement : {}
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

/** Reads an element that may be one value or a list. */
export function valuesOf(element: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(element) ? element : element === undefined ? [] : [element]
  return values.map(String)
}

/** Appends a statement; a policy without a list gets one, and no policy at all becomes one. */
export function addStatement(policy: unknown, statement: StatementDocument): PatchOperation[] {
  const fresh = withFreeSid(policy, statement)
  if (!isObject(policy)) {
    const document: PolicyDocument = { Version: '2012-10-17', Statement: [fresh] }
    return [{ op: 'add', path: '', value: document }]
  }
  const written = policy['Statement']
  if (Array.isArray(written)) return [{ op: 'add', path: '/Statement/-', value: fresh }]
  return [{ op: 'replace', path: '/Statement', value: written === undefined ? [fresh] : [written, fresh] }]
}

/** A Sid must be unique within its policy. */
function withFreeSid(policy: unknown, statement: StatementDocument): StatementDocument {
  const written = memberOf(policy, 'Statement')
  const statements: readonly unknown[] = Array.isArray(written) ? written : [written]
  const taken = new Set(statements.map((one) => memberOf(one, 'Sid')))
  let number = 2
  let sid = statement.Sid
  while (taken.has(sid)) {
    sid = `${statement.Sid}${number}`
    number += 1
  }
  return { ...statement, Sid: sid }
}

/** Removes a statement; a policy that would be left without any is removed as a whole. */
export function removeStatement(policy: unknown, index: number): PatchOperation[] {
  const written = memberOf(policy, 'Statement')
  if (!Array.isArray(written) || written.length === 1) return [{ op: 'remove', path: '' }]
  return [{ op: 'remove', path: statementPath(policy, index) }]
}

/** Removes one operator-and-key pair of a condition, and what would be left empty around it. */
export function removeCondition(policy: unknown, index: number, operator: string, key: string): PatchOperation[] {
  const condition = memberOf(statementIn(policy, index), 'Condition')
  const keys = memberOf(condition, operator)
  const path = statementPath(policy, index) + pointer('Condition')
  if (!isObject(condition) || !isObject(keys) || !Object.hasOwn(keys, key)) return []
  if (Object.keys(keys).length > 1) return [{ op: 'remove', path: path + pointer(operator, key) }]
  if (Object.keys(condition).length > 1) return [{ op: 'remove', path: path + pointer(operator) }]
  return [{ op: 'remove', path }]
}

/** Sets the values of one operator-and-key pair; one value is written without a list. */
export function setConditionValues(
  policy: unknown,
  index: number,
  operator: string,
  key: string,
  values: readonly string[],
): PatchOperation[] {
  const path = statementPath(policy, index) + pointer('Condition')
  const condition = memberOf(statementIn(policy, index), 'Condition')
  const value = values.length === 1 ? values[0] : values
  if (!isObject(condition)) return [{ op: 'add', path, value: { [operator]: { [key]: value } } }]
  const keys = condition[operator]
  if (!isObject(keys)) return [{ op: 'add', path: path + pointer(operator), value: { [key]: value } }]
  const op = Object.hasOwn(keys, key) ? 'replace' : 'add'
  return [{ op, path: path + pointer(operator, key), value }]
}

/** Adds values to an element that is one value or a list: `Action`, `Resource`. */
export function addValues(
  policy: unknown,
  index: number,
  element: string,
  values: readonly string[],
): PatchOperation[] {
  const path = statementPath(policy, index) + pointer(element)
  const written = statementIn(policy, index)[element]
  if (Array.isArray(written)) return values.map((value) => ({ op: 'add', path: `${path}/-`, value }))
  return [{ op: 'replace', path, value: [...valuesOf(written), ...values] }]
}

/** Removes values from a list element, from the last to the first, so that earlier positions stay true. */
export function removeValues(
  policy: unknown,
  index: number,
  element: readonly string[],
  isRemoved: (value: string) => boolean,
): PatchOperation[] {
  const written = element.reduce<unknown>(memberOf, statementIn(policy, index))
  const path = statementPath(policy, index) + pointer(...element)
  return valuesOf(written)
    .flatMap((value, position) => (isRemoved(value) ? [position] : []))
    .reverse()
    .map((position) => ({ op: 'remove', path: path + pointer(position) }))
}

/** Replaces one AWS principal by another wherever the policy names it. */
export function replacePrincipal(policy: unknown, from: string, to: string): PatchOperation[] {
  const written = memberOf(policy, 'Statement')
  const statements: readonly unknown[] = Array.isArray(written) ? written : [written]
  return statements.flatMap((statement, index): PatchOperation[] => {
    const principals = memberOf(memberOf(statement, 'Principal'), 'AWS')
    const path = statementPath(policy, index) + pointer('Principal', 'AWS')
    if (principals === from) return [{ op: 'replace', path, value: to }]
    if (!Array.isArray(principals)) return []
    return principals.flatMap((value, position) =>
      value === from ? [{ op: 'replace' as const, path: path + pointer(position), value: to }] : [],
    )
  })
}
