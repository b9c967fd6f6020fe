/**
 * Repairs for a permission that no statement grants: the missing action goes where the statement's other object actions
 * stand, or into a statement of its own, narrowed to our principal and to our prefix. Never a wildcard principal, and
 * never a wildcard resource; in a key policy `Resource: "*"` means this key.
 */
import { quote } from '../read/index.ts'
import { keyPolicyStatement, keyUseStatement, literalPattern, type StatementDocument } from '../write/index.ts'
import { addStatement, addValues } from './edits.ts'
import type { PatchOperation } from './patch.ts'
import { placesOf } from './places.ts'
import { nothingElse, type Slot, type Step } from './proposal.ts'
import { asking, isOpenToAll, type Place, policyTitle, type Refusal, sideOf, statementTitle } from './refusal.ts'
import { policyAt } from './slots.ts'

/** Lists the ways to grant what the refused request lacks, in the policies of the type that refused it. */
export function grantSteps(refusal: Refusal, slots: readonly Slot[]): Step[] {
  const { action } = refusal.part.request
  const places = slots.flatMap((slot) => placesOf(refusal, slot))
  const target = slots[0]
  const widened = action.startsWith('kms:') ? keyActionSteps(refusal, places) : objectActionSteps(refusal, places)
  return [...widened, ...(target === undefined ? [] : ownStatement(refusal, target))]
}

function grant(
  slot: Slot,
  operations: readonly PatchOperation[],
  parts: Pick<Step, 'summary' | 'opens' | 'cost'>,
): Step {
  return {
    side: sideOf(slot.policy),
    summary: asking(slot.policy) + parts.summary,
    opens: parts.opens,
    cost: parts.cost + (asking(slot.policy) === '' ? 0 : 10),
    edit: { slot, operations },
  }
}

/** The bucket's ARN in an object's ARN. */
function bucketOf(resource: string): string {
  return resource.split('/', 1)[0] ?? resource
}

function objectKeyOf(resource: string): string | null {
  const slash = resource.indexOf('/')
  return slash === -1 ? null : resource.slice(slash + 1)
}

/** The narrowest pattern that still serves the connection: its root path, or else the folder of this object. */
function resourcePattern(refusal: Refusal): string {
  const { resource } = refusal.part.request
  const key = objectKeyOf(resource)
  if (!resource.includes(':s3:') || key === null) return resource
  const { rootPath } = refusal.ours
  const folder = rootPath !== undefined && key.startsWith(rootPath) ? rootPath : key.slice(0, key.lastIndexOf('/') + 1)
  return `${bucketOf(resource)}/${literalPattern(folder)}*`
}

/** Statements for objects of this bucket that lack nothing but the action, or nothing but the resource. */
function objectActionSteps(refusal: Refusal, places: readonly Place[]): Step[] {
  const { action, resource } = refusal.part.request
  if (!action.startsWith('s3:') || objectKeyOf(resource) === null) return []
  return places.flatMap((place) => {
    const { statement, outcome, slot } = place
    if (!isUsable(place)) return []
    const isHere = (statement.resource?.patterns ?? []).every(
      (one) => one.startsWith(bucketOf(resource)) && !one.endsWith(':::*'),
    )
    const title = statementTitle(refusal, place)
    if (
      !outcome.actionMatched &&
      outcome.resourceMatched === true &&
      isHere &&
      hasObjectAction(statement.action.patterns)
    ) {
      const isWider = statement.resource?.patterns.some(
        (one) => !one.startsWith(resourcePattern(refusal).slice(0, -1)) && one.includes('/'),
      )
      const operations = addValues(place.policy, place.index, 'Action', [action])
      const opens = isWider === true ? `${quote(action)} on all objects that the statement names` : nothingElse
      return [
        grant(slot, operations, {
          summary: `add ${quote(action)} to ${title}`,
          opens,
          cost: isWider === true ? 31 : 29,
        }),
      ]
    }
    if (
      outcome.actionMatched &&
      outcome.resourceMatched === false &&
      !place.statement.action.patterns.some((one) => one.endsWith('*'))
    ) {
      const pattern = resourcePattern(refusal)
      const others = statement.action.patterns.length > 1
      const summary = `add ${quote(pattern)} to the resources of ${title}`
      const opens = others ? `the statement’s other actions on ${quote(pattern)}` : nothingElse
      return [
        grant(slot, addValues(place.policy, place.index, 'Resource', [pattern]), {
          summary,
          opens,
          cost: others ? 31 : 28,
        }),
      ]
    }
    return []
  })
}

