/**
 * The combination of policies: explicit denies, organization levels, VPC endpoint, then the two sides of the request.
 * It sees only verdicts of whole policies, so the quick and the explaining path share it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
 */
import type { Decision, EvaluationSettings, NamedPolicy, PolicySet, PolicyType } from '../types.ts'
import { type GrantVerdict, ownBit, scanGrants } from './grant.ts'
import { denyBit, type PolicyVerdict } from './match-statement.ts'
import { grants } from './principal.ts'
import { isPublicPolicy } from './public-policy.ts'
import { type RequestFacts, type ResourcePolicyKind, resourcePolicyKind } from './request-facts.ts'

/** A rule, outside any statement, that decided. */
export type SpecialRule =
  | 'restrictPublicBuckets'
  | 'rootUser'
  | 'rootCannotAssumeRoles'
  | 'unsignedRequest'
  | 'kmsCrossAccountAction'
  | 'objectOwner'

/** The decision without its explanation. */
export interface Weighing {
  readonly decision: Decision
  readonly decidedBy: PolicyType
  /** For an implicit deny: every policy type that lacks an Allow (one of them would do where AWS takes either). */
  readonly missing: readonly PolicyType[]
  readonly rule: SpecialRule | null
}

export type PolicyScan = (named: NamedPolicy, type: PolicyType) => PolicyVerdict

/** Verdicts of the policies that bind this request, per type. */
interface Sides {
  readonly kind: ResourcePolicyKind
  readonly isBoundByAccount: boolean
  readonly scp: readonly PolicyVerdict[] | null
  readonly rcp: readonly PolicyVerdict[]
  readonly vpcEndpoint: PolicyVerdict | null
  readonly identity: PolicyVerdict
  readonly boundary: PolicyVerdict | null
  readonly session: PolicyVerdict | null
  readonly resource: PolicyVerdict
  /** Of a key: what its grants give. They allow beside the key policy, and can't deny. */
  readonly grants: GrantVerdict
}

/** Combines what the policies say. */
export function weigh(
  facts: RequestFacts,
  policies: PolicySet,
  settings: EvaluationSettings | undefined,
  scan: PolicyScan,
): Weighing {
  const sides = gather(facts, policies, scan)
  const denier = explicitDenier(facts, sides)
  if (denier !== null) return { decision: 'explicitDeny', decidedBy: denier, missing: [], rule: null }
  if (isBlockedAsPublic(facts, policies, settings, sides.kind)) {
    return { decision: 'explicitDeny', decidedBy: 'resource', missing: [], rule: 'restrictPublicBuckets' }
  }
  const limits: PolicyType[] = []
  if (sides.scp?.some((level) => !allows(level))) limits.push('scp')
  if (sides.vpcEndpoint !== null && !allows(sides.vpcEndpoint)) limits.push('vpcEndpoint')
  const weighed = weighObject(facts, sides, settings) ?? weighSides(facts, sides)
  const [first] = limits
  if (first === undefined) return weighed
  return { decision: 'implicitDeny', decidedBy: first, missing: [...limits, ...weighed.missing], rule: null }
}

/** Policies that do not bind the principal (an SCP and a service, a boundary and the root user) are left out. */
function gather(facts: RequestFacts, policies: PolicySet, scan: PolicyScan): Sides {
  const { principal } = facts
  const kind = resourcePolicyKind(facts.action, facts.resource, policies.resource !== null)
  const isBoundByAccount = principal.account !== null
  const isServiceLinked = principal.arn?.includes(':role/aws-service-role/') ?? false
  const hasRcps = !isServiceLinked && facts.action !== 'kms:retiregrant'
  const isLimited = isBoundByAccount && principal.kind !== 'root'
  const one = (named: NamedPolicy | null, type: PolicyType): PolicyVerdict | null =>
    named === null ? null : scan(named, type)
  return {
    kind,
    isBoundByAccount,
    scp: isBoundByAccount && !isServiceLinked ? policies.scp.map((level) => scanAll(level, 'scp', scan)) : null,
    rcp: hasRcps ? policies.rcp.map((level) => scanAll(level, 'rcp', scan)) : [],
    vpcEndpoint: one(policies.vpcEndpoint, 'vpcEndpoint'),
    identity: isLimited ? scanAll(policies.identity, 'identity', scan) : 0,
    boundary: isLimited ? one(policies.boundary, 'boundary') : null,
    session: isLimited ? one(policies.session, 'session') : null,
    resource: one(policies.resource, kind) ?? 0,
    grants: kind === 'key' && policies.grants !== undefined ? scanGrants(policies.grants, facts) : 0,
  }
}

function scanAll(policies: readonly NamedPolicy[], type: PolicyType, scan: PolicyScan): PolicyVerdict {
  let verdict = 0
  for (const named of policies) verdict |= scan(named, type)
  return verdict
}

function allows(verdict: PolicyVerdict): boolean {
  return (verdict & ~denyBit) !== 0
}

function denies(verdict: PolicyVerdict | null): boolean {
  return verdict !== null && (verdict & denyBit) !== 0
}

/** The type that AWS names when several deny is not documented; identity before resource is what was measured. */
function explicitDenier(facts: RequestFacts, sides: Sides): PolicyType | null {
  if (sides.rcp.some(denies)) return 'rcp'
  if (sides.scp?.some(denies)) return 'scp'
  if (denies(sides.vpcEndpoint)) return 'vpcEndpoint'
  if (denies(sides.identity)) return 'identity'
  if (denies(sides.boundary)) return 'boundary'
  if (denies(sides.session)) return 'session'
  if (denies(sides.resource) && !canRootRepair(facts)) return sides.kind
  return null
}

