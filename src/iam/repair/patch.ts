/**
 * JSON Patch (RFC 6902) with the three operations that repairs use, and JSON pointers (RFC 6901). Values in, new values
 * out; nothing is changed in place. What a patch means for a policy is not known here.
 */

import { err, ok, type Result } from '../../base/index.ts'
import { isObject } from '../read/index.ts'

/** One operation of a patch. */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace'
  /** JSON pointer; empty for the whole document. */
  readonly path: string
  /** Of `add` and `replace`. */
  readonly value?: unknown
}

/** Writes a JSON pointer from its steps. */
export function pointer(...steps: readonly (string | number)[]): string {
  return steps.map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`).join('')
}

/**
 * Applies a patch and answers the new value. A removed document is null. Anything that does not fit (an unknown place,
 * an index out of range) is a reason in one line, and nothing is applied.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6902
 */
export function applyPatch(value: unknown, operations: readonly PatchOperation[]): Result<unknown, string> {
  let document = value
  for (const operation of operations) {
    const steps = stepsOf(operation.path)
    if (steps === null) return err(`\`${operation.path}\` is not a JSON pointer`)
    if (operation.op !== 'remove' && operation.value === undefined) {
      return err(`\`${operation.op}\` at \`${operation.path}\` lacks a value`)
    }
    const applied = applyAt(document, steps, operation)
    if (!applied.ok) return applied
    document = applied.value
  }
  return ok(document)
}

function stepsOf(path: string): string[] | null {
  if (path === '') return []
  if (!path.startsWith('/') || /~(?![01])/.test(path)) return null
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'))
}

function applyAt(node: unknown, steps: readonly string[], operation: PatchOperation): Result<unknown, string> {
  const [step, ...rest] = steps
  if (step === undefined) return ok(operation.op === 'remove' ? null : operation.value)
  if (Array.isArray(node)) return applyInArray(node, step, rest, operation)
  if (isObject(node)) return applyInObject(node, step, rest, operation)
  return err(`\`${operation.path}\` leads nowhere`)
}

function applyInArray(
  list: readonly unknown[],
  step: string,
  rest: readonly string[],
  operation: PatchOperation,
): Result<unknown, string> {
  const isLast = rest.length === 0
  const isInsert = isLast && operation.op === 'add'
  const index = isInsert && step === '-' ? list.length : /^(0|[1-9]\d{0,6})$/.test(step) ? Number(step) : -1
  const limit = isInsert ? list.length : list.length - 1
  if (index < 0 || index > limit) return err(`\`${operation.path}\` leads nowhere`)
  if (isInsert) return ok(list.toSpliced(index, 0, operation.value))
  if (isLast && operation.op === 'remove') return ok(list.toSpliced(index, 1))
  const inner = applyAt(list[index], rest, operation)
  return inner.ok ? ok(list.with(index, inner.value)) : inner
}

function applyInObject(
  record: Readonly<Record<string, unknown>>,
  step: string,
  rest: readonly string[],
  operation: PatchOperation,
): Result<unknown, string> {
  const exists = Object.hasOwn(record, step)
  if (rest.length === 0) {
    if (!exists && operation.op !== 'add') return err(`\`${operation.path}\` leads nowhere`)
    if (operation.op === 'remove') {
      return ok(Object.fromEntries(Object.entries(record).filter(([name]) => name !== step)))
    }
    return ok(withMember(record, step, operation.value))
  }
  if (!exists) return err(`\`${operation.path}\` leads nowhere`)
  const inner = applyAt(record[step], rest, operation)
  return inner.ok ? ok(withMember(record, step, inner.value)) : inner
}

/** Keeps the order of members, and treats `__proto__` as a name like any other. */
function withMember(record: Readonly<Record<string, unknown>>, name: string, value: unknown): Record<string, unknown> {
  const entries = Object.entries(record)
  return Object.fromEntries(
    Object.hasOwn(record, name)
      ? entries.map(([key, old]) => [key, key === name ? value : old])
      : [...entries, [name, value]],
  )
}
