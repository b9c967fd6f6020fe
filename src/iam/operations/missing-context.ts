/**
 * Which unknown context values could have turned a decision. A key that the call certainly does not carry is not
 * unknown: we know what we send. What only AWS knows (our address, the role's own tags, the organization) is.
 */
import type { ConditionOutcome, Evaluation, StatementOutcome } from '../types.ts'
import { providerPrefix } from '../write/index.ts'
import type { ApiCall, VerdictPart } from './api-call.ts'

/** Keys whose absence from a request we know, because the caller would have put them there. Lower case. */
const ours = [
  'sts:externalid',
  'sts:sourceidentity',
  'sts:transitivetagkeys',
  'aws:sourceidentity',
  'aws:tagkeys',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:multifactorauthpresent',
  'aws:multifactorauthage',
  'aws:calledvia',
  's3:prefix',
]
const oursByPrefix = ['aws:requesttag/', 's3:x-amz-', 'kms:encryptioncontext:', 'kms:grant']
const endpointKeys = ['aws:sourcevpc', 'aws:sourcevpce', 'aws:vpcsourceip']

/** Lists the context keys of a call's decisions that are unknown and could turn one of them, each once. */
export function missingContext(call: ApiCall, parts: readonly VerdictPart[]): readonly string[] {
  return [...new Set(parts.flatMap((part) => missingInPart(call, part)))]
}

function missingInPart(call: ApiCall, { evaluation, request }: VerdictPart): string[] {
  const hasAddress = call.sourceIp !== null || request.action.startsWith('kms:')
  const isUnknownKey = (key: string): boolean =>
    !isKnownAbsent(key.toLowerCase(), hasAddress) && !isOfOtherProvider(call, key.toLowerCase())
  const statements = evaluation.statements.map((statement) => ({
    statement,
    unknown: openKeys(statement, isUnknownKey),
  }))
  const isFirm = (effect: 'Allow' | 'Deny', like?: StatementOutcome): boolean =>
    statements.some(
      ({ statement: one, unknown }) =>
        one.effect === effect &&
        one.matched &&
        unknown.length === 0 &&
        (like === undefined || one.policyType === like.policyType),
    )
  if (isFirm('Deny')) return []
  const isAllowed = evaluation.decision === 'allowed'
  const turning = statements.filter(({ statement }) => {
    if (statement.effect === 'Deny') return isAllowed || statement.matched
    // An Allow more changes nothing about what is allowed; one that could fall away does, unless another stands firm.
    return isAllowed ? statement.matched && !isFirm('Allow', statement) : !statement.matched
  })
  const variables = isAllowed ? [] : variablesOf(evaluation).filter(isUnknownKey)
  return [...turning.flatMap(({ unknown }) => unknown), ...variables]
}

/** The unknown keys of a statement that is about this request and does not fail on known values anyway. */
function openKeys(statement: StatementOutcome, isUnknownKey: (key: string) => boolean): string[] {
  const isUnknown = ({ actual, key }: ConditionOutcome): boolean => actual === null && isUnknownKey(key)
  const applies = statement.principalMatched !== false && statement.actionMatched && statement.resourceMatched !== false
  const isSettled = statement.conditions.some((outcome) => !outcome.matched && !isUnknown(outcome))
  return applies && !isSettled ? statement.conditions.filter(isUnknown).map((outcome) => outcome.key) : []
}

/** What the evaluator missed beside the keys of conditions: variables in resources and values. */
function variablesOf(evaluation: Evaluation): string[] {
  const keys = new Set(evaluation.statements.flatMap((one) => one.conditions.map(({ key }) => key.toLowerCase())))
  return evaluation.missingContextValues.filter((key) => !keys.has(key.toLowerCase()))
}

/** A token fills the keys of its own issuer, which are named after the provider's address, and no others. */
function isOfOtherProvider(call: ApiCall, key: string): boolean {
  if (call.operation !== 'sts:AssumeRole' || call.webIdentity === undefined) return false
  const name = /^([^:]*[./][^:]*):[^:]+$/.exec(key)?.[1]
  return name !== undefined && name !== providerPrefix(call.webIdentity.providerArn).toLowerCase()
}

/** Over a known public address there is no VPC endpoint, and none of its keys. */
function isKnownAbsent(key: string, addressKnown: boolean): boolean {
  if (endpointKeys.includes(key) || key === 'aws:sourceip') return addressKnown
  return ours.includes(key) || oursByPrefix.some((prefix) => key.startsWith(prefix))
}
