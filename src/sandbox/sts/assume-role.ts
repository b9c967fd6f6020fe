/**
 * AssumeRole: one call, up to three decisions (sts:AssumeRole, sts:TagSession, sts:SetSourceIdentity), each on the
 * caller's side and by the trust policy. A role that does not exist is refused in the same words as one that refuses.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
 */
import type { Evaluation } from '../../iam/index.ts'
import { type DecisionRecord, decide } from '../access/authorize.ts'
import { type Context, overlay, transitiveTags } from '../access/context.ts'
import { notAuthorized, reasonClause } from '../access/denial.ts'
import { AwsError } from '../http/aws-error.ts'
import { validation } from '../http/form.ts'
import type { Role, Session, User } from '../world/entities.ts'
import { currentPolicy } from '../world/policies.ts'
import type { World } from '../world/world.ts'
import { type AssumedRole, managedSessionPolicies, openSession, packedSize, requestContext } from './open-session.ts'
import { invalidTags, readSessionPolicy, type SessionInput } from './session-input.ts'

const chainedSeconds = 3600

/** Assumes a role. @throws AwsError */
export function assumeRole(
  world: World,
  caller: User | Session,
  input: SessionInput,
  context: Context,
  record: DecisionRecord[],
): AssumedRole {
  const role = world.roleByArn(input.roleArn)
  const inherited = caller.kind === 'session' ? transitiveTags(caller) : new Map<string, string>()
  const sourceIdentity = input.sourceIdentity ?? (caller.kind === 'session' ? caller.sourceIdentity : null)
  const managed = managedSessionPolicies(world, input)
  const policy = readSessionPolicy(input, managed)
  const asked = requestContext(input, role, inherited, sourceIdentity, context)
  authorize(world, caller, role, input, asked, sourceIdentity, record)
  if (role === null) throw denied(caller, 'sts:AssumeRole', input.roleArn, null)
  checkAgainstChain(caller, input, inherited)
  checkDuration(caller, role, input)
  const tags = overlay(inherited, input.tags)
  const packedPolicySize = packedSize(input, tags)
  const originAccountId = caller.kind === 'session' ? caller.originAccountId : caller.accountId
  const session = openSession(world, role, input, { policy, tags, inherited, sourceIdentity, originAccountId })
  return { key: world.addSession(session), session, packedPolicySize }
}

function authorize(
  world: World,
  caller: User | Session,
  role: Role | null,
  input: SessionInput,
  context: Context,
  sourceIdentity: string | null,
  record: DecisionRecord[],
): void {
  const actions = ['sts:AssumeRole']
  if (input.tags.size > 0) actions.push('sts:TagSession')
  if (sourceIdentity !== null) actions.push('sts:SetSourceIdentity')
  // A role that is not known everywhere yet is refused like one that does not exist.
  const bound = role === null ? null : world.trustOf(role)
  const trust = bound === null ? null : { name: 'trust policy', policy: currentPolicy(bound, world).policy }
  for (const action of actions) {
    // The External ID is a key of sts:AssumeRole and of no other action.
    const external =
      action === 'sts:AssumeRole' && input.externalId !== null ? { 'sts:ExternalId': input.externalId } : {}
    const resourceAccount = input.roleArn.split(':')[4] ?? ''
    const evaluation = decide(
      world,
      caller,
      { action, resource: input.roleArn, resourceAccount, resourcePolicy: trust, context: { ...context, ...external } },
      record,
    )
    if (evaluation.decision !== 'allowed')
      throw denied(caller, action, input.roleArn, role === null ? null : evaluation)
  }
}

/** Across accounts no reason is given; within one the policy type is named. */
function denied(caller: User | Session, action: string, roleArn: string, evaluation: Evaluation | null): AwsError {
  const sameAccount = roleArn.split(':')[4] === caller.accountId
  const reason = evaluation !== null && sameAccount ? reasonClause(evaluation, action) : ''
  const message = `${notAuthorized(caller, action)} on resource: ${roleArn}${reason}`
  return new AwsError({ code: 'AccessDenied', status: 403, message })
}

function checkAgainstChain(caller: User | Session, input: SessionInput, inherited: ReadonlyMap<string, string>): void {
  if (caller.kind !== 'session') return
  const kept = new Set([...inherited.keys()].map((key) => key.toLowerCase()))
  if ([...input.tags.keys()].some((key) => kept.has(key.toLowerCase()))) {
    throw invalidTags(
      "One of the specified tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  }
  const { sourceIdentity } = caller
  if (sourceIdentity !== null && input.sourceIdentity !== null && input.sourceIdentity !== sourceIdentity) {
    throw denied(caller, 'sts:SetSourceIdentity', input.roleArn, null)
  }
}

function checkDuration(caller: User | Session, role: Role, input: SessionInput): void {
  if (caller.kind === 'session' && input.durationSeconds > chainedSeconds) {
    throw validation(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  }
  if (input.durationSeconds > role.maximumSessionSeconds) {
    throw validation('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
}
