/**
 * Finds the policies that an evaluation's statements came from, and JSON pointers to their elements. Knows the layout of
 * `ChainPolicies` and of policy JSON, and nothing about what decided.
 */
import type { ApiCall, ChainPolicies, VerdictPart } from '../operations/index.ts'
import { isObject, pointerStep } from '../read/index.ts'
import type { NamedPolicy, PolicyType, Statement, StatementOutcome } from '../types.ts'

/** The outcomes of one policy; null: a stand-in for a policy that was not looked at. */
export interface LocatedOutcomes {
  readonly policyType: PolicyType
  readonly name: string
  readonly named: NamedPolicy | null
  readonly outcomes: readonly StatementOutcome[]
}

/** Groups a part's outcomes by the policy they came from. They stand in the order of the chain, policy after policy. */
export function locateOutcomes(call: ApiCall, policies: ChainPolicies, part: VerdictPart): readonly LocatedOutcomes[] {
  const groups: StatementOutcome[][] = []
  for (const outcome of part.evaluation.statements) {
    const last = groups.at(-1)?.at(-1)
    const isNext =
      last?.policyType === outcome.policyType && last.policy === outcome.policy && last.index < outcome.index
    if (isNext) groups.at(-1)?.push(outcome)
    else groups.push([outcome])
  }
  const left = new Map<PolicyType, NamedPolicy[]>()
  return groups.flatMap((outcomes): LocatedOutcomes[] => {
    const [first] = outcomes
    if (first === undefined) return []
    const { policyType, policy: name } = first
    const queue = left.get(policyType) ?? [...policiesOfType(call, policies, policyType)]
    left.set(policyType, queue)
    return [{ policyType, name, named: queue.shift() ?? null, outcomes }]
  })
}

/** The chain's policies of one type as one call meets them, those without statements left out. */
function policiesOfType(call: ApiCall, policies: ChainPolicies, type: PolicyType): readonly NamedPolicy[] {
  const list = (): readonly (NamedPolicy | null)[] => {
    switch (type) {
      case 'identity':
        return (call.operation === 'sts:AssumeRole' ? policies.base : policies.permissions) ?? []
      case 'scp':
      case 'rcp':
        return policies[type].flat()
      case 'resource':
        return [policies.bucket]
      case 'vpcEndpoint':
        return []
      default:
        return [policies[type]]
    }
  }
  return list()
    .filter((named) => named !== null)
    .filter((named) => named.policy.statements.length > 0)
}

/** JSON pointer to a statement; a policy may hold one without a list. */
export function statementPointer(named: NamedPolicy, index: number): string {
  const { source } = named.policy
  const isSingle = isObject(source) && isObject(source['Statement'])
  return isSingle ? '/Statement' : `/Statement/${index}`
}

/** JSON pointer to the values of one condition. */
export function conditionPointer(statement: string, operator: string, key: string): string {
  return `${statement}/Condition${pointerStep(operator)}${pointerStep(key)}`
}

/** Puts another policy in the place of one of the chain. */
export function withReplaced(policies: ChainPolicies, old: NamedPolicy, fresh: NamedPolicy): ChainPolicies {
  const one = (named: NamedPolicy | null): NamedPolicy | null => (named === old ? fresh : named)
  const all = (list: readonly NamedPolicy[]): readonly NamedPolicy[] =>
    list.map((named) => (named === old ? fresh : named))
  return {
    ...policies,
    base: policies.base === null ? null : all(policies.base),
    trust: one(policies.trust),
    permissions: policies.permissions === null ? null : all(policies.permissions),
    boundary: one(policies.boundary),
    session: one(policies.session),
    bucket: one(policies.bucket),
    key: one(policies.key),
    scp: policies.scp.map(all),
    rcp: policies.rcp.map(all),
  }
}

/** The policy with one statement put otherwise; null takes it away. */
export function withStatement(named: NamedPolicy, index: number, fresh: Statement | null): NamedPolicy {
  const statements = named.policy.statements.flatMap((statement) => {
    if (statement.index !== index) return [statement]
    return fresh === null ? [] : [fresh]
  })
  return { name: named.name, policy: { ...named.policy, statements } }
}
