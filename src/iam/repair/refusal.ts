/**
 * One refused request of a call, with what the search for repairs needs at hand, and the words in which summaries name
 * policies and statements.
 */

import type { VerdictPart } from '../operations/index.ts'
import { quote } from '../read/index.ts'
import type { Statement, StatementOutcome } from '../types.ts'
import type { OwnSettings, PolicyName, Situation, Slot } from './proposal.ts'
import { policyAt } from './slots.ts'

/** One refusal under repair. */
export interface Refusal {
  readonly situation: Situation
  readonly part: VerdictPart
  /** All refused requests of the call, this one included. */
  readonly refused: readonly VerdictPart[]
  readonly ours: OwnSettings
}

/** A statement of a policy, found again in the chain. */
export interface Place {
  readonly slot: Slot
  readonly index: number
  readonly statement: Statement
  /** The policy's JSON. */
  readonly policy: unknown
  readonly outcome: StatementOutcome
}

const titles: Record<PolicyName, string> = {
  trust: 'the trust policy',
  permissions: 'the role’s permissions policy',
  boundary: 'the role’s permissions boundary',
  session: 'the session policy that we send',
  bucket: 'the bucket policy',
  key: 'the key policy',
  scp: 'the service control policy',
  rcp: 'the resource control policy',
  base: 'our own identity policy',
}

/** Names a policy for people: `the service control policy `FullAWSAccess``. */
export function policyTitle(refusal: Refusal, slot: Slot): string {
  const isOneOfMany = ['permissions', 'base', 'scp', 'rcp'].includes(slot.policy)
  const name = policyAt(refusal.situation.policies, slot)?.name
  return isOneOfMany && name !== undefined && name !== slot.policy
    ? `${titles[slot.policy]} ${quote(name)}`
    : titles[slot.policy]
}

/** Names a statement for people: `statement 0 (`AllowExport`) of the trust policy`. */
export function statementTitle(refusal: Refusal, place: Place): string {
  const sid = place.statement.sid === undefined ? '' : ` (${quote(place.statement.sid)})`
  return `statement ${place.index}${sid} of ${policyTitle(refusal, place.slot)}`
}

/** Who edits a policy: our own side for what we send and hold, the customer for the rest. */
export function sideOf(policy: PolicyName): 'ours' | 'theirs' {
  return policy === 'session' || policy === 'base' ? 'ours' : 'theirs'
}

/** Organization policies are edited by people beyond the account; the sentence says so. */
export function asking(policy: PolicyName): string {
  return policy === 'scp' || policy === 'rcp' ? 'ask the organization’s administrator to ' : ''
}

/** True when a statement's principal element lets anybody in, so that its conditions alone protect it. */
export function isOpenToAll(statement: Statement): boolean {
  const { principal } = statement
  if (principal === undefined) return false
  return principal.negated || principal.element === '*' || (principal.element.AWS ?? []).includes('*')
}

/** True for a statement that names whole services or all resources: loosening it would open more than one call. */
export function isBroad(statement: Statement): boolean {
  const isWide = (pattern: string): boolean => pattern === '*' || /:\*$/.test(pattern)
  const resources = statement.resource
  return (
    statement.action.negated ||
    statement.action.patterns.some(isWide) ||
    (resources !== undefined &&
      (resources.negated || resources.patterns.some((one) => one === '*' || one.endsWith(':::*'))))
  )
}
