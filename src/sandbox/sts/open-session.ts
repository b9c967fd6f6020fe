/**
 * What AssumeRole and AssumeRoleWithWebIdentity have in common once it is known who asks: what policies see of the request, how
 * much of it fits, and the session that is opened.
 */
import { deflateRawSync } from 'node:zlib'
import { type Context, overlay, prefixed } from '../access/context.ts'
import { AwsError } from '../http/aws-error.ts'
import { validation } from '../http/form.ts'
import type { AccessKey, Role, Session, StoredPolicy } from '../world/entities.ts'
import type { World } from '../world/world.ts'
import type { SessionInput } from './session-input.ts'

/** What assuming a role gives. */
export interface AssumedRole {
  readonly key: AccessKey
  readonly session: Session
  /** Percent; null when neither a policy nor tags were sent. */
  readonly packedPolicySize: number | null
}

/** AWS keeps its packing to itself; 2,048 compressed bytes come near to what people report. */
const packedLimitBytes = 2048

/** What policies see of a request for a session, whoever makes it. */
export function requestContext(
  input: SessionInput,
  role: Role | null,
  inherited: ReadonlyMap<string, string>,
  sourceIdentity: string | null,
  context: Context,
): Context {
  const roleTags = overlay(role?.tags ?? new Map(), inherited)
  return {
    ...context,
    ...prefixed('aws:ResourceTag/', roleTags),
    ...prefixed('iam:ResourceTag/', roleTags),
    ...prefixed('aws:RequestTag/', input.tags),
    ...(input.tags.size === 0 ? {} : { 'aws:TagKeys': [...input.tags.keys()] }),
    ...(input.transitiveTagKeys.length === 0 ? {} : { 'sts:TransitiveTagKeys': input.transitiveTagKeys }),
    ...(sourceIdentity === null ? {} : { 'sts:SourceIdentity': sourceIdentity }),
    'sts:RoleSessionName': input.sessionName,
  }
}

/** Returns the managed policies that are named as session policies. @throws AwsError */
export function managedSessionPolicies(world: World, input: SessionInput): readonly StoredPolicy[] {
  const account = world.accounts.get(input.roleArn.split(':')[4] ?? '')
  return input.policyArns.map((arn) => {
    const policy = account === undefined ? null : world.managedPolicy(account, arn)
    if (policy === null) throw validation(`Policy ${arn} does not exist or is not attachable.`)
    return policy
  })
}

/** Percent of what may be packed; null when there is nothing to pack. @throws AwsError `PackedPolicyTooLarge` */
export function packedSize(input: SessionInput, tags: ReadonlyMap<string, string>): number | null {
  if (input.policyText === null && tags.size === 0) return null
  const bytes = deflateRawSync(JSON.stringify([input.policyText, [...tags]])).length
  const percent = Math.ceil((bytes * 100) / packedLimitBytes)
  if (percent > 100) {
    const message =
      input.policyText === null
        ? `Packed size of session tags consumes ${percent}% of allotted space.`
        : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`
    throw new AwsError({ code: 'PackedPolicyTooLarge', status: 400, message })
  }
  return percent
}

/** What a session is made of besides what was asked for. */
export interface SessionParts {
  readonly policy: Session['policy']
  readonly tags: ReadonlyMap<string, string>
  readonly inherited: ReadonlyMap<string, string>
  readonly sourceIdentity: string | null
  readonly originAccountId: string
  readonly federatedProvider?: string
}

/** Opens a session of a role, from now on. */
export function openSession(world: World, role: Role, input: SessionInput, parts: SessionParts): Session {
  const issuedAt = world.clock.now()
  return {
    kind: 'session',
    accountId: role.accountId,
    role,
    arn: `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${input.sessionName}`,
    name: input.sessionName,
    policy: parts.policy,
    tags: parts.tags,
    transitiveTagKeys: [...parts.inherited.keys(), ...input.transitiveTagKeys],
    sourceIdentity: parts.sourceIdentity,
    originAccountId: parts.originAccountId,
    ...(parts.federatedProvider === undefined ? {} : { federatedProvider: parts.federatedProvider }),
    issuedAt,
    // AWS tells expirations in whole seconds.
    expiresAt: new Date(Math.floor(issuedAt.getTime() / 1000) * 1000 + input.durationSeconds * 1000),
    ages: true,
  }
}
