/** Pairs the statements of an evaluation with where they stand in the chain's policies. */
import type { StatementOutcome } from '../types.ts'
import type { Slot } from './proposal.ts'
import type { Place, Refusal } from './refusal.ts'
import { policyAt, slotOf } from './slots.ts'

/** Finds the statement that an outcome tells of. Null: the chain does not hold it (a stand-in for what was not seen). */
export function placeOf(refusal: Refusal, outcome: StatementOutcome): Place | null {
  const { policies, call } = refusal.situation
  const slot = slotOf(policies, call, outcome)
  if (slot === null) return null
  const policy = policyAt(policies, slot)?.policy
  const statement = policy?.statements[outcome.index]
  return statement === undefined ? null : { slot, index: outcome.index, statement, policy: policy?.source, outcome }
}

/** Lists the statements of one policy as the refused request met them. */
export function placesOf(refusal: Refusal, slot: Slot): readonly Place[] {
  return refusal.part.evaluation.statements.flatMap((outcome) => {
    const place = placeOf(refusal, outcome)
    const isThere =
      place?.slot.policy === slot.policy && place.slot.level === slot.level && place.slot.index === slot.index
    return place !== null && isThere ? [place] : []
  })
}
