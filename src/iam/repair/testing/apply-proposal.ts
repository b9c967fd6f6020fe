/** Carries out proposals as their readers would: the patch on the policy, the change on the call. For tests only. */
import { type ApiCall, type ChainPolicies, decideCall, type Verdict } from '../../operations/index.ts'
import type { NamedPolicy } from '../../types.ts'
import { applyPatch } from '../patch.ts'
import type { OwnChange, RepairProposal } from '../proposal.ts'
import { named, type Scenario } from './scenario.ts'

/** Decides the call after one proposal and all that it requires. */
export function decideAfter(scenario: Scenario, all: readonly RepairProposal[], chosen: RepairProposal): Verdict {
  const others = chosen.requires.map((summary) => {
    const found = all.find((one) => one.summary === summary || one.summary.startsWith(`${summary}; needed together`))
    if (found === undefined) throw new TypeError(`no proposal says: ${summary}`)
    return found
  })
  const after = [chosen, ...others].reduce<Scenario>(applyProposal, scenario)
  return decideCall({ ...after.call, sourceIp: after.call.sourceIp ?? scenario.ours.observedAddress }, after.policies)
}

function applyProposal(scenario: Scenario, { change, patch }: RepairProposal): Scenario {
  const call = change === undefined ? scenario.call : changed(scenario.call, change)
  return patch === undefined
    ? { ...scenario, call }
    : { ...scenario, call, policies: patched(scenario.policies, patch) }
}

function changed(call: ApiCall, change: OwnChange): ApiCall {
  if (change.setting === 'stsRegion') return { ...call, region: change.to }
  if (change.setting === 'identityMapping') {
    const kept = Object.entries(call.tags).filter(([tag]) => change.to.remove?.includes(tag) !== true)
    return { ...call, tags: { ...Object.fromEntries(kept), ...change.to.add } }
  }
  if (call.operation !== 's3:PutObject') throw new TypeError(`${change.setting} is not of ${call.operation}`)
  return change.setting === 'acl' ? { ...call, acl: change.to } : { ...call, encryption: change.to }
}

/** Goes by the policy's name, as a person with an editor would; every policy of the tests has another name. */
function patched(policies: ChainPolicies, patch: NonNullable<RepairProposal['patch']>): ChainPolicies {
  const edit = (one: NamedPolicy | null): NamedPolicy[] => {
    if (one !== null && one.name !== patch.name) return [one]
    const result = applyPatch(one?.policy.source ?? null, patch.operations)
    if (!result.ok) throw new TypeError(result.error)
    if (JSON.stringify(result.value) !== JSON.stringify(patch.after)) throw new TypeError('patch and result disagree')
    return result.value === null ? [] : [named(patch.name, result.value)]
  }
  const { policy } = patch
  if (policy === 'base' || policy === 'permissions') {
    const list = policies[policy] ?? []
    return { ...policies, [policy]: list.length === 0 ? edit(null) : list.flatMap(edit) }
  }
  if (policy === 'scp' || policy === 'rcp') {
    return { ...policies, [policy]: policies[policy].map((level) => level.flatMap(edit)) }
  }
  return { ...policies, [policy]: edit(policies[policy])[0] ?? null }
}
