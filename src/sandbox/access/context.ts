/**
 * The context keys of a request that do not depend on the service: who calls, from where, when, in which region.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import type { Caller, Session } from '../world/entities.ts'
import type { World } from '../world/world.ts'

/** Context keys with their values. */
export type Context = Readonly<Record<string, string | readonly string[]>>

/** What the request says besides who made it. */
export interface RequestFacts {
  readonly region: string
  readonly userAgent: string | null
  readonly referer: string | null
}

/** Tells the simulated address from which a caller's requests come. */
export function sourceAddress(world: World, caller: Caller): string {
  if (caller.kind === 'anonymous') return '127.0.0.1'
  const origin = caller.kind === 'session' ? caller.originAccountId : caller.accountId
  return world.accounts.get(origin)?.sourceAddress ?? '127.0.0.1'
}

/** Collects the global context keys. */
export function globalContext(world: World, caller: Caller, facts: RequestFacts): Context {
  const now = world.simulatedNow()
  return {
    'aws:CurrentTime': now.toISOString().replace(/\.\d{3}/, ''),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    // Loopback carries no TLS; the sandbox stands for endpoints that speak nothing else.
    'aws:SecureTransport': 'true',
    'aws:SourceIp': sourceAddress(world, caller),
    'aws:RequestedRegion': facts.region,
    'aws:ViaAWSService': 'false',
    'aws:PrincipalIsAWSService': 'false',
    ...(facts.userAgent === null ? {} : { 'aws:UserAgent': facts.userAgent }),
    ...(facts.referer === null ? {} : { 'aws:Referer': facts.referer }),
    ...callerContext(caller),
  }
}

function callerContext(caller: Caller): Context {
  if (caller.kind === 'anonymous') return { 'aws:PrincipalType': 'Anonymous', 'aws:userid': 'anonymous' }
  const tags = prefixed('aws:PrincipalTag/', effectiveTags(caller))
  if (caller.kind === 'user') {
    return {
      ...tags,
      'aws:PrincipalArn': caller.arn,
      'aws:PrincipalAccount': caller.accountId,
      'aws:PrincipalType': 'User',
      'aws:userid': caller.id,
      'aws:username': caller.name,
    }
  }
  return {
    ...tags,
    'aws:PrincipalArn': caller.role.arn,
    'aws:PrincipalAccount': caller.accountId,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${caller.role.id}:${caller.name}`,
    'aws:TokenIssueTime': caller.issuedAt.toISOString().replace(/\.\d{3}/, ''),
    'aws:MultiFactorAuthPresent': 'false',
    ...(caller.sourceIdentity === null ? {} : { 'aws:SourceIdentity': caller.sourceIdentity }),
    ...(caller.federatedProvider === undefined ? {} : { 'aws:FederatedProvider': caller.federatedProvider }),
  }
}

/** The tags of a principal: a session's own win over its role's, whatever the letter case of the key. */
function effectiveTags(caller: Exclude<Caller, { kind: 'anonymous' }>): ReadonlyMap<string, string> {
  if (caller.kind === 'user') return caller.tags
  return overlay(caller.role.tags, caller.tags)
}

/** Lays tags over others: a key of the upper set hides the same key, in any letter case, of the lower. */
export function overlay(
  lower: ReadonlyMap<string, string>,
  upper: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const hidden = new Set([...upper.keys()].map((key) => key.toLowerCase()))
  return new Map([...[...lower].filter(([key]) => !hidden.has(key.toLowerCase())), ...upper])
}

/** Turns tags into context keys. */
export function prefixed(prefix: string, tags: ReadonlyMap<string, string>): Context {
  return Object.fromEntries([...tags].map(([key, value]) => [`${prefix}${key}`, value]))
}

/** The tags that a session hands on to the next one in a chain. */
export function transitiveTags(session: Session): ReadonlyMap<string, string> {
  const keys = new Set(session.transitiveTagKeys.map((key) => key.toLowerCase()))
  return new Map([...session.tags].filter(([key]) => keys.has(key.toLowerCase())))
}
