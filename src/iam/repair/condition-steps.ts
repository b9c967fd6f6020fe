/**
 * Edits of one failing condition of a statement that would otherwise allow. The External ID is never dropped, unless the
 * caller can not have one (`token-steps.ts`), and a statement that is open to everybody keeps every condition it has: there,
 * only a statement of our own helps (`grant-steps.ts`).
 */
import { quote } from '../read/index.ts'
import type { ConditionOutcome } from '../types.ts'
import { literalPattern } from '../write/index.ts'
import { removeCondition, setConditionValues } from './edits.ts'
import { fromOurAddress } from './own-steps.ts'
import { applyPatch, type PatchOperation } from './patch.ts'
import { nothingElse, type Step } from './proposal.ts'
import { asking, isBroad, isOpenToAll, type Place, type Refusal, sideOf, statementTitle } from './refusal.ts'
import { comparesOurSubject, tokenSteps } from './token-steps.ts'

const externalIdKey = 'sts:externalid'
const networkKeys = ['aws:sourceip', 'aws:vpcsourceip', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:sourcevpcarn']
/** Keys that say who is asking: safe to extend by ourselves even where the statement names everybody. */
const identityKeys = ['aws:principalarn', 'aws:principalaccount', 'aws:userid']

/** Lists the edits of one failing condition. */
export function conditionSteps(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  const key = condition.key.toLowerCase()
  if (isOpenToAll(place.statement) && !identityKeys.includes(key)) return []
  const ofToken = tokenSteps(refusal, place, condition)
  if (ofToken.length > 0) return ofToken
  if (key === externalIdKey) return externalIdSteps(refusal, place, condition)
  if (networkKeys.includes(key)) return networkSteps(refusal, place, condition)
  return valueSteps(refusal, place, condition)
}

function step(
  place: Place,
  parts: Pick<Step, 'summary' | 'opens' | 'cost' | 'reason'>,
  operations: readonly PatchOperation[],
): Step[] {
  if (operations.length === 0) return []
  return [
    {
      side: sideOf(place.slot.policy),
      summary: asking(place.slot.policy) + parts.summary,
      opens: parts.opens,
      ...(parts.reason === undefined ? {} : { reason: parts.reason }),
      // Loosening a statement that also covers much else is the worse repair.
      cost: parts.cost + (isBroad(place.statement) && place.slot.policy !== 'key' ? 15 : 0),
      edit: { slot: place.slot, operations },
    },
  ]
}

/** Only `sts:AssumeRole` carries the External ID; for the other actions a statement of their own is the repair. */
function externalIdSteps(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  const { call } = refusal.situation
  if (call.operation !== 'sts:AssumeRole' || call.externalId === null) return []
  if (refusal.part.request.action !== 'sts:AssumeRole') return []
  const parts = {
    summary: `set ${quote(condition.key)} in ${statementTitle(refusal, place)} to our External ID ${quote(call.externalId)}`,
    opens: nothingElse,
    cost: 20,
  }
  const { operator, key } = condition
  return step(place, parts, setConditionValues(place.policy, place.index, operator, key, [call.externalId]))
}

function networkSteps(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  const { egress } = refusal.ours
  const isAddress = condition.key.toLowerCase() === 'aws:sourceip'
  const isPositive = !/not/i.test(condition.operator)
  if (egress !== 'dynamic' && isAddress && isPositive) return listEgress(refusal, place, condition, egress)
  return dropNetworkCondition(refusal, place, condition, isAddress)
}

function listEgress(refusal: Refusal, place: Place, condition: ConditionOutcome, egress: readonly string[]): Step[] {
  const values = namesOnlyOne(place) ? egress : [...new Set([...condition.values, ...egress])]
  const parts = {
    summary: `list our addresses ${egress.map(quote).join(', ')} in the condition on ${quote(condition.key)} of ${statementTitle(refusal, place)}`,
    opens: nothingElse,
    cost: 20,
  }
  const { operator, key } = condition
  return step(place, parts, setConditionValues(place.policy, place.index, operator, key, values)).map((one) =>
    fromOurAddress(refusal, one, egress),
  )
}

/** True when the statement lets in a single principal: nobody else depends on its values. */
function namesOnlyOne({ statement }: Place): boolean {
  const element = statement.principal?.element
  return typeof element === 'object' && Object.keys(element).length === 1 && element.AWS?.length === 1
}

/** A demanded address gives way only where External ID or subject protect the role, or the former is put back to do so. */
function dropNetworkCondition(refusal: Refusal, place: Place, condition: ConditionOutcome, isAddress: boolean): Step[] {
  const { policy, index } = place
  const restoring = restoreExternalId(refusal, place, condition)
  const restored = applyPatch(policy, restoring)
  const removal = removeCondition(restored.ok ? restored.value : policy, index, condition.operator, condition.key)
  const isTrust = place.slot.policy === 'trust'
  const reason = isAddress ? 'our addresses change' : 'we do not come through that network'
  const protector =
    externalIdOf(refusal) !== null
      ? 'the External ID'
      : comparesOurSubject(refusal, place)
        ? 'the subject of the ID token'
        : null
  const protection = isTrust && protector !== null ? `, and ${protector} protects the role` : ''
  const also =
    restoring.length === 0 ? '' : `, and demand our External ID ${quote(externalIdOf(refusal) ?? '')} there instead`
  const parts = {
    summary: `remove the condition on ${quote(condition.key)} from ${statementTitle(refusal, place)}${also}`,
    reason: `${reason}${protection}`,
    opens: isTrust
      ? 'the role can be assumed from any address, still only by the principals named there'
      : 'the same actions from any address, still only for the principals named there',
    cost: protector === null && isTrust ? 30 : 22,
  }
  return step(place, parts, removal.length === 0 ? [] : [...restoring, ...removal])
}

function externalIdOf(refusal: Refusal): string | null {
  const { call } = refusal.situation
  return call.operation === 'sts:AssumeRole' ? call.externalId : null
}

/** Puts the External ID beside the other conditions first, so that the removal leaves nothing unprotected. */
function restoreExternalId(refusal: Refusal, place: Place, dropped: ConditionOutcome): PatchOperation[] {
  const externalId = externalIdOf(refusal)
  if (externalId === null || refusal.part.request.action !== 'sts:AssumeRole') return []
  const isKept = place.statement.conditions.some(
    (one) => one.key.toLowerCase() === externalIdKey && one.operator.toLowerCase() === 'stringequals',
  )
  if (isKept || dropped.key.toLowerCase() === externalIdKey) return []
  return setConditionValues(place.policy, place.index, 'StringEquals', 'sts:ExternalId', [externalId])
}

/** Operators whose values can be extended by the value of the call; numbers, dates and truth values cannot. */
const extensible = /^(?:for(?:any|all)values:)?(?:string|arn)(not)?(?:equals|equalsignorecase|like)(?:ifexists)?$/i

function valueSteps(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  const match = extensible.exec(condition.operator)
  const { actual } = condition
  if (match === null || actual === null || actual.length === 0) return removalSteps(refusal, place, condition)
  if (match[1] !== undefined) return withoutActual(refusal, place, condition, actual)
  const literal = actual.map((value) => literalFor(condition.operator, value))
  const shown = actual.map(quote).join(', ')
  const fresh = actual.filter((value) => !condition.values.includes(value))
  const added = fresh.map(quote).join(', ')
  const title = statementTitle(refusal, place)
  const edit = (values: readonly string[]): PatchOperation[] =>
    setConditionValues(place.policy, place.index, condition.operator, condition.key, [...new Set(values)])
  const isSet = /^for/i.test(condition.operator)
  const [old] = condition.values
  const replacing =
    condition.values.length === 1 && old !== undefined && !isSet
      ? step(
          place,
          {
            summary: `replace ${quote(old)} by ${shown} in the condition on ${quote(condition.key)} of ${title}`,
            opens: `${nothingElse}; ${quote(old)} is no longer accepted there`,
            cost: 21,
          },
          edit(literal),
        )
      : []
  const extending = step(
    place,
    {
      summary: `add ${added} to the values of ${quote(condition.key)} in ${title}`,
      opens: `whatever the statement allows, also where ${quote(condition.key)} is ${added}`,
      cost: 23,
    },
    edit([...condition.values, ...literal]),
  )
  return [...replacing, ...extending]
}

/** Values stand for themselves: wildcards and variables in them are escaped where the operator knows them. */
function literalFor(operator: string, value: string): string {
  return /like|arn/i.test(operator) ? literalPattern(value) : value.replace(/\$(?=\{)/g, `\${$}`)
}

/** A negated operator failed because the value is on its list: off the list with it. */
function withoutActual(refusal: Refusal, place: Place, condition: ConditionOutcome, actual: readonly string[]): Step[] {
  const unwanted = actual.map((value) => value.toLowerCase())
  const kept = condition.values.filter((value) => !unwanted.includes(value.toLowerCase()))
  if (kept.length === 0 || kept.length === condition.values.length) return removalSteps(refusal, place, condition)
  const parts = {
    summary: `take ${actual.map(quote).join(', ')} off the values of ${quote(condition.key)} in ${statementTitle(refusal, place)}`,
    opens: `whatever the statement allows, also where ${quote(condition.key)} is ${actual.map(quote).join(', ')}`,
    cost: 22,
  }
  const { operator, key } = condition
  return step(place, parts, setConditionValues(place.policy, place.index, operator, key, kept))
}

function removalSteps(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  if (condition.key.toLowerCase() === externalIdKey) return []
  const parts = {
    summary: `remove the condition ${quote(condition.operator)} on ${quote(condition.key)} from ${statementTitle(refusal, place)}`,
    opens: `whatever the statement allows, without regard to ${quote(condition.key)}`,
    cost: 28,
  }
  return step(place, parts, removeCondition(place.policy, place.index, condition.operator, condition.key))
}
