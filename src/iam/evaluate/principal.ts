/**
 * Principals: what a request's principal string says, and how the Principal elements of policies match it. How a match
 * weighs (role ARN, session ARN, account) is said here by a grant; what follows from it is decided in `weigh.ts`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import { type Arn, parseArn } from '../match/arn.ts'
import type { PrincipalElement } from '../types.ts'

export type PrincipalKind =
  | 'user'
  /** A role session, or a role ARN that stands for some session. */
  | 'roleSession'
  | 'federatedUser'
  | 'root'
  | 'service'
  /** An identity provider: the principal of AssumeRoleWithWebIdentity and AssumeRoleWithSAML. */
  | 'provider'
  | 'anonymous'
  | 'unknown'

/** A request's principal, read. */
export interface RequestPrincipal {
  readonly kind: PrincipalKind
  /** As given. */
  readonly text: string
  /** Null for services, providers and anonymous requests: no account's policies bind them. */
  readonly account: string | null
  /** What `aws:PrincipalArn` says; null when the request has no such key. */
  readonly arn: string | null
  /** Last part of the path. */
  readonly roleName: string | null
  /** Null when only the role is known. */
  readonly sessionArn: string | null
  /** False when the role's path was not given: a session ARN does not carry it. */
  readonly isPathKnown: boolean
  /** `AROA…` or `AIDA…` of `aws:userid`, when given. */
  readonly uniqueId: string | null
}

/** Context that sharpens a principal: a role's path, its unique id. */
export interface PrincipalHints {
  readonly principalArn: string | null
  readonly userId: string | null
  readonly isFederation: boolean
}

/** Reads the principal of a request. Text of no known form matches only `*`. */
export function readPrincipal(text: string, hints: PrincipalHints): RequestPrincipal {
  const arn = parseArn(text)
  if (arn === null) {
    if (text === '*') return ofNoAccount('anonymous', text, hints)
    if (hints.isFederation || webIdentityProviders.has(text)) return ofNoAccount('provider', text, hints)
    return ofNoAccount(text.includes('.') ? 'service' : 'unknown', text, hints)
  }
  const { resource } = arn
  if (resource === 'root') return ofAccount('root', text, arn, hints)
  const slash = resource.indexOf('/')
  switch (resource.slice(0, slash)) {
    case 'user':
      return ofAccount('user', text, arn, hints)
    case 'role':
      return ofAccount('roleSession', text, arn, hints, lastSegment(resource))
    case 'federated-user':
      return ofAccount('federatedUser', text, arn, hints, null, text)
    case 'oidc-provider':
    case 'saml-provider':
      return ofNoAccount('provider', text, hints)
    case 'assumed-role':
      return ofAssumedRole(text, arn, hints)
    default:
      return ofAccount('unknown', text, arn, hints)
  }
}

/** Providers that trust policies name without an ARN; sts:TagSession is asked of them too, and they look like services. */
const webIdentityProviders: ReadonlySet<string> = new Set([
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
])

// These three give objects of one shape, members in one order: matching reads them for every statement.

function ofNoAccount(kind: PrincipalKind, text: string, hints: PrincipalHints): RequestPrincipal {
  const uniqueId = uniqueIdOf(hints)
  const arn = hints.principalArn
  return { kind, text, account: null, arn, roleName: null, sessionArn: null, isPathKnown: true, uniqueId }
}

function ofAccount(
  kind: PrincipalKind,
  text: string,
  { account }: Arn,
  hints: PrincipalHints,
  roleName: string | null = null,
  sessionArn: string | null = null,
): RequestPrincipal {
  const uniqueId = uniqueIdOf(hints)
  const arn = hints.principalArn ?? text
  return { kind, text, account, arn, roleName, sessionArn, isPathKnown: true, uniqueId }
}

function ofAssumedRole(text: string, { partition, account, resource }: Arn, hints: PrincipalHints): RequestPrincipal {
  const [, roleName = ''] = resource.split('/', 2)
  const uniqueId = uniqueIdOf(hints)
  const isPathKnown = hints.principalArn !== null
  const arn = hints.principalArn ?? `arn:${partition}:iam::${account}:role/${roleName}`
  return { kind: 'roleSession', text, account, arn, roleName, sessionArn: text, isPathKnown, uniqueId }
}

function uniqueIdOf({ userId }: PrincipalHints): string | null {
  return userId?.split(':', 1)[0] ?? null
}

/** How a Principal element reaches the principal; bits, because several entries may match. */
export const grants = {
  none: 0,
  /** By its account: a delegation, an identity-based policy must still allow. */
  account: 1,
  /** By its role: limited by implicit denies of boundary and session policy. */
  role: 2,
  /** By itself or by `*`: not limited by implicit denies in the same account. */
  direct: 4,
} as const

