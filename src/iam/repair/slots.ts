/**
 * Finds the policy that a statement of an evaluation came from, and puts an edited policy in its place. Knows the layout
 * of `ChainPolicies`, nothing about repairs.
 */
import type { ApiCall, ChainPolicies } from '../operations/index.ts'
import { parsePolicy } from '../read/index.ts'
import type { NamedPolicy, PolicyType, StatementOutcome } from '../types.ts'
import type { PolicyName, Slot } from './proposal.ts'

/** The name that a policy type has in the chain of a call. Null: a kind of policy that the chain does not hold. */
export function policyNameOf(type: PolicyType, call: ApiCall): PolicyName | null {
  switch (type) {
    case 'identity':
      return call.operation === 'sts:AssumeRole' ? 'base' : 'permissions'
    case 'resource':
      return 'bucket'
    case 'vpcEndpoint':
      return null
    default:
      return type
  }
}

/** The policies of one name, as levels of lists, in the order of the chain. */
function levelsOf(policies: ChainPolicies, policy: PolicyName): readonly (readonly (NamedPolicy | null)[])[] {
  switch (policy) {
    case 'base':
    case 'permissions':
      return [policies[policy] ?? []]
    case 'scp':
    case 'rcp':
      return policies[policy]
    default:
      return [[policies[policy]]]
  }
}

/** Lists the places of all policies of one name; for single policies that are absent, the empty place. */
export function slotsOf(policies: ChainPolicies, policy: PolicyName): readonly Slot[] {
  return levelsOf(policies, policy).flatMap((level, levelIndex) =>
    level.map((_, index) => ({ policy, level: levelIndex, index })),
  )
}

/** The policy at a place. */
export function policyAt(policies: ChainPolicies, slot: Slot): NamedPolicy | null {
  return levelsOf(policies, slot.policy)[slot.level]?.[slot.index] ?? null
}

/** Finds the place of the policy that a statement outcome came from. */
export function slotOf(policies: ChainPolicies, call: ApiCall, outcome: StatementOutcome): Slot | null {
  const policy = policyNameOf(outcome.policyType, call)
  if (policy === null) return null
  const isSource = (slot: Slot): boolean => {
    const named = policyAt(policies, slot)
    const statement = named?.policy.statements[outcome.index]
    return named?.name === outcome.policy && statement?.sid === outcome.sid && statement?.effect === outcome.effect
  }
  return slotsOf(policies, policy).find(isSource) ?? null
}

/**
 * Puts a JSON value in the place of a policy; null takes the policy away. Answers null when the value is not a policy.
 */
export function withPolicy(policies: ChainPolicies, slot: Slot, value: unknown): ChainPolicies | null {
  const name = policyAt(policies, slot)?.name ?? slot.policy
  if (value === null) return placed(policies, slot, null)
  const parsed = parsePolicy(value)
  return parsed.ok ? placed(policies, slot, { name, policy: parsed.value }) : null
}

function placed(policies: ChainPolicies, slot: Slot, named: NamedPolicy | null): ChainPolicies {
  const inList = (list: readonly NamedPolicy[]): readonly NamedPolicy[] =>
    list.toSpliced(slot.index, 1, ...(named === null ? [] : [named]))
  switch (slot.policy) {
    case 'base':
    case 'permissions':
      return { ...policies, [slot.policy]: inList(policies[slot.policy] ?? []) }
    case 'scp':
    case 'rcp':
      return {
        ...policies,
        [slot.policy]: policies[slot.policy].map((level, index) => (index === slot.level ? inList(level) : level)),
      }
    default:
      return { ...policies, [slot.policy]: named }
  }
}
