/** Puts single differences into the earlier version of a chain's policies, so that what they do alone can be tried. */
import type { ChainPolicies } from '../operations/index.ts'
import type { NamedPolicy, Statement } from '../types.ts'
import type { PolicyChange, StatementChange } from './policy-changes.ts'

/** The earlier version with one policy as it is in the later. */
export function withPolicyChange(before: ChainPolicies, change: PolicyChange): ChainPolicies {
  return put(before, change, change.before, change.after)
}

/** The later version with one policy as it was in the earlier. */
export function withoutPolicyChange(after: ChainPolicies, change: PolicyChange): ChainPolicies {
  return put(after, change, change.after, change.before)
}

/** The earlier version with some statements of one policy as they are in the later. */
export function withStatementChanges(
  before: ChainPolicies,
  change: PolicyChange,
  chosen: readonly StatementChange[],
): ChainPolicies {
  const { before: was, after: is } = change
  const named = was ?? is
  if (named === null) return before
  const replaced = new Map(
    chosen.flatMap((one) =>
      one.beforeIndex === null ? [] : [[one.beforeIndex, statementAt(is, one.afterIndex)] as const],
    ),
  )
  const kept = (was?.policy.statements ?? []).flatMap((one) => {
    const fresh = replaced.get(one.index)
    return fresh === undefined ? one : (fresh ?? [])
  })
  const added = chosen.flatMap((one) => (one.beforeIndex === null ? (statementAt(is, one.afterIndex) ?? []) : []))
  const statements = [...kept, ...added].map((one, index) => ({ ...one, index }))
  return put(before, change, was, { name: named.name, policy: { ...named.policy, statements } })
}

function statementAt(named: NamedPolicy | null, index: number | null): Statement | null {
  return named?.policy.statements.find((one) => one.index === index) ?? null
}

function put(
  policies: ChainPolicies,
  { policy, level }: PolicyChange,
  old: NamedPolicy | null,
  fresh: NamedPolicy | null,
): ChainPolicies {
  const inList = (list: readonly NamedPolicy[]): readonly NamedPolicy[] => {
    const kept = list.flatMap((one) => (one === old ? (fresh ?? []) : one))
    return old === null && fresh !== null ? [...kept, fresh] : kept
  }
  switch (policy) {
    case 'base':
    case 'permissions':
      return { ...policies, [policy]: inList(policies[policy] ?? []) }
    case 'scp':
    case 'rcp': {
      const levels = [...policies[policy]]
      while (levels.length <= level) levels.push([])
      const changed = levels.map((list, at) => (at === level ? inList(list) : list))
      // An organization has at least one policy at each level, so an empty one means that the level is gone.
      return { ...policies, [policy]: changed.filter((list) => list.length > 0) }
    }
    default:
      return { ...policies, [policy]: fresh }
  }
}
