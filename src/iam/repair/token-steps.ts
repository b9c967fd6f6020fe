/**
 * Repairs of conditions that no ID token of ours can meet: they stand under the keys of another identity provider, or demand an
 * External ID, which AssumeRoleWithWebIdentity does not have. What protects such a role is that it compares the token's subject.
 */
import { quote } from '../read/index.ts'
import type { ConditionOutcome } from '../types.ts'
import { providerPrefix } from '../write/index.ts'
import { removeCondition, setConditionValues } from './edits.ts'
import { applyPatch } from './patch.ts'
import { nothingElse, type Step } from './proposal.ts'
import { type Place, type Refusal, sideOf, statementTitle } from './refusal.ts'

/** Lists the edits that only a call with an ID token knows; empty for other calls and other conditions. */
export function tokenSteps(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  const { call } = refusal.situation
  if (call.operation !== 'sts:AssumeRole' || call.webIdentity === undefined || condition.actual !== null) return []
  const key = condition.key.toLowerCase()
  if (key === 'sts:externalid') return withoutExternalId(refusal, place, condition)
  const claim = /[./][^:]*:(aud|sub)$/.exec(key)?.[1]
  if (claim === undefined) return []
  const prefix = providerPrefix(call.webIdentity.providerArn)
  const value = claim === 'aud' ? call.webIdentity.audience : call.webIdentity.subject
  return underOurKey(refusal, place, condition, `${prefix}:${claim}`, value)
}

/** True for a statement that lets in providers alone and compares the subject of our token with nothing beside it. */
export function comparesOurSubject(refusal: Refusal, { statement }: Place): boolean {
  const { call } = refusal.situation
  if (call.operation !== 'sts:AssumeRole' || call.webIdentity === undefined) return false
  const element = statement.principal?.element
  const isOfProviders = typeof element === 'object' && Object.keys(element).join() === 'Federated'
  const wanted = `${providerPrefix(call.webIdentity.providerArn)}:sub`.toLowerCase()
  const { subject } = call.webIdentity
  return (
    isOfProviders &&
    statement.principal?.negated === false &&
    statement.conditions.some(
      ({ key, operator, values }) =>
        key.toLowerCase() === wanted &&
        operator.toLowerCase() === 'stringequals' &&
        values.every((value) => value === subject),
    )
  )
}

function withoutExternalId(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  if (!comparesOurSubject(refusal, place)) return []
  const parts = {
    summary: `remove the condition on ${quote(condition.key)} from ${statementTitle(refusal, place)}`,
    reason: 'an ID token carries no External ID, and that its subject is compared protects the role',
    opens: nothingElse,
    cost: 20,
  }
  return edit(place, parts, removeCondition(place.policy, place.index, condition.operator, condition.key))
}

/** The same demand under the key that our token fills. */
function underOurKey(
  refusal: Refusal,
  place: Place,
  { operator, key }: ConditionOutcome,
  ours: string,
  value: string,
): Step[] {
  const removal = removeCondition(place.policy, place.index, operator, key)
  const removed = applyPatch(place.policy, removal)
  if (removal.length === 0 || !removed.ok) return []
  const parts = {
    summary: `compare ${quote(ours)} with ${quote(value)} in place of ${quote(key)} in ${statementTitle(refusal, place)}`,
    reason: 'a token fills the keys of its own issuer alone',
    opens: nothingElse,
    cost: 21,
  }
  return edit(place, parts, [
    ...removal,
    ...setConditionValues(removed.value, place.index, 'StringEquals', ours, [value]),
  ])
}

function edit(
  { slot }: Place,
  parts: Pick<Step, 'summary' | 'reason' | 'opens' | 'cost'>,
  operations: NonNullable<Step['edit']>['operations'],
): Step[] {
  return operations.length === 0 ? [] : [{ side: sideOf(slot.policy), ...parts, edit: { slot, operations } }]
}
