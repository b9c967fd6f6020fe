/** When a bucket policy counts as public (rule 28). */
import type { ModelCondition, ModelStatement } from './json-policy.ts'
import { prefixOf } from './scalar.ts'

/** One public statement makes the policy public. */
export function isPublic(statements: readonly ModelStatement[]): boolean {
  return statements.some(
    (statement) => statement.isAllow && speaksToAll(statement) && !statement.conditions.some(limits),
  )
}

function speaksToAll(statement: ModelStatement): boolean {
  if (statement.principalsAreNegated) return true
  return (statement.principals ?? []).some(
    ([kind, value]) => value === '*' || (kind === 'Federated' && !value.startsWith('arn:')),
  )
}

/** Keys that tell one caller or one place from all others. */
const limitingKeys = new Set(
  [
    'aws:PrincipalAccount',
    'aws:PrincipalArn',
    'aws:PrincipalOrgID',
    'aws:PrincipalOrgPaths',
    'aws:SourceAccount',
    'aws:SourceArn',
    'aws:SourceOwner',
    'aws:SourceVpc',
    'aws:SourceVpce',
    'aws:userid',
    's3:DataAccessPointAccount',
    's3:DataAccessPointArn',
    's3:x-amz-server-side-encryption-aws-kms-key-id',
  ].map((key) => key.toLowerCase()),
)

function limits(condition: ModelCondition): boolean {
  const key = condition.key.toLowerCase()
  if (key === 'aws:sourceip') return condition.operator === 'IpAddress' && condition.values.every(isNarrow)
  if (!limitingKeys.has(key)) return false
  const operators = ['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike']
  if (!operators.includes(condition.operator.replace(/^ForAnyValue:/, ''))) return false
  return condition.values.every((value) => isFixed(value) || (key === 's3:dataaccesspointarn' && isOfOneAccount(value)))
}

function isFixed(value: string): boolean {
  return !/[*?]|\$\{/.test(value)
}

/** A wildcard for the access point's name is no harm as long as the account is fixed. */
function isOfOneAccount(value: string): boolean {
  const parts = value.split(':')
  return /^\d{12}$/.test(parts[4] ?? '')
}

function isNarrow(range: string): boolean {
  const length = prefixOf(range)
  return length !== null && length >= (range.includes(':') ? 32 : 8)
}
