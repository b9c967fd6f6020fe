/**
 * Ways around one explicit Deny: where it hits nobody but us, it goes (or the refused action goes off its list);
 * otherwise we become the smallest possible exception. What the Deny protects from others stays protected.
 */

import { compileGlobText, globMatches } from '../match/glob.ts'
import { quote } from '../read/index.ts'
import type { ConditionOutcome, Statement } from '../types.ts'
import { removeStatement, removeValues, setConditionValues } from './edits.ts'
import { fromOurAddress } from './own-steps.ts'
import type { PatchOperation } from './patch.ts'
import { nothingElse, type Step } from './proposal.ts'
import { asking, type Place, type Refusal, sideOf, statementTitle } from './refusal.ts'

/** Lists the edits of a policy that keep one explicit Deny from hitting the refused request. */
export function denySteps(refusal: Refusal, place: Place): Step[] {
  const listed = place.outcome.conditions.flatMap((condition) => listUs(refusal, place, condition))
  return [...listed, ...(hitsOnlyUs(refusal, place) ? lift(refusal, place) : exempt(refusal, place))]
}

function edit(
  place: Place,
  operations: readonly PatchOperation[],
  parts: Pick<Step, 'summary' | 'opens' | 'cost'>,
): Step[] {
  if (operations.length === 0) return []
  const { slot } = place
  return [
    {
      side: sideOf(slot.policy),
      summary: asking(slot.policy) + parts.summary,
      opens: parts.opens,
      cost: parts.cost + (asking(slot.policy) === '' ? 0 : 10),
      edit: { slot, operations },
    },
  ]
}

/** The ARNs under which a policy may name us: the principal itself and its session. */
function ourArns(refusal: Refusal): readonly string[] {
  const { call } = refusal.situation
  return call.operation === 'sts:AssumeRole' ? [call.callerPrincipalArn, call.caller] : [call.roleArn, call.session]
}

/** The ARN that `aws:PrincipalArn` carries for us. */
function ourPrincipal(refusal: Refusal): string {
  const { call } = refusal.situation
  return call.operation === 'sts:AssumeRole' ? call.callerPrincipalArn : call.roleArn
}

function awsPrincipals(statement: Statement): readonly string[] | null {
  const { principal } = statement
  if (principal === undefined || principal.negated || principal.element === '*') return null
  return Object.keys(principal.element).every((kind) => kind === 'AWS') ? (principal.element.AWS ?? []) : null
}

/** Policies of the role, and of our session, hit nobody else; elsewhere the principals or a condition must say so. */
function hitsOnlyUs(refusal: Refusal, { slot, statement }: Place): boolean {
  if (['permissions', 'session', 'base'].includes(slot.policy)) return true
  const ours = ourArns(refusal)
  const isOurs = (arn: string): boolean => ours.includes(arn)
  const named = awsPrincipals(statement)
  if (named !== null && named.length > 0 && named.every(isOurs)) return true
  return statement.conditions.some(
    ({ operator, key, values }) =>
      key.toLowerCase() === 'aws:principalarn' && /^(string|arn)(equals|like)$/i.test(operator) && values.every(isOurs),
  )
}

/** Takes the refused action off the Deny, or the whole statement where it has no list to take it off. */
function lift(refusal: Refusal, place: Place): Step[] {
  const { action } = refusal.part.request
  const patterns = place.statement.action.patterns
  const refusing = patterns.filter((pattern) => covers(pattern, action))
  const title = statementTitle(refusal, place)
  if (!place.statement.action.negated && refusing.length > 0 && refusing.length < patterns.length) {
    const operations = removeValues(place.policy, place.index, ['Action'], (value) => refusing.includes(value))
    const opens = refusing.every((one) => !one.includes('*'))
      ? nothingElse
      : `whatever else ${refusing.map(quote).join(', ')} covers, where other policies allow it`
    return edit(place, operations, {
      summary: `take ${refusing.map(quote).join(', ')} off ${title}, which denies it to us`,
      opens,
      cost: 22,
    })
  }
  const isExact = patterns.length === 1 && patterns[0]?.toLowerCase() === action.toLowerCase()
  return edit(place, removeStatement(place.policy, place.index), {
    summary: `remove ${title}, which denies ${quote(action)} to us alone`,
    opens: isExact ? nothingElse : 'the other actions that the statement denies to us, where other policies allow them',
    cost: isExact ? 22 : 25,
  })
}

