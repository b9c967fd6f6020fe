/**
 * S3's test whether a bucket policy is public, as `RestrictPublicBuckets` applies it: to the policy as a whole, whatever
 * the request. A statement is not public when it names fixed principals, or when a condition holds it to fixed values of
 * a key that says where the caller comes from.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import { parseAddressRange } from '../match/address.ts'
import { parseOperator } from '../match/operator.ts'
import type { Condition, Policy, Statement } from '../types.ts'

const judged = new WeakMap<Policy, boolean>()

/** Tells whether any Allow statement of the policy is public. */
export function isPublicPolicy(policy: Policy): boolean {
  const known = judged.get(policy)
  if (known !== undefined) return known
  const isPublic = policy.statements.some(isPublicStatement)
  judged.set(policy, isPublic)
  return isPublic
}

/** Tells whether the statement lets in callers that nobody named. */
export function isPublicStatement(statement: Statement): boolean {
  if (statement.effect !== 'Allow' || statement.principal === undefined) return false
  const { element, negated } = statement.principal
  const isOpen =
    negated || element === '*' || (element.AWS ?? []).includes('*') || (element.Federated ?? []).some(isWebIdentity)
  return isOpen && !statement.conditions.some(isFixing)
}

/** A web identity provider vouches for anybody who signs in there; a SAML provider is the account's own. */
function isWebIdentity(provider: string): boolean {
  return !provider.includes(':saml-provider/')
}

const fixingKeys = new Set([
  'aws:sourcearn',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceowner',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:userid',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalarn',
  'aws:principalaccount',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  's3:dataaccesspointaccount',
])

const fixingComparisons = new Set(['string', 'stringIgnoreCase', 'stringLike', 'arn', 'address'])

/** Tells whether a condition limits the statement to fixed values; IfExists and ForAllValues let an absent key through. */
function isFixing(condition: Condition): boolean {
  const operator = parseOperator(condition.operator)
  if (operator === null || operator.negated || operator.ifExists || operator.qualifier === 'ForAllValues') return false
  if (!fixingComparisons.has(operator.comparison) || condition.values.length === 0) return false
  const key = condition.key.toLowerCase()
  if (key === 'aws:sourceip') return condition.values.every(isNarrowRange)
  if (key === 's3:dataaccesspointarn') return condition.values.every(hasFixedAccount)
  return fixingKeys.has(key) && condition.values.every(isFixedValue)
}

function isFixedValue(value: string): boolean {
  return value !== '' && !/[*?]|\$\{/.test(value)
}

/** Broader than /8 (IPv4) or /32 (IPv6) is the public internet. */
function isNarrowRange(value: string): boolean {
  const range = parseAddressRange(value)
  return range !== null && range.prefixLength >= (range.base.length === 2 ? 8 : 32)
}

/** An access point's name may be a pattern as long as the account is fixed. */
function hasFixedAccount(value: string): boolean {
  return /^\d{12}$/.test(value.split(':')[4] ?? '')
}
