/**
 * The reference model: AWS's evaluation logic written down slowly and straight from its documentation, rule by rule, so
 * that the engine has something to be compared with. It shares no code with the engine, and was written without it.
 */
import type {
  AccessRequest,
  Decision,
  Effect,
  EvaluationSettings,
  PolicyType,
  StatementOutcome,
} from '../../src/iam/index.ts'
import { conditionOutcome } from './condition.ts'
import { grantsFor, type ListedGrant, type ModelGrant } from './grant.ts'
import { type ModelStatement, readStatements } from './json-policy.ts'
import { actionFits, resourceFits } from './pattern.ts'
import { type Reach, reachOf } from './principal.ts'
import { isPublic } from './public.ts'
import { type ModelRequest, readRequest } from './request.ts'

/** A policy as JSON, with the name for explanations. */
export interface JsonPolicy {
  readonly name: string
  readonly json: unknown
}

/** The policies of an evaluation as JSON; levels of `scp` and `rcp` from the root down. */
export interface JsonPolicies {
  readonly identity: readonly JsonPolicy[]
  readonly boundary: JsonPolicy | null
  readonly session: JsonPolicy | null
  readonly scp: readonly (readonly JsonPolicy[])[]
  readonly rcp: readonly (readonly JsonPolicy[])[]
  readonly resource: JsonPolicy | null
  readonly vpcEndpoint: JsonPolicy | null
  readonly grants?: readonly ListedGrant[]
}

export interface ReferenceAnswer {
  readonly decision: Decision
  /** Every policy type that may be named as the one that decided: all that deny, all that lack an Allow, all that allow. */
  readonly deciders: readonly PolicyType[]
  readonly statements: readonly StatementOutcome[]
}

/** Decides one request, the slow way. */
export function decideSlowly(
  given: AccessRequest,
  policies: JsonPolicies,
  settings: EvaluationSettings = {},
): ReferenceAnswer {
  const request = readRequest(given)
  const hasBoundary = policies.boundary !== null
  const judge = (type: PolicyType, some: readonly JsonPolicy[]): Judged => judged(type, some, request, hasBoundary)
  const atResource = resourceType(request)
  const heard: Heard = {
    identity: judge('identity', policies.identity),
    boundary: policies.boundary === null ? null : judge('boundary', [policies.boundary]),
    session: policies.session === null ? null : judge('session', [policies.session]),
    scp: policies.scp.map((level) => judge('scp', level)),
    rcp: policies.rcp.map((level) => judge('rcp', level)),
    resource: judge(atResource, policies.resource === null ? [] : [policies.resource]),
    vpcEndpoint: policies.vpcEndpoint === null ? null : judge('vpcEndpoint', [policies.vpcEndpoint]),
    grants: atResource === 'key' ? grantsFor(request, policies.grants ?? []) : [],
  }
  const isBlocked = settings.s3?.restrictPublicBuckets === true && isKeptOut(request, heard.resource)
  const answer = combine(request, heard, atResource, isBlocked, settings)
  return { ...answer, statements: all(heard).flatMap((one) => one.outcomes) }
}

/** What the policies of one type, or of one level, say about the request. */
interface Judged {
  readonly type: PolicyType
  readonly denies: boolean
  /** How the Allow statements that match reach the caller. */
  readonly allows: readonly Reach[]
  readonly statements: readonly ModelStatement[]
  readonly outcomes: readonly StatementOutcome[]
}

interface Heard {
  readonly identity: Judged
  readonly boundary: Judged | null
  readonly session: Judged | null
  readonly scp: readonly Judged[]
  readonly rcp: readonly Judged[]
  readonly resource: Judged
  readonly vpcEndpoint: Judged | null
  readonly grants: readonly ModelGrant[]
}

function all(heard: Heard): readonly Judged[] {
  const { identity, boundary, session, scp, rcp, resource, vpcEndpoint } = heard
  return [...rcp, ...scp, vpcEndpoint, resource, identity, boundary, session].filter((one) => one !== null)
}

const typesWithPrincipals: readonly PolicyType[] = ['resource', 'trust', 'key', 'rcp', 'vpcEndpoint']

function judged(
  type: PolicyType,
  policies: readonly JsonPolicy[],
  request: ModelRequest,
  hasBoundary: boolean,
): Judged {
  const allows: Reach[] = []
  const outcomes: StatementOutcome[] = []
  const statements = policies.flatMap(({ name, json }) =>
    readStatements(json).map((statement) => ({ name, statement })),
  )
  for (const { name, statement } of statements) {
    // AWS refuses such policies at a resource; were there one, it would speak to nobody.
    const isNobodys = statement.principals === null && typesWithPrincipals.includes(type)
    const reach = isNobodys ? null : reachOf(statement, request, hasBoundary)
    const outcome = outcomeOf(type, name, statement, request, reach)
    outcomes.push(outcome)
    if (outcome.matched && statement.isAllow && reach !== null) allows.push(reach)
  }
  const denies = outcomes.some((outcome) => outcome.matched && outcome.effect === 'Deny')
  return { type, denies, allows, statements: statements.map(({ statement }) => statement), outcomes }
}