function covers(pattern: string, action: string): boolean {
  return globMatches(compileGlobText(pattern.toLowerCase()), action.toLowerCase())
}

/** Makes us the exception: off the list of principals where we are on one, otherwise by a condition on our ARN. */
function exempt(refusal: Refusal, place: Place): Step[] {
  const named = awsPrincipals(place.statement)
  const ours = ourArns(refusal)
  const title = statementTitle(refusal, place)
  const opens = `what else ${title} denies, for ${quote(ourPrincipal(refusal))} alone and only where other policies allow it`
  if (named?.some((arn) => ours.includes(arn))) {
    const operations = removeValues(place.policy, place.index, ['Principal', 'AWS'], (value) => ours.includes(value))
    const summary = `take ${quote(ourPrincipal(refusal))} off the principals of ${title}`
    return edit(place, operations, { summary, opens, cost: 24 })
  }
  return edit(place, exceptionOf(refusal, place), {
    summary: `except ${quote(ourPrincipal(refusal))} from ${title} by a condition on \`aws:PrincipalArn\``,
    opens,
    cost: 26,
  })
}

/** An existing list of exceptions is extended; otherwise a condition is added to the others. */
function exceptionOf(refusal: Refusal, place: Place): PatchOperation[] {
  const principal = ourPrincipal(refusal)
  const existing = place.statement.conditions.find(
    ({ operator, key }) => key.toLowerCase() === 'aws:principalarn' && /^(string|arn)not(equals|like)$/i.test(operator),
  )
  return existing === undefined
    ? setConditionValues(place.policy, place.index, 'ArnNotEquals', 'aws:PrincipalArn', [principal])
    : setConditionValues(place.policy, place.index, existing.operator, existing.key, [...existing.values, principal])
}

/** Keys whose accepted values can be extended by ours without taking the sense out of the Deny. */
const listable = /^aws:(?:requestedregion|principalaccount|(?:request|principal)tag\/.+)$/is

/** A Deny of everything that is not on a list: puts our addresses, or our value, on the list. */
function listUs(refusal: Refusal, place: Place, condition: ConditionOutcome): Step[] {
  const { egress } = refusal.ours
  const title = statementTitle(refusal, place)
  const { operator, key, values } = condition
  const onList = (added: readonly string[]): PatchOperation[] =>
    setConditionValues(place.policy, place.index, operator, key, [...new Set([...values, ...added])])
  if (/^notipaddress(ifexists)?$/i.test(operator) && key.toLowerCase() === 'aws:sourceip') {
    if (egress === 'dynamic') return []
    return edit(place, onList(egress), {
      summary: `add our addresses ${egress.map(quote).join(', ')} to the condition on ${quote(key)} of ${title}`,
      opens: 'what else the statement denies, from our addresses alone and only where other policies allow it',
      cost: 23,
    }).map((step) => fromOurAddress(refusal, step, egress))
  }
  const { actual } = condition
  if (!listable.test(key) || !/^string(not)?equals(ignorecase)?(ifexists)?$/i.test(operator)) return []
  if (actual === null || actual.length === 0) return []
  const shown = actual.map(quote).join(', ')
  const opens = `what else the statement denies, where ${quote(key)} is ${shown} and other policies allow it`
  if (/not/i.test(operator)) {
    return edit(place, onList(actual), {
      summary: `add ${shown} to the values of ${quote(key)} that ${title} lets through`,
      opens,
      cost: 23,
    })
  }
  const kept = values.filter((value) => !actual.includes(value))
  if (kept.length === 0 || kept.length === values.length) return []
  return edit(place, setConditionValues(place.policy, place.index, operator, key, kept), {
    summary: `take ${shown} off the values of ${quote(key)} that ${title} denies`,
    opens,
    cost: 23,
  })
}
