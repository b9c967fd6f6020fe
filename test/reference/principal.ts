/** Who a statement of a resource-based policy speaks to (rules 4–8). */
import type { ModelStatement } from './json-policy.ts'
import type { ModelRequest } from './request.ts'

/**
 * How a statement reaches the caller. `direct`: it itself (its session, its user, everybody). `role`: the role of the
 * session. `account`: its account, which leaves the choice to the account's own policies.
 */
export type Reach = 'direct' | 'role' | 'account'

/** Null when the statement is not about the caller. A statement without the element is about the one it is attached to. */
export function reachOf(statement: ModelStatement, request: ModelRequest, hasBoundary: boolean): Reach | null {
  const { principals } = statement
  if (principals === null) return 'direct'
  const reaches = principals.map(([kind, value]) => reachOfOne(kind, value, request))
  if (!statement.principalsAreNegated) return strongest(reaches)
  if (statement.isAllow) return reaches.every((reach) => reach === null) ? 'direct' : null
  return hasBoundary || !isSpared(statement, reaches, request) ? 'direct' : null
}

function strongest(reaches: readonly (Reach | null)[]): Reach | null {
  return (['direct', 'role', 'account'] as const).find((reach) => reaches.includes(reach)) ?? null
}

/** Rule 8: AWS looks at the account, then at the role, then at the session; each of them must be listed. */
function isSpared(statement: ModelStatement, reaches: readonly (Reach | null)[], request: ModelRequest): boolean {
  if (statement.principals?.some(([, value]) => value === '*') === true) return true
  const { caller } = request
  if (caller.kind === 'root') return reaches.some((reach) => reach !== null)
  if (caller.kind === 'session')
    return (['direct', 'role', 'account'] as const).every((reach) => reaches.includes(reach))
  if (caller.kind === 'role') {
    const sessions = `arn:aws:sts::${caller.account}:assumed-role/${caller.role}/`
    const hasSession = statement.principals?.some(([, value]) => value.startsWith(sessions)) === true
    return hasSession && reaches.includes('role') && reaches.includes('account')
  }
  if (request.account !== null) return reaches.includes('direct') && reaches.includes('account')
  return reaches.includes('direct')
}

function reachOfOne(kind: string, value: string, request: ModelRequest): Reach | null {
  const { caller } = request
  if (value === '*' && (kind === '*' || kind === 'AWS')) return 'direct'
  if (kind === 'Service') return caller.kind === 'service' && caller.name === value ? 'direct' : null
  if (kind === 'Federated') return caller.kind === 'provider' && caller.name === value ? 'direct' : null
  if (kind !== 'AWS' || !('account' in caller)) return null
  if (value === caller.account || value === `arn:aws:iam::${caller.account}:root`) {
    return caller.kind === 'root' ? 'direct' : 'account'
  }
  if (value === caller.arn) return caller.kind === 'role' ? 'role' : 'direct'
  return byRole(value, request) ?? byUniqueId(value, request)
}

function byRole(value: string, request: ModelRequest): Reach | null {
  const { caller } = request
  if (caller.kind !== 'session') return null
  if (!value.startsWith(`arn:aws:iam::${caller.account}:role/`)) return null
  const known = request.valuesOf('aws:PrincipalArn')?.[0] ?? ''
  const isPathKnown = known !== `arn:aws:iam::${caller.account}:role/${caller.role}`
  const fits = isPathKnown ? value === known : value.split('/').at(-1) === caller.role
  return fits ? 'role' : null
}

/** Rule 7: a deleted role or user is left as its unique id, which only `aws:userid` can tell. */
function byUniqueId(value: string, request: ModelRequest): Reach | null {
  if (!/^A(RO|ID)A[A-Z0-9]+$/.test(value)) return null
  const [id] = request.singleValueOf('aws:userid')?.split(':') ?? []
  if (id !== value) return null
  return value.startsWith('AROA') ? 'role' : 'direct'
}
