/**
 * How AWS words a refusal. The policy type is named within one account; across accounts S3 says `Access Denied` and STS
 * leaves the reason out.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
 */
import type { Evaluation, PolicyType } from '../../iam/index.ts'
import type { Caller } from '../world/entities.ts'

const policyNames: Readonly<Record<PolicyType, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  scp: 'service control policy',
  rcp: 'resource control policy',
  resource: 'resource-based policy',
  trust: 'role trust policy',
  key: 'resource-based policy',
  vpcEndpoint: 'VPC endpoint policy',
}

const articles: Readonly<Record<string, string>> = { identity: 'an', trust: 'the' }

/** The account of a caller; null for nobody. */
export function callerAccount(caller: Caller): string | null {
  return caller.kind === 'anonymous' ? null : caller.accountId
}

/** `User: … is not authorized to perform: s3:GetObject`. */
export function notAuthorized(caller: Caller, action: string): string {
  const who = caller.kind === 'anonymous' ? 'anonymous' : caller.arn
  return `User: ${who} is not authorized to perform: ${action}`
}

/** ` because no identity-based policy allows the … action`, or ` with an explicit deny in …`. */
export function reasonClause(evaluation: Evaluation, action: string): string {
  const { decidedBy } = evaluation
  if (evaluation.decision === 'explicitDeny') {
    return ` with an explicit deny in ${articles[decidedBy] ?? 'a'} ${policyNames[decidedBy]}`
  }
  return ` because no ${policyNames[decidedBy]} allows the ${action} action`
}