/** An Allow for us, written with Action and Resource, whose conditions all hold. */
function isUsable({ statement, outcome }: Place): boolean {
  return (
    statement.effect === 'Allow' &&
    outcome.principalMatched !== false &&
    !isOpenToAll(statement) &&
    !statement.action.negated &&
    statement.resource?.negated !== true &&
    outcome.conditions.every((condition) => condition.matched)
  )
}

function hasObjectAction(patterns: readonly string[]): boolean {
  return patterns.some((pattern) => /^s3:.*(?:object|multipartuploadparts|abortmultipartupload)/i.test(pattern))
}

/** A statement that already lets us use this key, for another key action. */
function keyActionSteps(refusal: Refusal, places: readonly Place[]): Step[] {
  const actions = refusedActions(refusal)
  const [first] = places.filter((place) => isUsable(place) && isForKeys(place) && isNamingUs(refusal, place))
  if (first === undefined || actions.length === 0) return []
  const operations = addValues(first.policy, first.index, 'Action', actions)
  const summary = `add ${actions.map(quote).join(' and ')} to ${statementTitle(refusal, first)}`
  return [grant(first.slot, operations, { summary, opens: nothingElse, cost: 24 })]
}

function isForKeys({ statement, outcome }: Place): boolean {
  return (
    outcome.resourceMatched !== false && statement.action.patterns.every((one) => one.toLowerCase().startsWith('kms:'))
  )
}

/** In a key policy the statement must name the role itself; one that names the account means everybody in it. */
function isNamingUs(refusal: Refusal, { slot, statement }: Place): boolean {
  const { call } = refusal.situation
  const element = statement.principal?.element
  if (slot.policy !== 'key') return true
  return (
    typeof element === 'object' &&
    call.operation !== 'sts:AssumeRole' &&
    element.AWS?.length === 1 &&
    element.AWS[0] === call.roleArn
  )
}

/** The actions on this key that the call was refused by the same kind of policy. */
function refusedActions(refusal: Refusal): readonly string[] {
  const { request, evaluation } = refusal.part
  return refusal.refused
    .filter((part) => part.request.resource === request.resource && part.evaluation.decidedBy === evaluation.decidedBy)
    .map((part) => part.request.action)
    .filter((action) => action.startsWith('kms:'))
}

/** A statement of our own in a policy, as narrow as the call allows. */
function ownStatement(refusal: Refusal, slot: Slot): Step[] {
  const statement = statementFor(refusal, slot)
  if (statement === null) return []
  const actions = typeof statement.Action === 'string' ? [statement.Action] : statement.Action
  const resource =
    typeof statement.Resource === 'string' && statement.Resource !== '*' ? ` on ${quote(statement.Resource)}` : ''
  const policy = policyAt(refusal.situation.policies, slot)?.policy.source
  const summary =
    policy === undefined
      ? `create ${policyTitle(refusal, slot)} with a statement that allows ${actions.map(quote).join(' and ')}${resource}`
      : `add a statement that allows ${actions.map(quote).join(' and ')}${resource} to ${policyTitle(refusal, slot)}`
  return [grant(slot, addStatement(policy ?? null, statement), { summary, opens: nothingElse, cost: 30 })]
}

function statementFor(refusal: Refusal, slot: Slot): StatementDocument | null {
  const { action, resource, context } = refusal.part.request
  const { call } = refusal.situation
  if (call.operation === 'sts:AssumeRole') return null
  if (action.startsWith('kms:')) {
    const actions = refusedActions(refusal)
    return slot.policy === 'key'
      ? keyPolicyStatement(resource, call.roleArn, actions)
      : keyUseStatement(resource, actions)
  }
  const isObject = objectKeyOf(resource) !== null
  const prefix = context['s3:prefix']
  const isListing = action === 's3:ListBucket' && typeof prefix === 'string' && (refusal.ours.rootPath ?? '') !== ''
  const needsPrincipal = slot.policy === 'bucket'
  return {
    Sid: isObject ? 'DrawbridgeObjects' : 'DrawbridgeBucket',
    Effect: 'Allow',
    ...(needsPrincipal ? { Principal: { AWS: call.roleArn } } : {}),
    Action: action,
    Resource: resourcePattern(refusal),
    ...(isListing
      ? { Condition: { StringLike: { 's3:prefix': `${literalPattern(refusal.ours.rootPath ?? '')}*` } } }
      : {}),
  }
}
