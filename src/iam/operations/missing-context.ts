/**
 * Which unknown context values could have turned a decision. A key that the call certainly does not carry is not
 * unknown: we know what we send. What only AWS knows (our address, the role's own tags, the organization) is.
 */
import type { ConditionOutcome, StatementOutcome } from '../types.ts'
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
  const isKeyUse = request.action.startsWith('kms:')
  const isUnknown = (outcome: ConditionOutcome): boolean =>
    outcome.actual === null && !isKnownAbsent(outcome.key.toLowerCase(), call.sourceIp !== null || isKeyUse)
  const open = (statement: StatementOutcome): string[] => {
    const applies =
      statement.principalMatched !== false && statement.actionMatched && statement.resourceMatched !== false
    const unknown = statement.conditions.filter(isUnknown)
    // A statement that fails on known values fails whatever the unknown ones are.
    const settled = statement.conditions.some((outcome) => !outcome.matched && !isUnknown(outcome))
    return applies && !settled ? unknown.map((outcome) => outcome.key) : []
  }
  const firmDeny = evaluation.statements.some(
    (statement) => statement.effect === 'Deny' && statement.matched && open(statement).length === 0,
  )
  if (firmDeny) return []
  const conditionKeys = new Set(
    evaluation.statements.flatMap((one) => one.conditions.map(({ key }) => key.toLowerCase())),
  )
  // What else the evaluator missed were variables in resources and values.
  const variables = evaluation.missingContextValues.filter(
    (key) =>
      !conditionKeys.has(key.toLowerCase()) && !isKnownAbsent(key.toLowerCase(), call.sourceIp !== null || isKeyUse),
  )
  return [...evaluation.statements.flatMap(open), ...variables]
}

/** Over a known public address there is no VPC endpoint, and none of its keys. */
function isKnownAbsent(key: string, addressKnown: boolean): boolean {
  if (endpointKeys.includes(key) || key === 'aws:sourceip') return addressKnown
  return ours.includes(key) || oursByPrefix.some((prefix) => key.startsWith(prefix))
}
