/**
 * What differs between two versions of the policies of a chain, statement by statement. Structure only; which calls it
 * touches is for `compare-policy-sets.ts` to say.
 */
import type { ChainPolicies } from '../operations/index.ts'
import type { PolicyName } from '../repair/index.ts'
import type { NamedPolicy, Statement } from '../types.ts'
import { compareElements, type ElementChange, meaningOf } from './statement-values.ts'

/** One statement that was added, taken away or edited. */
export interface StatementChange {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly sid?: string
  /** Position in the earlier version; null when it was not there. */
  readonly beforeIndex: number | null
  /** Position in the later version; null when it is not there. */
  readonly afterIndex: number | null
  /** What differs; for a statement that was added or taken away, all of it. */
  readonly elements: readonly ElementChange[]
}

/** One policy that was added, taken away or edited. */
export interface PolicyChange {
  readonly policy: PolicyName
  /** The policy's own name. */
  readonly name: string
  /** Of organization policies: the level, from the root down. */
  readonly level: number
  readonly kind: 'added' | 'removed' | 'changed'
  readonly statements: readonly StatementChange[]
  readonly before: NamedPolicy | null
  readonly after: NamedPolicy | null
}

/**
 * Lists the policies that differ, in the order of the chain. Order of statements, of values and of JSON members is no
 * difference. A policy that one of the sets says was not looked at (null `base`, `trust`, `permissions`, `key`) is not
 * compared.
 */
export function diffPolicySets(before: ChainPolicies, after: ChainPolicies): readonly PolicyChange[] {
  return slots.flatMap(({ policy, isUnknownWhenNull }) => {
    if (isUnknownWhenNull && (before[policy] === null || after[policy] === null)) return []
    const [was, is] = [levelsOf(before, policy), levelsOf(after, policy)]
    const levels = Math.max(was.length, is.length)
    return Array.from({ length: levels }, (_, level) =>
      diffLevel(policy, level, was[level] ?? [], is[level] ?? []),
    ).flat()
  })
}

const slots: readonly { readonly policy: PolicyName; readonly isUnknownWhenNull: boolean }[] = [
  { policy: 'scp', isUnknownWhenNull: false },
  { policy: 'rcp', isUnknownWhenNull: false },
  { policy: 'base', isUnknownWhenNull: true },
  { policy: 'trust', isUnknownWhenNull: true },
  { policy: 'permissions', isUnknownWhenNull: true },
  { policy: 'boundary', isUnknownWhenNull: false },
  { policy: 'session', isUnknownWhenNull: false },
  { policy: 'bucket', isUnknownWhenNull: false },
  { policy: 'key', isUnknownWhenNull: true },
]

function levelsOf(policies: ChainPolicies, policy: PolicyName): readonly (readonly NamedPolicy[])[] {
  switch (policy) {
    case 'scp':
    case 'rcp':
      return policies[policy]
    case 'base':
    case 'permissions':
      return [policies[policy] ?? []]
    default:
      return [[policies[policy]].filter((named) => named !== null)]
  }
}

/** Pairs policies by name; single policies are the same policy whatever their name. */
function diffLevel(
  policy: PolicyName,
  level: number,
  was: readonly NamedPolicy[],
  is: readonly NamedPolicy[],
): readonly PolicyChange[] {
  const isList = policy === 'base' || policy === 'permissions' || policy === 'scp' || policy === 'rcp'
  const left = [...is]
  const pairs = was.map((before) => {
    const at = left.findIndex((one) => !isList || one.name === before.name)
    return { before, after: at < 0 ? null : (left.splice(at, 1)[0] ?? null) }
  })
  return [...pairs, ...left.map((after) => ({ before: null, after }))].flatMap(({ before, after }) => {
    const statements = diffStatements(before?.policy.statements ?? [], after?.policy.statements ?? [])
    if (statements.length === 0 && before !== null && after !== null) return []
    const kind = before === null ? 'added' : after === null ? 'removed' : 'changed'
    return [{ policy, name: (after ?? before)?.name ?? policy, level, kind, statements, before, after }]
  })
}

/** Pairs statements that say the same, then those with one Sid, then those at one place with one effect. */
function diffStatements(was: readonly Statement[], is: readonly Statement[]): readonly StatementChange[] {
  const changes: StatementChange[] = []
  const change = (before: Statement | null, after: Statement | null): void => {
    const sid = after?.sid ?? before?.sid
    changes.push({
      kind: before === null ? 'added' : after === null ? 'removed' : 'changed',
      ...(sid === undefined ? {} : { sid }),
      beforeIndex: before?.index ?? null,
      afterIndex: after?.index ?? null,
      elements: compareElements(before, after),
    })
  }
  const left = new Set(is)
  const different = pairOff(was, left, meaningOf, () => {})
  const otherSid = pairOff(different, left, ({ sid }) => sid ?? null, change)
  const gone = pairOff(otherSid, left, ({ index, effect }) => `${index} ${effect}`, change)
  for (const one of gone) change(one, null)
  for (const one of left) change(null, one)
  const place = (one: StatementChange): number => one.afterIndex ?? one.beforeIndex ?? 0
  return changes.sort((one, other) => place(one) - place(other))
}

/** Pairs statements of equal keys, takes the partners from `left`, and answers those without one. */
function pairOff(
  was: readonly Statement[],
  left: Set<Statement>,
  keyOf: (statement: Statement) => string | null,
  onPair: (before: Statement, after: Statement) => void,
): readonly Statement[] {
  const byKey = new Map<string, Statement[]>()
  for (const one of left) {
    const key = keyOf(one)
    if (key !== null) byKey.set(key, [...(byKey.get(key) ?? []), one])
  }
  return was.filter((before) => {
    const key = keyOf(before)
    const after = key === null ? undefined : byKey.get(key)?.shift()
    if (after === undefined) return true
    left.delete(after)
    onPair(before, after)
    return false
  })
}