const bucketPolicyActions = new Set(['s3:getbucketpolicy', 's3:putbucketpolicy', 's3:deletebucketpolicy'])

/** The owner's root user can always take back a bucket policy that locks everybody out. */
function canRootRepair(facts: RequestFacts): boolean {
  return facts.principal.kind === 'root' && facts.isSameAccount && bucketPolicyActions.has(facts.action)
}

/** One public statement makes the whole policy public, and then no other account is served by it. */
function isBlockedAsPublic(
  facts: RequestFacts,
  policies: PolicySet,
  settings: EvaluationSettings | undefined,
  kind: ResourcePolicyKind,
): boolean {
  if (settings?.s3?.restrictPublicBuckets !== true || kind !== 'resource' || policies.resource === null) return false
  if (!facts.action.startsWith('s3:') || facts.isSameAccount || facts.principal.kind === 'service') return false
  return isPublicPolicy(policies.resource.policy)
}

const objectActions = /^s3:(?:get|put)object(?:version)?acl$|^s3:getobject(?:version)?$/

/**
 * An object that another account owns than the bucket's: Allows of the bucket policy do not apply to it, only its ACL
 * lets accounts in, and these decide by their own policies. Null for other requests.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
function weighObject(facts: RequestFacts, sides: Sides, settings: EvaluationSettings | undefined): Weighing | null {
  const { objectOwner: owner, objectAcl } = settings?.s3 ?? {}
  const { account } = facts.principal
  if (owner === undefined || owner === facts.resourceAccount || !objectActions.test(facts.action)) return null
  const isBucketOwners = objectAcl === 'bucket-owner-full-control' && facts.isSameAccount
  if (account === null || (account !== owner && !isBucketOwners)) return lacking(['resource'], 'objectOwner')
  const missing = missingOfIdentity(facts, sides)
  if (missing.length > 0) return lacking(missing)
  return facts.principal.kind === 'root' ? allowedBy('identity', 'rootUser') : allowedBy('identity')
}

function weighSides(facts: RequestFacts, sides: Sides): Weighing {
  const { kind } = sides
  if (facts.principal.kind === 'root' && kind === 'trust') return lacking(['trust'], 'rootCannotAssumeRoles')
  if (facts.principal.kind === 'anonymous' && kind !== 'resource') return lacking([kind], 'unsignedRequest')
  const grant = (sides.resource & ~denyBit) | (sides.grants & ~ownBit)
  if (!sides.isBoundByAccount) return grant === grants.none ? lacking([kind]) : allowedBy(kind)
  if (!facts.isSameAccount) return weighAcrossAccounts(facts, sides, grant)
  if (kind !== 'resource' && grant === grants.none) return lacking([kind, ...missingOfIdentity(facts, sides)])
  if (facts.principal.kind === 'root') return kind === 'key' ? allowedBy('key') : allowedBy('identity', 'rootUser')
  if ((grant & grants.direct) !== 0) return allowedBy(kind)
  const limits = missingLimits(facts, sides)
  if ((grant & grants.role) !== 0) return limits.length > 0 ? lacking(limits) : allowedBy(kind)
  const missing = missingOfIdentity(facts, sides)
  if (missing.length === 0) return allowedBy('identity')
  return lacking(missing[0] === 'identity' && kind === 'resource' ? ['identity', 'resource', ...limits] : missing)
}

/** Both accounts must allow. */
function weighAcrossAccounts(facts: RequestFacts, sides: Sides, grant: number): Weighing {
  const { kind } = sides
  if (kind === 'key' && !isKmsActionAcrossAccounts(facts.action)) return lacking(['key'], 'kmsCrossAccountAction')
  const missing: PolicyType[] = grant === grants.none ? [kind] : []
  // A grant issued in the caller's account is that account's consent.
  if ((sides.grants & ownBit) !== 0) missing.push(...missingLimits(facts, sides))
  else missing.push(...missingOfIdentity(facts, sides))
  return missing.length > 0 ? lacking(missing) : allowedBy(kind)
}

function missingOfIdentity(facts: RequestFacts, sides: Sides): readonly PolicyType[] {
  if (facts.principal.kind === 'root') return []
  const limits = missingLimits(facts, sides)
  return allows(sides.identity) ? limits : ['identity', ...limits]
}

/** A federated user without a session policy may do nothing but what a resource grants to that session itself. */
function missingLimits(facts: RequestFacts, sides: Sides): readonly PolicyType[] {
  if (facts.principal.kind === 'root') return []
  const missing: PolicyType[] = []
  if (sides.boundary !== null && !allows(sides.boundary)) missing.push('boundary')
  const session = sides.session ?? (facts.principal.kind === 'federatedUser' ? 0 : null)
  if (session !== null && !allows(session)) missing.push('session')
  return missing
}

/** Names without `kms:`. */
const kmsActionsAcrossAccounts = new Set(
  `creategrant decapsulate decrypt derivesharedsecret describekey encapsulate encrypt generatedatakey
  generatedatakeypair generatedatakeypairwithoutplaintext generatedatakeywithoutplaintext generatemac getkeyrotationstatus getpublickey listgrants
  reencryptfrom reencryptto retiregrant revokegrant sign verify verifymac`.split(/\s+/),
)

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html */
function isKmsActionAcrossAccounts(action: string): boolean {
  return kmsActionsAcrossAccounts.has(action.slice('kms:'.length))
}

function allowedBy(decidedBy: PolicyType, rule: SpecialRule | null = null): Weighing {
  return { decision: 'allowed', decidedBy, missing: [], rule }
}

function lacking(missing: readonly PolicyType[], rule: SpecialRule | null = null): Weighing {
  return { decision: 'implicitDeny', decidedBy: missing[0] ?? 'identity', missing, rule }
}
