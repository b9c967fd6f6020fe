/**
 * Collects the candidate steps for the first refusal of a call: which kind of refusal it is decides where to look. A
 * candidate only has to be plausible; `search.ts` keeps those after which the evaluation gets further.
 */
import { quote } from '../read/index.ts'
import type { PolicyType, StatementOutcome } from '../types.ts'
import { conditionSteps } from './condition-steps.ts'
import { denySteps } from './deny-steps.ts'
import { grantSteps } from './grant-steps.ts'
import { encryptUnderBucketKey, ownSteps, sendAcl } from './own-steps.ts'
import { placeOf } from './places.ts'
import type { Slot, Step } from './proposal.ts'
import { publicSteps } from './public-steps.ts'
import { type Place, type Refusal, statementTitle } from './refusal.ts'
import { policyNameOf, slotsOf } from './slots.ts'
import { trustSteps } from './trust-steps.ts'

/** Near misses beyond these are statements about something else. */
const nearest = 3

/** Lists candidate steps for one refusal. */
export function stepsFor(refusal: Refusal): Step[] {
  const { decision } = refusal.part.evaluation
  const own = headerSteps(refusal)
  return [...own, ...(decision === 'explicitDeny' ? denyCandidates(refusal) : allowCandidates(refusal))]
}

/** Where the ACL's own permission is refused, the header can go, if nothing is lost by that. */
function headerSteps({ situation, part, ours }: Refusal): Step[] {
  const { call } = situation
  if (call.operation !== 's3:PutObject' || part.request.action !== 's3:PutObjectAcl') return []
  const isOwnedAnyway =
    ours.objectOwnership === 'BucketOwnerEnforced' || call.bucketOwner === call.roleArn.split(':', 5)[4]
  return isOwnedAnyway ? [sendAcl(call, false)] : []
}

function denyCandidates(refusal: Refusal): Step[] {
  const { statement } = refusal.part.evaluation
  if (statement === undefined) return publicSteps(refusal)
  const place = placeOf(refusal, statement)
  const own = statement.conditions.flatMap((condition) => ownSteps(refusal, condition))
  return [...own, ...(place === null ? [] : denySteps(refusal, place))]
}

function allowCandidates(refusal: Refusal): Step[] {
  const { decidedBy, nearMisses } = refusal.part.evaluation
  const types: readonly PolicyType[] = decidedBy === 'identity' ? ['identity', 'resource'] : [decidedBy]
  const close = nearMisses.filter((miss) => types.includes(miss.statement.policyType)).slice(0, nearest)
  const conditional = close.flatMap((miss): Step[] => {
    const place = placeOf(refusal, miss.statement)
    // One condition at a time: the search comes back for the next.
    const [failing] = miss.failing
    if (failing === undefined) return []
    return [...ownSteps(refusal, failing), ...(place === null ? [] : conditionSteps(refusal, place, failing))]
  })
  const slots = slotsToEdit(refusal)
  const [first] = slots
  const granted = first === undefined ? [] : [...trustSteps(refusal, first), ...grantSteps(refusal, slots)]
  const [nearestPlace] = close.flatMap((miss) => placeOf(refusal, miss.statement) ?? [])
  const bypassing = nearestPlace === undefined ? granted : granted.map((step) => bypassOf(refusal, nearestPlace, step))
  return [...conditional, ...sessionSteps(refusal, bypassing)]
}

/** Tags and source identity have statements of their own anyway; every other new grant steps around the conditions. */
function bypassOf(refusal: Refusal, place: Place, step: Step): Step {
  const { action } = refusal.part.request
  if (action === 'sts:TagSession' || action === 'sts:SetSourceIdentity') return step
  const opens = `${quote(action)} without the conditions that ${statementTitle(refusal, place)} sets`
  return { ...step, opens, isBypass: true }
}

/** The policies in which the missing Allow could be written. */
function slotsToEdit(refusal: Refusal): readonly Slot[] {
  const { policies, call } = refusal.situation
  const { decidedBy, statements } = refusal.part.evaluation
  const policy = policyNameOf(decidedBy, call)
  if (policy === null) return []
  const slots = slotsOf(policies, policy)
  if (policy !== 'scp' && policy !== 'rcp') return slots.length > 0 ? slots : [{ policy, level: 0, index: 0 }]
  const allows = (outcome: StatementOutcome, slot: Slot): boolean =>
    outcome.policyType === decidedBy &&
    outcome.effect === 'Allow' &&
    outcome.matched &&
    policies[policy][slot.level]?.some((named) => named.name === outcome.policy) === true
  return slots.filter((slot) => !statements.some((outcome) => allows(outcome, slot)))
}

/** The session policy follows from our settings: a key that it lacks is a key that the connection does not know. */
function sessionSteps(refusal: Refusal, granted: readonly Step[]): Step[] {
  const { request, evaluation } = refusal.part
  if (evaluation.decidedBy !== 'session' || !request.action.startsWith('kms:')) return [...granted]
  return granted.map((step) => encryptUnderBucketKey(refusal, step))
}