function outcomeOf(
  policyType: PolicyType,
  policy: string,
  statement: ModelStatement,
  request: ModelRequest,
  reach: Reach | null,
): StatementOutcome {
  const { actions, resources, hasVariables, index, sid } = statement
  const lookUp = hasVariables ? request.singleValueOf : null
  const actionMatched = actions.some((one) => actionFits(one, request.action)) !== statement.actionsAreNegated
  const isResource = (resources ?? []).some((one) => resourceFits(one, request.resource, lookUp))
  const resourceMatched = resources === null ? null : isResource !== statement.resourcesAreNegated
  const conditions = statement.conditions.map((one) => conditionOutcome(one, request, hasVariables))
  const isMet = conditions.every((condition) => condition.matched)
  const effect: Effect = statement.isAllow ? 'Allow' : 'Deny'
  const matched = reach !== null && actionMatched && resourceMatched !== false && isMet
  const principalMatched = statement.principals === null ? null : reach !== null
  const named = sid === null ? {} : { sid }
  return {
    policyType,
    policy,
    index,
    ...named,
    effect,
    matched,
    principalMatched,
    actionMatched,
    resourceMatched,
    conditions,
  }
}

/** What stands at the resource: a trust policy at a role, a key policy at a key, else a resource-based policy. */
function resourceType(request: ModelRequest): 'resource' | 'trust' | 'key' {
  const action = request.action.toLowerCase()
  const [, , service, , , rest = ''] = request.resource.split(':')
  if (action.startsWith('sts:') && service === 'iam' && rest.startsWith('role/')) return 'trust'
  return action.startsWith('kms:') && service === 'kms' ? 'key' : 'resource'
}

type Answer = Pick<ReferenceAnswer, 'decision' | 'deciders'>

function combine(
  request: ModelRequest,
  heard: Heard,
  atResource: PolicyType,
  isBlocked: boolean,
  settings: EvaluationSettings,
): Answer {
  const denying = [...deniers(request, heard), ...(isBlocked ? [atResource] : [])]
  if (denying.length > 0) return { decision: 'explicitDeny', deciders: denying }
  const needed = isOthersObject(request, settings)
    ? permissionOnObject(request, heard, settings)
    : permission(request, heard, atResource)
  const lacking = [...fences(request, heard), ...needed]
  if (lacking.length > 0) return { decision: 'implicitDeny', deciders: lacking }
  return { decision: 'allowed', deciders: ['identity', atResource] }
}

/** Rule 3: a Deny that matches wins wherever it stands, if the policy binds this caller at all (rules 9, 10). */
function deniers(request: ModelRequest, heard: Heard): readonly PolicyType[] {
  return all(heard)
    .filter((one) => one.denies)
    .filter((one) => one.type !== 'scp' || isBoundByScp(request))
    .filter((one) => one.type !== 'rcp' || isBoundByRcp(request))
    .filter((one) => one.type !== 'resource' || !mayUnlock(request))
    .map((one) => one.type)
}

/** What must allow besides the permission itself: every level of the organization, and the endpoint on the way. */
function fences(request: ModelRequest, heard: Heard): readonly PolicyType[] {
  const lacking: PolicyType[] = []
  if (isBoundByScp(request) && heard.scp.some((level) => level.allows.length === 0)) lacking.push('scp')
  if (heard.vpcEndpoint !== null && heard.vpcEndpoint.allows.length === 0) lacking.push('vpcEndpoint')
  return lacking
}

/** Service control policies bind principals of the account, root included, but no service and no service-linked role. */
function isBoundByScp(request: ModelRequest): boolean {
  return request.account !== null && !isServiceLinked(request)
}

function isBoundByRcp(request: ModelRequest): boolean {
  return request.action.toLowerCase() !== 'kms:retiregrant' && !isServiceLinked(request)
}

function isServiceLinked(request: ModelRequest): boolean {
  return request.valuesOf('aws:PrincipalArn')?.[0]?.includes(':role/aws-service-role/') === true
}

/** Rule 10: the bucket owner's root user can always read, put and delete the bucket policy, whatever that policy says. */
function mayUnlock(request: ModelRequest): boolean {
  const { caller, account, action, resourceAccount } = request
  const isUnlocking = ['s3:getbucketpolicy', 's3:putbucketpolicy', 's3:deletebucketpolicy'].includes(
    action.toLowerCase(),
  )
  return caller.kind === 'root' && account === resourceAccount && isUnlocking
}

