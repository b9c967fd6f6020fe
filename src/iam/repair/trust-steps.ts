/**
 * Repairs for a role that does not let us in: a principal that is another, or the id of one that was deleted, and the
 * statements for `sts:TagSession` and `sts:SetSourceIdentity` that are easily forgotten. New statements name our
 * principal alone and carry our External ID.
 */

import type { AssumeRoleCall } from '../operations/index.ts'
import { quote } from '../read/index.ts'
import {
  accountOf,
  assumeRoleStatement,
  type StatementDocument,
  sourceIdentityStatement,
  tagSessionStatement,
  webIdentityStatements,
} from '../write/index.ts'
import { addStatement, addValues, replacePrincipal } from './edits.ts'
import { withoutTags } from './own-steps.ts'
import { placesOf } from './places.ts'
import { nothingElse, type Slot, type Step } from './proposal.ts'
import { type Place, policyTitle, type Refusal, sideOf } from './refusal.ts'
import { policyAt } from './slots.ts'

/** Lists the repairs of a trust policy, or of our own identity policy, that grants a part of AssumeRole to nobody. */
export function trustSteps(refusal: Refusal, slot: Slot): Step[] {
  const { call } = refusal.situation
  if (call.operation !== 'sts:AssumeRole') return []
  if (slot.policy === 'base') return baseSteps(refusal, slot, call)
  if (slot.policy !== 'trust') return []
  return [
    ...principalSteps(refusal, slot, call),
    ...ownStatement(refusal, slot, call),
    ...withoutSending(refusal, call),
  ]
}

/** Ids of deleted principals stand in trust policies in place of the ARNs. */
const deadPrincipal = /^A(?:ROA|IDA)[A-Z0-9]{12,}$/

/** Our entry, gone stale or mistyped, is replaced wherever the policy has it. */
function principalSteps(refusal: Refusal, slot: Slot, call: AssumeRoleCall): Step[] {
  const policy = policyAt(refusal.situation.policies, slot)?.policy.source
  const candidates = placesOf(refusal, slot).filter(
    ({ statement, outcome }) =>
      statement.effect === 'Allow' && outcome.actionMatched && outcome.principalMatched === false,
  )
  const stale = [...new Set(candidates.flatMap((place) => staleEntries(place, call)))]
  return stale.map((entry, index) => ({
    side: sideOf(slot.policy),
    summary: deadPrincipal.test(entry)
      ? `replace ${quote(entry)}, the id of a principal that no longer exists, by ${quote(call.callerPrincipalArn)} in ${policyTitle(refusal, slot)}`
      : `replace the principal ${quote(entry)} by ours, ${quote(call.callerPrincipalArn)}, in ${policyTitle(refusal, slot)}`,
    opens: nothingElse,
    cost: 20 + index,
    edit: { slot, operations: replacePrincipal(policy, entry, call.callerPrincipalArn) },
  }))
}

/** Entries that were meant for us: a dead id, another principal of our account, the only one beside our External ID. */
function staleEntries({ statement }: Place, call: AssumeRoleCall): string[] {
  const element = statement.principal?.element
  // A provider is no AWS principal: it gets a statement of its own.
  if (call.webIdentity !== undefined) return []
  if (typeof element !== 'object' || statement.principal?.negated === true) return []
  const entries = element.AWS ?? []
  const hasOurId = statement.conditions.some(
    ({ key, values }) =>
      key.toLowerCase() === 'sts:externalid' && call.externalId !== null && values.includes(call.externalId),
  )
  return entries.filter(
    (entry) =>
      deadPrincipal.test(entry) ||
      (accountOf(entry) === accountOf(call.callerPrincipalArn) && accountOf(entry) !== accountOf(call.roleArn)) ||
      (hasOurId && entries.length === 1 && entry !== '*'),
  )
}

function ownStatement(refusal: Refusal, slot: Slot, call: AssumeRoleCall): Step[] {
  const { action } = refusal.part.request
  const statement = statementFor(action, call)
  const policy = policyAt(refusal.situation.policies, slot)?.policy.source
  if (statement === null) return []
  const condition =
    call.webIdentity !== undefined
      ? ' for our ID token’s audience and subject'
      : action === 'sts:AssumeRole'
        ? ` with the External ID ${quote(call.externalId ?? '')}`
        : ''
  return [
    {
      side: sideOf(slot.policy),
      summary: `add a statement that allows ${quote(action)} to ${quote(call.callerPrincipalArn)}${condition} to ${policyTitle(refusal, slot)}`,
      opens: nothingElse,
      cost: 29,
      edit: { slot, operations: addStatement(policy ?? null, statement) },
    },
  ]
}

/** Without an External ID no new way in is proposed, unless the role is in our own account. */
function statementFor(action: string, call: AssumeRoleCall): StatementDocument | null {
  const principal = call.callerPrincipalArn
  const { webIdentity } = call
  if (webIdentity !== undefined) {
    const sent = { sessionTagKeys: Object.keys(call.tags), sourceIdentity: call.sourceIdentity !== null }
    return webIdentityStatements(webIdentity, sent).find(({ Action }) => Action === action) ?? null
  }
  switch (action) {
    case 'sts:AssumeRole': {
      const isOwnAccount = accountOf(call.roleArn) === accountOf(principal)
      return call.externalId === null && !isOwnAccount ? null : assumeRoleStatement(principal, call.externalId)
    }
    case 'sts:TagSession':
      return tagSessionStatement(principal, Object.keys(call.tags))
    case 'sts:SetSourceIdentity':
      return sourceIdentityStatement(principal)
    default:
      return null
  }
}

function withoutSending(refusal: Refusal, call: AssumeRoleCall): Step[] {
  const tags = Object.keys(call.tags)
  return refusal.part.request.action === 'sts:TagSession' && tags.length > 0 ? [withoutTags(call, tags)] : []
}

/** Our own policy: the action goes where the role is already named, or into a statement for this role alone. */
function baseSteps(refusal: Refusal, slot: Slot, call: AssumeRoleCall): Step[] {
  const { action } = refusal.part.request
  const policy = policyAt(refusal.situation.policies, slot)?.policy.source
  const beside = placesOf(refusal, slot).find(
    ({ statement, outcome }) =>
      statement.effect === 'Allow' &&
      !statement.action.negated &&
      outcome.resourceMatched === true &&
      statement.resource?.patterns.every((pattern) => pattern === call.roleArn) === true &&
      outcome.conditions.length === 0,
  )
  const operations =
    beside === undefined
      ? addStatement(policy ?? null, {
          Sid: 'DrawbridgeAssumeCustomerRole',
          Effect: 'Allow',
          Action: action,
          Resource: call.roleArn,
        })
      : addValues(policy, beside.index, 'Action', [action])
  return [
    {
      side: 'ours',
      summary: `allow ${quote(action)} on ${quote(call.roleArn)} in ${policyTitle(refusal, slot)}`,
      opens: nothingElse,
      cost: 10,
      edit: { slot, operations },
    },
  ]
}
