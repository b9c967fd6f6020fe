/** Rules about Condition: keys that exist and that the actions carry, operators that fit them, and set operators. */
import { conditionKeyNames, isService, type KeyType } from '../data/index.ts'
import type { Operator } from '../match/operator.ts'
import { quote } from '../read/index.ts'
import type { Draft } from './finding.ts'
import { didYouMean } from './nearest-name.ts'
import { valueRules } from './value-rules.ts'
import { type ConditionView, demandsKey, type PolicyView, type StatementView } from './view.ts'

/** Checks the conditions of one statement. */
export function* conditionRules(view: StatementView, policy: PolicyView): Generator<Draft> {
  const seen = new Set<string>()
  for (const condition of view.conditions) {
    yield* keyRules(condition)
    const place = `${condition.operatorText} ${condition.name}`
    if (seen.has(place)) {
      const message = `the key ${quote(condition.key)} stands above already, in other letter case`
      yield { id: 'condition-key-twice', pointer: condition.pointer, message, part: 'key' }
    }
    seen.add(place)
    yield* typeRules(condition)
    yield* setRules(condition, view)
    yield* carriedRules(condition, view)
    yield* valueRules(condition, view, policy)
  }
  yield* serviceCalls(view)
}

/** Keys of identity providers are named after the provider's domain, and anybody can have a provider. */
function isProviderKey(name: string): boolean {
  return /[./]/.test(name.split(':', 1)[0] ?? '') || name.startsWith('saml:')
}

const prefixesWithTable = new Set(['aws', 's3', 'sts', 'kms', 'iam'])

function* keyRules({ key, name, facts, pointer }: ConditionView): Generator<Draft> {
  if (facts !== null || key === '' || isProviderKey(name)) return
  const prefix = name.split(':', 1)[0] ?? ''
  const isForm = name.includes(':')
  if (isForm && !prefixesWithTable.has(prefix) && isService(prefix)) return
  const message = `there is no context key ${quote(key)}${didYouMean(key, conditionKeyNames())}`
  yield { id: 'condition-key-unknown', pointer, message, part: 'key' }
}

const fitting: Readonly<Record<KeyType, readonly Operator['comparison'][]>> = {
  String: ['string', 'stringIgnoreCase', 'stringLike'],
  ArrayOfString: ['string', 'stringIgnoreCase', 'stringLike'],
  // Text of an ARN may be compared as text.
  ARN: ['arn', 'string', 'stringIgnoreCase', 'stringLike'],
  ArrayOfARN: ['arn', 'string', 'stringIgnoreCase', 'stringLike'],
  // `true` and `false` are texts as well.
  Bool: ['bool', 'string', 'stringIgnoreCase'],
  Date: ['date'],
  IPAddress: ['address'],
  Numeric: ['number'],
}

function* typeRules({ operator, operatorText, name, key, facts, pointer }: ConditionView): Generator<Draft> {
  if (facts === null || operator.comparison === 'null' || operator.comparison === 'binary' || isProviderKey(name))
    return
  const { comparison } = operator
  if (fitting[facts.type].includes(comparison)) return
  if (name === 'aws:epochtime' && comparison === 'number') return
  // The encryption context is free text, and S3 puts an ARN there.
  if (name.startsWith('kms:encryptioncontext:') && comparison === 'arn') return
  const message = `${quote(operatorText)} does not fit ${quote(key)}, whose values are of type ${facts.type}`
  yield { id: 'operator-type', pointer, message, part: 'key' }
}

function* setRules(condition: ConditionView, view: StatementView): Generator<Draft> {
  const { operator, key, name, facts, pointer } = condition
  if (operator.comparison === 'null') return
  if (facts !== null && !isProviderKey(name)) {
    const isMany = facts.type.startsWith('ArrayOf')
    if (isMany && operator.qualifier === null) {
      const message = `${quote(key)} can have several values, and the operator does not say how many must fit`
      yield { id: 'set-operator-missing', pointer, message, part: 'key' }
    } else if (!isMany && operator.qualifier !== null) {
      const message = `${quote(key)} has one value, and ${operator.qualifier} is for keys of several`
      yield { id: 'set-operator-needless', pointer, message, part: 'key' }
    }
  }
  if (operator.qualifier !== 'ForAllValues' || !view.isAllow) return
  if (view.conditions.some((other) => other !== condition && other.name === name && demandsKey(other))) return
  const message = `the condition on ${quote(key)} also holds when the request has no such key`
  const help = `add {"Null": {"${key.slice(0, 80)}": "false"}} beside it`
  yield { id: 'for-all-values-allow', pointer, message, help, part: 'key' }
}

/** How many actions a message names. */
const maxNamed = 3

/**
 * Finds actions whose requests do not carry the key. Asked of keys of one service; global keys go with every action. A
 * wildcard counts only when nothing that it covers has the key.
 */
function* carriedRules(condition: ConditionView, view: StatementView): Generator<Draft> {
  const { facts, key, name, pointer } = condition
  const service = name.split(':', 1)[0] ?? ''
  if (facts === null || !prefixesWithTable.has(service) || service === 'aws' || name === 'sts:externalid') return
  // An absent key does no harm where it is not demanded: IfExists, negated operators and Null ask for no value.
  if (view.statement.action.negated || !demandsKey(condition)) return
  const without = view.actions.filter(
    (action) =>
      action.facts !== null &&
      action.facts.length > 0 &&
      !action.facts.some((one) => one.conditionKeys.includes(facts.name)),
  )
  if (without.length === 0) return
  const named = without.slice(0, maxNamed).map(({ text }) => quote(text))
  const more = without.length > maxNamed ? ` and ${without.length - maxNamed} more` : ''
  const effect = view.isAllow ? 'never allowed' : 'never denied'
  const message = `requests of ${named.join(', ')}${more} do not carry ${quote(key)}, so they are ${effect} here`
  yield { id: 'condition-key-not-in-action', pointer, message, part: 'key' }
}

const serviceCallKeys = /^aws:(viaawsservice|principalisawsservice|calledvia.*|principalservicename.*)$/

/** A Deny by address also hits services that act for the caller: they call from addresses of their own. */
function* serviceCalls(view: StatementView): Generator<Draft> {
  if (view.isAllow || view.conditions.some(({ name }) => serviceCallKeys.test(name))) return
  const byAddress = view.conditions.find(({ name, operator }) => name === 'aws:sourceip' && operator.negated)
  if (byAddress === undefined) return
  const message = 'services of AWS that act for the caller are denied as well'
  yield { id: 'deny-hits-services', pointer: byAddress.pointer, message, part: 'key' }
}
