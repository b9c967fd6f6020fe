/**
 * The way in: from a refused call to ranked proposals. Plans come from `search.ts`; here they become proposals with
 * patch and diff, are measured against calls that must stay refused, and are put in order.
 */

import { type ApiCall, type ChainPolicies, decideCall } from '../operations/index.ts'
import { quote } from '../read/index.ts'
import { diffPolicies } from './diff.ts'
import { applyPatch } from './patch.ts'
import {
  nothingElse,
  type OwnSettings,
  type PolicyPatch,
  type RepairProposal,
  type Situation,
  type Step,
} from './proposal.ts'

import { type Plan, searchPlans } from './search.ts'
import { policyAt } from './slots.ts'

const mostProposals = 8

/**
 * Proposes repairs of a refused call, the best first: our own side before policy edits, and policy edits by how little
 * else they open. Empty when the call is allowed already, or nothing helps.
 *
 * Each proposal was tried: `proved` is true only when the call was decided again with it, and with the proposals named in
 * `requires`, and was allowed without regard to any value that is not known. The call's address, where it does not know
 * it, is the observed one. No proposal contains a wildcard principal or drops the External ID of a caller that can send one.
 *
 * @param otherCalls calls that a good repair leaves as they are; one that turns allowed is named in `opens`, and the
 *   proposal ranks lower.
 */
export function repairCall(
  call: ApiCall,
  policies: ChainPolicies,
  ours: OwnSettings,
  otherCalls: readonly ApiCall[] = [],
): readonly RepairProposal[] {
  const situation = { call: { ...call, sourceIp: call.sourceIp ?? ours.observedAddress }, policies }
  const ranked = searchPlans(situation, ours)
    .map((plan) => rank(situation, plan, otherCalls))
    .sort((one, other) => one.cost - other.cost)
  const seen = new Set<string>()
  // Stepping around a condition is offered only where meeting it opens something else.
  const isClean = (plan: RankedPlan): boolean => plan.isAllowed && !isBypass(plan) && plan.opened === 0
  const offered = ranked.some(isClean) ? ranked.filter((plan) => !isBypass(plan)) : ranked
  const proposals = offered.flatMap((plan, index) => {
    const all = proposalsOf(situation, plan)
    // The best plan is told in full; of the others what differs: their first step.
    return index === 0 ? all : all.slice(0, 1)
  })
  return proposals
    .filter((proposal) => {
      const key = JSON.stringify([proposal.change, proposal.patch?.policy, proposal.patch?.after])
      const isNew = !seen.has(key)
      seen.add(key)
      return isNew
    })
    .slice(0, mostProposals)
}

function isBypass(plan: Plan): boolean {
  return plan.steps.some((step) => step.isBypass === true)
}

interface RankedPlan extends Plan {
  readonly cost: number
  /** How many other calls turn allowed. */
  readonly opened: number
  /** Sentences on other calls that change. */
  readonly effects: readonly string[]
}

function rank(before: Situation, plan: Plan, otherCalls: readonly ApiCall[]): RankedPlan {
  const changes = otherCalls.flatMap((call) => {
    const was = decideCall(call, before.policies).decision === 'allowed'
    const is = decideCall(call, plan.situation.policies).decision === 'allowed'
    return was === is
      ? []
      : [{ is, text: `${is ? 'also allows' : 'no longer allows'} ${quote(call.operation)}${objectOf(call)}` }]
  })
  const [first = 0, ...further] = plan.steps.map((step) => step.cost)
  const cost =
    first +
    further.reduce((sum, one) => sum + one / 10, 0) +
    (plan.isAllowed ? 0 : 1000) +
    changes.reduce((sum, change) => sum + (change.is ? 100 : 50), 0)
  const opened = changes.filter((change) => change.is).length
  return { ...plan, cost, opened, effects: changes.map((change) => change.text) }
}

function objectOf(call: ApiCall): string {
  if (call.operation === 'sts:AssumeRole') return ` on ${quote(call.roleArn)}`
  return 'key' in call ? ` on ${quote(`${call.bucket}/${call.key}`)}` : ` on ${quote(call.bucket)}`
}

/** Steps that edit the same policy, or change the same setting, are one proposal. */
function groupsOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const groups = new Map<string, Step[]>()
  for (const step of steps) {
    const slot = step.edit?.slot
    const key =
      slot === undefined ? `setting ${step.change?.setting}` : `policy ${slot.policy} ${slot.level} ${slot.index}`
    groups.set(key, [...(groups.get(key) ?? []), step])
  }
  return [...groups.values()]
}

function proposalsOf(before: Situation, plan: RankedPlan): RepairProposal[] {
  const groups = groupsOf(plan.steps)
  const summaries = groups.map(summaryOf)
  return groups.flatMap((group, index): RepairProposal[] => {
    const [first] = group
    const summary = summaries[index]
    if (first === undefined || summary === undefined) return []
    const requires = summaries.filter((_, other) => other !== index)
    const change = changeOf(group)
    const patch = patchOf(before, group)
    const opened = [
      ...new Set(group.map((step) => step.opens).filter((opens) => opens !== nothingElse)),
      ...plan.effects,
    ]
    return [
      {
        side: first.side,
        summary: requires.length === 0 ? summary : `${summary}; needed together with: ${requires.join('; ')}`,
        opens: opened.length === 0 ? nothingElse : opened.join('; '),
        ...(change === undefined ? {} : { change }),
        ...(patch === undefined ? {} : { patch }),
        proved: plan.isProved,
        requires,
      },
    ]
  })
}

function summaryOf(steps: readonly Step[]): string {
  const changes = [...new Set(steps.map((step) => step.summary))].join(', and ')
  const reasons = [...new Set(steps.flatMap((step) => step.reason ?? []))]
  return reasons.length === 0 ? changes : `${changes}: ${reasons.join('; ')}`
}

/** Changes of one setting end in one: the last value, or for tags everything that was added and removed. */
function changeOf(group: readonly Step[]): RepairProposal['change'] {
  const changes = group.flatMap((step) => (step.change === undefined ? [] : [step.change]))
  const [first] = changes
  const last = changes.at(-1)
  if (first === undefined || last === undefined) return undefined
  if (last.setting !== 'identityMapping') return { ...last, from: first.from }
  const parts = changes.flatMap((change) => (change.setting === 'identityMapping' ? [change.to] : []))
  const add = Object.fromEntries(parts.flatMap((part) => Object.entries(part.add ?? {})))
  const remove = parts.flatMap((part) => part.remove ?? [])
  return {
    setting: 'identityMapping',
    from: first.from,
    to: { ...(Object.keys(add).length > 0 ? { add } : {}), ...(remove.length > 0 ? { remove } : {}) },
  }
}

function patchOf(before: Situation, group: readonly Step[]): PolicyPatch | undefined {
  const slot = group[0]?.edit?.slot
  if (slot === undefined) return undefined
  const named = policyAt(before.policies, slot)
  const operations = group.flatMap((step) => step.edit?.operations ?? [])
  const was = named?.policy.source ?? null
  const patched = applyPatch(was, operations)
  const after = patched.ok ? patched.value : null
  const name = named?.name ?? slot.policy
  return { policy: slot.policy, name, operations, diff: diffPolicies(was, after, name), after }
}