/** A Principal element ready to match. */
export interface CompiledPrincipal {
  readonly negated: boolean
  readonly everyone: boolean
  readonly accounts: ReadonlySet<string>
  readonly arns: ReadonlySet<string>
  /** `account/name` of every role listed, path left out. */
  readonly roles: ReadonlySet<string>
  /** `account/name` of every role of which a session is listed. */
  readonly sessionRoles: ReadonlySet<string>
  readonly ids: ReadonlySet<string>
  readonly services: ReadonlySet<string>
  readonly providers: ReadonlySet<string>
}

/** Sorts the entries of a Principal or NotPrincipal element. Canonical user ids are not matched: requests carry none. */
export function compilePrincipal(element: PrincipalElement, negated: boolean): CompiledPrincipal {
  const aws = element === '*' ? ['*'] : (element.AWS ?? [])
  const sorted = {
    accounts: new Set<string>(),
    arns: new Set<string>(),
    roles: new Set<string>(),
    sessionRoles: new Set<string>(),
    ids: new Set<string>(),
  }
  for (const entry of aws) sortEntry(entry, sorted)
  return {
    negated,
    everyone: aws.includes('*'),
    ...sorted,
    services: new Set(element === '*' ? [] : (element.Service ?? [])),
    providers: new Set(element === '*' ? [] : (element.Federated ?? [])),
  }
}

function sortEntry(
  entry: string,
  sorted: Record<'accounts' | 'arns' | 'roles' | 'sessionRoles' | 'ids', Set<string>>,
): void {
  const arn = parseArn(entry)
  if (/^\d{12}$/.test(entry)) sorted.accounts.add(entry)
  else if (arn === null) sorted.ids.add(entry)
  else if (arn.resource === 'root') sorted.accounts.add(arn.account)
  else {
    sorted.arns.add(entry)
    if (arn.resource.startsWith('role/')) sorted.roles.add(`${arn.account}/${lastSegment(arn.resource)}`)
    if (arn.resource.startsWith('assumed-role/'))
      sorted.sessionRoles.add(`${arn.account}/${arn.resource.split('/')[1]}`)
  }
}

/** The grant by which an Allow statement with this element reaches the principal; `grants.none` when it does not. */
export function allowGrant(element: CompiledPrincipal, principal: RequestPrincipal): number {
  const listed = listedGrant(element, principal)
  if (!element.negated) return listed
  return listed === grants.none ? grants.direct : grants.none
}

/**
 * Tells whether a Deny statement with this element reaches the principal. NotPrincipal spares a principal only when its
 * account, and the role and the session themselves, are all listed; it spares none that has a permissions boundary.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function denyReaches(element: CompiledPrincipal, principal: RequestPrincipal, hasBoundary: boolean): boolean {
  if (!element.negated) return listedGrant(element, principal) !== grants.none
  return hasBoundary || !isSpared(element, principal)
}

function isSpared(element: CompiledPrincipal, principal: RequestPrincipal): boolean {
  if (element.everyone) return true
  const { account } = principal
  if (account === null) return listedGrant(element, principal) !== grants.none
  if (!element.accounts.has(account)) return false
  if (principal.kind === 'root') return true
  if (principal.kind !== 'roleSession') return (listedGrant(element, principal) & grants.direct) !== 0
  if (!isRoleListed(element, principal)) return false
  if (principal.sessionArn !== null) return element.arns.has(principal.sessionArn)
  return element.sessionRoles.has(`${account}/${principal.roleName}`)
}

function listedGrant(element: CompiledPrincipal, principal: RequestPrincipal): number {
  if (element.everyone) return grants.direct
  switch (principal.kind) {
    case 'anonymous':
      return grants.none
    case 'service':
      return element.services.has(principal.text) || element.services.has('*') ? grants.direct : grants.none
    case 'provider':
      return element.providers.has(principal.text) || element.providers.has('*') ? grants.direct : grants.none
    default:
      return ownGrant(element, principal)
  }
}

function ownGrant(element: CompiledPrincipal, principal: RequestPrincipal): number {
  let grant: number = grants.none
  if (principal.account !== null && element.accounts.has(principal.account)) grant |= grants.account
  if (principal.kind === 'roleSession') {
    if (isRoleListed(element, principal)) grant |= grants.role
    if (principal.sessionArn !== null && element.arns.has(principal.sessionArn)) grant |= grants.direct
  } else if (element.arns.has(principal.text) || hasId(element, principal)) grant |= grants.direct
  return grant
}

/** Role names are unique in an account whatever their path, so a name decides when the path is not known. */
function isRoleListed(element: CompiledPrincipal, principal: RequestPrincipal): boolean {
  if (hasId(element, principal)) return true
  if (principal.isPathKnown) return principal.arn !== null && element.arns.has(principal.arn)
  return element.roles.has(`${principal.account}/${principal.roleName}`)
}

function hasId(element: CompiledPrincipal, principal: RequestPrincipal): boolean {
  return principal.uniqueId !== null && element.ids.has(principal.uniqueId)
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
