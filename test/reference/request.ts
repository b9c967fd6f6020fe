/** A request as the reference model sees it: who asks, from which account, and what its context keys answer (rule 18). */
import type { AccessRequest } from '../../src/iam/index.ts'

export type Caller =
  | { readonly kind: 'user'; readonly account: string; readonly arn: string }
  | { readonly kind: 'session'; readonly account: string; readonly arn: string; readonly role: string }
  /** Some session of the role. */
  | { readonly kind: 'role'; readonly account: string; readonly arn: string; readonly role: string }
  | { readonly kind: 'federated'; readonly account: string; readonly arn: string }
  | { readonly kind: 'root'; readonly account: string; readonly arn: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'provider'; readonly name: string }
  | { readonly kind: 'anonymous' }

export interface ModelRequest {
  readonly caller: Caller
  /** Null for callers that belong to no account. */
  readonly account: string | null
  readonly action: string
  readonly resource: string
  readonly resourceAccount: string
  /** Null when the request does not carry the key. */
  readonly valuesOf: (key: string) => readonly string[] | null
  /** Null when the key is absent, or is one that holds a list (however short). */
  readonly singleValueOf: (key: string) => string | null
  /** Keys and values as KMS was given them, letter by letter. */
  readonly encryptionContext: ReadonlyMap<string, string>
}

export function readRequest(request: AccessRequest): ModelRequest {
  const caller = callerOf(request.principal)
  const given = new Map<string, string | readonly string[]>()
  for (const [key, value] of [...derived(caller, request), ...Object.entries(request.context)]) {
    given.set(key.toLowerCase(), value)
  }
  const valuesOf = (key: string) => {
    const value = given.get(key.toLowerCase()) ?? null
    return typeof value === 'string' ? [value] : value
  }
  return {
    caller,
    account: 'account' in caller ? caller.account : null,
    action: request.action,
    resource: request.resource,
    resourceAccount: request.resourceAccount,
    valuesOf,
    singleValueOf: (key) => {
      const value = given.get(key.toLowerCase())
      return typeof value === 'string' && !multivaluedKeys.has(key.toLowerCase()) ? value : null
    },
    encryptionContext: new Map(
      Object.entries(request.context).flatMap(([key, value]): [string, string][] => {
        const [, name] = /^kms:EncryptionContext:(.+)$/is.exec(key) ?? []
        const text = typeof value === 'string' ? value : value[0]
        return name === undefined || text === undefined ? [] : [[name, text]]
      }),
    ),
  }
}

/** Identity providers that trust policies name without an ARN (Principal element, web identity session principals). */
const webIdentityProviders = [
  'accounts.google.com',
  'cognito-identity.amazonaws.com',
  'graph.facebook.com',
  'www.amazon.com',
]

/** Keys that hold a list by their nature, even when the list has one value (single-valued and multivalued context keys). */
const multivaluedKeys = new Set(
  [
    'aws:CalledVia',
    'aws:PrincipalOrgPaths',
    'aws:PrincipalServiceNamesList',
    'aws:ResourceOrgPaths',
    'aws:SourceOrgPaths',
    'aws:TagKeys',
    'kms:EncryptionContextKeys',
    's3:RequestObjectTagKeys',
    'sts:TransitiveTagKeys',
  ].map((key) => key.toLowerCase()),
)

function callerOf(principal: string): Caller {
  if (principal === '*') return { kind: 'anonymous' }
  const parts = principal.split(':')
  if (parts[0] !== 'arn') {
    return { kind: webIdentityProviders.includes(principal) ? 'provider' : 'service', name: principal }
  }
  const [account = '', rest = ''] = [parts[4], parts.slice(5).join(':')]
  const [type = '', ...names] = rest.split('/')
  const arn = principal
  if (type === 'root') return { kind: 'root', account, arn }
  if (type === 'user') return { kind: 'user', account, arn }
  if (type === 'federated-user') return { kind: 'federated', account, arn }
  if (type === 'assumed-role') return { kind: 'session', account, arn, role: names[0] ?? '' }
  if (type === 'role') return { kind: 'role', account, arn, role: names[names.length - 1] ?? '' }
  return { kind: 'provider', name: principal }
}

/** Keys that follow from who asks and whose the resource is. */
function derived(caller: Caller, request: AccessRequest): readonly (readonly [string, string])[] {
  const keys: (readonly [string, string])[] = [['aws:ResourceAccount', request.resourceAccount]]
  if (caller.kind !== 'anonymous') keys.push(['aws:PrincipalIsAWSService', String(caller.kind === 'service')])
  if ('account' in caller)
    keys.push(['aws:PrincipalAccount', caller.account], ['aws:PrincipalArn', principalArn(caller)])
  if (caller.kind === 'anonymous') keys.push(['aws:PrincipalAccount', 'anonymous'])
  if (caller.kind === 'service') keys.push(['aws:PrincipalServiceName', caller.name])
  if (caller.kind === 'user') keys.push(['aws:username', caller.arn.split('/').at(-1) ?? ''])
  const type = principalTypes[caller.kind]
  if (type !== undefined) keys.push(['aws:PrincipalType', type])
  return keys
}

const principalTypes: Readonly<Partial<Record<Caller['kind'], string>>> = {
  user: 'User',
  session: 'AssumedRole',
  role: 'AssumedRole',
  federated: 'FederatedUser',
  root: 'Account',
  anonymous: 'Anonymous',
}

/** A session's is its role's; the session's ARN does not tell the role's path. */
function principalArn(caller: Caller & { readonly account: string; readonly arn: string }): string {
  return caller.kind === 'session' ? `arn:aws:iam::${caller.account}:role/${caller.role}` : caller.arn
}