/** Which policies lack the Allow that the caller needs; none when it is permitted (rules 1, 2, 4, 5, 6, 30). */
function permission(request: ModelRequest, heard: Heard, atResource: PolicyType): readonly PolicyType[] {
  const { caller } = request
  // Rule 31: a grant allows what a key policy that names its grantee would allow.
  const reaches = [...heard.resource.allows, ...heard.grants.map(({ reach }) => reach)]
  const lackingResource: readonly PolicyType[] = reaches.length === 0 ? [atResource] : []
  if (caller.kind === 'service' || caller.kind === 'provider') return lackingResource
  if (caller.kind === 'anonymous') return atResource === 'resource' ? lackingResource : [atResource, 'identity']
  if (caller.kind === 'root' && atResource === 'trust') return ['identity', 'trust']
  const isOwn = caller.account === request.resourceAccount
  // KMS trusts a key of another account by an identity-based policy, or by a grant of the caller's own account.
  const isTrusted = heard.grants.some(({ reach, isOfCallersAccount }) => isOfCallersAccount && reach !== 'account')
  const lackingOwn = lackingOnOwnSide(request, heard).filter((type) => isOwn || !isTrusted || type !== 'identity')
  if (!isOwn) return [...lackingResource, ...lackingOwn, ...(crossesWithKey(request, atResource) ? [] : [atResource])]
  if (reaches.includes('direct')) return []
  const limits = lackingOwn.filter((type) => type !== 'identity')
  if (reaches.includes('role') && limits.length === 0) return []
  if (atResource === 'resource') return lackingOwn.length === 0 ? [] : [...lackingOwn, atResource]
  return reaches.length === 0 ? [atResource, ...lackingOwn] : lackingOwn
}

const actionsOfObjectAcls = ['GetObject', 'GetObjectVersion', 'GetObjectAcl', 'GetObjectVersionAcl', 'PutObjectAcl']
  .concat('PutObjectVersionAcl')
  .map((name) => `s3:${name}`.toLowerCase())

/** Rule 29: the bucket's owner does not own what others wrote, unless Object Ownership says so. */
function isOthersObject(request: ModelRequest, { s3 }: EvaluationSettings): boolean {
  const isOthers = s3?.objectOwner !== undefined && s3.objectOwner !== request.resourceAccount
  return isOthers && actionsOfObjectAcls.includes(request.action.toLowerCase())
}

/** Its ACL decides which accounts may; within each, the caller's own policies. The bucket policy can only deny. */
function permissionOnObject(request: ModelRequest, heard: Heard, { s3 }: EvaluationSettings): readonly PolicyType[] {
  const served = [s3?.objectOwner]
  if (s3?.objectAcl === 'bucket-owner-full-control') served.push(request.resourceAccount)
  return request.account !== null && served.includes(request.account) ? lackingOnOwnSide(request, heard) : ['resource']
}

/**
 * The root user has every permission of its account and neither boundary nor session policy. A federated user without a
 * session policy has no permission (GetFederationToken).
 */
function lackingOnOwnSide(request: ModelRequest, heard: Heard): readonly PolicyType[] {
  if (request.caller.kind === 'root') return []
  const lacking = [heard.identity, heard.boundary, heard.session]
    .filter((one) => one !== null)
    .filter((one) => one.allows.length === 0)
    .map((one) => one.type)
  return request.caller.kind === 'federated' && heard.session === null ? [...lacking, 'session'] : lacking
}

const crossAccountKeyActions = new Set(
  [
    ...['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'],
    ...[
      'GenerateDataKeyWithoutPlaintext',
      'GenerateMac',
      'ReEncryptFrom',
      'ReEncryptTo',
      'Sign',
      'Verify',
      'VerifyMac',
    ],
    ...['DeriveSharedSecret', 'CreateGrant', 'DescribeKey', 'GetKeyRotationStatus', 'GetPublicKey', 'ListGrants'],
    ...['RetireGrant', 'RevokeGrant'],
  ].map((name) => `kms:${name}`.toLowerCase()),
)

/** Rule 30: only some operations on a key can be allowed to another account. */
function crossesWithKey(request: ModelRequest, atResource: PolicyType): boolean {
  return atResource !== 'key' || crossAccountKeyActions.has(request.action.toLowerCase())
}

/** Rule 28: a public bucket policy serves the own account and services only, once the setting says so. */
function isKeptOut(request: ModelRequest, bucketPolicy: Judged): boolean {
  const isS3 = request.action.toLowerCase().startsWith('s3:')
  const isOutside = request.caller.kind !== 'service' && request.account !== request.resourceAccount
  return isS3 && isOutside && isPublic(bucketPolicy.statements)
}
