/**
 * AssumeRoleWithWebIdentity: nobody signs the request; an ID token says who asks. The role's account must have registered the
 * issuer, and the trust policy sees the provider as principal and the token's claims as `<issuer>:aud` and `<issuer>:sub`. Tags
 * and source identity come from claims, because the action has no parameters for them; nor has it one for an External ID.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
import type { DecisionRecord } from '../access/authorize.ts'
import type { Context } from '../access/context.ts'
import { AwsError } from '../http/aws-error.ts'
import { type Form, required, validation } from '../http/form.ts'
import type { OidcProvider, Role } from '../world/entities.ts'
import { currentPolicy } from '../world/policies.ts'
import type { World } from '../world/world.ts'
import {
  checkIdentityToken,
  invalidToken,
  providerOf,
  readIdentityToken,
  type UnverifiedToken,
} from './identity-token.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import { type AssumedRole, managedSessionPolicies, openSession, packedSize, requestContext } from './open-session.ts'
import { readSessionInput, readSessionPolicy, type SessionInput } from './session-input.ts'

/** One Query request that nobody signed. */
export interface TokenRequest {
  readonly world: World
  readonly form: Form
  readonly context: Context
  readonly record: DecisionRecord[]
  readonly minimumSessionSeconds: number
  readonly issuerKeys: IssuerKeys
  /** From where such callers seem to come. */
  readonly originAccountId: string
}

/** A session, and the token that won it. */
export interface FederatedRole {
  readonly assumed: AssumedRole
  readonly token: UnverifiedToken
}

/** Assumes a role by a token. @throws AwsError */
export async function assumeRoleWithWebIdentity(request: TokenRequest): Promise<FederatedRole> {
  const { world, form, issuerKeys, originAccountId } = request
  const token = readIdentityToken(required(form, 'WebIdentityToken'))
  const input = readSessionInput(formWithClaims(form, token), request.minimumSessionSeconds)
  const accountId = input.roleArn.split(':')[4] ?? ''
  const provider = providerOf(token, world.accounts.get(accountId))
  checkIdentityToken(token, provider, await issuerKeys.of(provider.issuer), world.clock.now())
  const role = world.roleByArn(input.roleArn)
  const policy = readSessionPolicy(input, managedSessionPolicies(world, input))
  if (role === null) throw denied('sts:AssumeRoleWithWebIdentity')
  authorize(request, role, provider, token, input)
  if (input.durationSeconds > role.maximumSessionSeconds) {
    throw validation('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  const session = openSession(world, role, input, {
    policy,
    tags: input.tags,
    inherited: new Map(),
    sourceIdentity: input.sourceIdentity,
    originAccountId,
    federatedProvider: provider.arn,
  })
  const packedPolicySize = packedSize(input, input.tags)
  return { assumed: { key: world.addSession(session), session, packedPolicySize }, token }
}

function authorize(
  request: TokenRequest,
  role: Role,
  provider: OidcProvider,
  token: UnverifiedToken,
  input: SessionInput,
): void {
  const { world, record } = request
  const prefix = provider.arn.slice(provider.arn.indexOf('/') + 1)
  const context: Context = {
    ...requestContext(input, role, new Map(), input.sourceIdentity, request.context),
    'aws:FederatedProvider': provider.arn,
    'aws:ResourceAccount': role.accountId,
    [`${prefix}:aud`]: token.audience,
    [`${prefix}:sub`]: token.subject,
  }
  const actions = [
    'sts:AssumeRoleWithWebIdentity',
    ...(input.tags.size > 0 ? ['sts:TagSession'] : []),
    ...(input.sourceIdentity === null ? [] : ['sts:SetSourceIdentity']),
  ]
  const trust = world.trustOf(role)
  const policies = {
    identity: [],
    boundary: null,
    session: null,
    scp: [],
    rcp: world.accounts.get(role.accountId)?.rcp ?? [],
    resource: trust === null ? null : { name: 'trust policy', policy: currentPolicy(trust, world).policy },
    vpcEndpoint: null,
  }
  for (const action of actions) {
    const resource = role.arn
    const asked = { principal: provider.arn, action, resource, resourceAccount: role.accountId, context }
    const { decision, decidedBy } = world.judge(asked, policies, {})
    record.push({ action, resource, decision, decidedBy })
    if (decision !== 'allowed') throw denied(action)
  }
}

/** The caller has no ARN to be named by, and no reason is given. */
function denied(action: string): AwsError {
  return new AwsError({ code: 'AccessDenied', status: 403, message: `Not authorized to perform ${action}` })
}

const tagsClaim = 'https://aws.amazon.com/tags'
const sourceIdentityClaim = 'https://aws.amazon.com/source_identity'
const claimed = /^(?:Tags\.|TransitiveTagKeys\.|SourceIdentity$|ExternalId$)/

/** The request with what the token claims in the place of parameters that the action does not have. @throws AwsError */
function formWithClaims(form: Form, { claims }: UnverifiedToken): Form {
  const merged = new Map([...form].filter(([name]) => !claimed.test(name)))
  const sourceIdentity = claims[sourceIdentityClaim]
  if (sourceIdentity !== undefined) {
    if (typeof sourceIdentity !== 'string') throw invalidToken(`The claim ${sourceIdentityClaim} is not a string`)
    merged.set('SourceIdentity', sourceIdentity)
  }
  const tags = claims[tagsClaim]
  if (tags === undefined) return merged
  const { principal_tags: principalTags = {}, transitive_tag_keys: transitiveKeys = [] } = fieldsOf(tags)
  for (const [index, [key, values]] of Object.entries(fieldsOf(principalTags)).entries()) {
    const value: unknown = Array.isArray(values) && values.length === 1 ? values[0] : undefined
    if (typeof value !== 'string') throw invalidToken(`The claim ${tagsClaim} has no single value for a tag`)
    merged.set(`Tags.member.${index + 1}.Key`, key)
    merged.set(`Tags.member.${index + 1}.Value`, value)
  }
  if (!Array.isArray(transitiveKeys)) throw invalidToken(`The claim ${tagsClaim} has no list of transitive keys`)
  for (const [index, key] of transitiveKeys.entries()) merged.set(`TransitiveTagKeys.member.${index + 1}`, String(key))
  return merged
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw invalidToken(`The claim ${tagsClaim} has not the form that STS takes`)
}
