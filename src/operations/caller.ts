/** Who calls an operation and what he may do. Knows neither cookies nor tokens: the doors find out who it is. */

import { DrawbridgeError } from '../base/index.ts'
import { type ActorSummary, type OperationName, operations, type Right } from '../contract/index.ts'

/** The claims of a verified sign-in, as the identity mapping reads them. */
export type Claims = Readonly<Record<string, string | string[]>>

/** A caller whose identity is established. */
export interface Caller {
  readonly actor: ActorSummary
  readonly claims: Claims
  readonly rights: ReadonlySet<Right>
}

/** Which values of one claim give which right; `*` is everybody who is signed in. */
export interface RightsRule {
  /** The claim that is looked at: `groups`. */
  readonly claim: string
  readonly view: readonly string[]
  readonly operate: readonly string[]
  readonly connect: readonly string[]
}

/** Every signed-in person may view and operate; connections and routes are the operator's. */
export const defaultRights: RightsRule = { claim: 'groups', view: ['*'], operate: ['*'], connect: [] }

const everyRight: ReadonlySet<Right> = new Set<Right>(['view', 'operate', 'connect', 'local'])

/** The person at the machine itself, who holds the data directory: may do everything. */
export function operatorCaller(claims: Claims = {}): Caller {
  return {
    actor: { kind: 'operator', issuer: 'local', subject: 'operator' },
    claims: { sub: 'operator', ...claims },
    rights: everyRight,
  }
}

/** Derives the rights of a signed-in person. Whoever may do more than look may also look. */
export function rightsOf(claims: Claims, rule: RightsRule): ReadonlySet<Right> {
  const value = claims[rule.claim]
  const held = new Set(typeof value === 'string' ? [value] : (value ?? []))
  const rights = new Set<Right>(['local'])
  for (const right of ['view', 'operate', 'connect'] as const) {
    if (rule[right].some((wanted) => wanted === '*' || held.has(wanted))) rights.add(right).add('view')
  }
  return rights
}

/** Keeps those claims that are strings or lists of strings; numbers and booleans as text. Objects are dropped. */
export function readClaims(claims: Readonly<Record<string, unknown>>): Claims {
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(claims)) {
    if (typeof value === 'string') kept[name] = value
    else if (typeof value === 'number' || typeof value === 'boolean') kept[name] = String(value)
    else if (Array.isArray(value) && value.every((item) => typeof item === 'string')) kept[name] = value
  }
  return kept
}

/** @throws forbidden when the caller lacks the right that the operation's row names. */
export function requireRight(caller: Caller, name: OperationName): void {
  const { right } = operations[name]
  if (caller.rights.has(right)) return
  throw new DrawbridgeError({
    code: 'forbidden',
    message: `\`${name}\` needs the right \`${right}\``,
    operation: name,
    help: 'ask whoever runs this deployment; `rights` in its configuration maps claims to rights',
  })
}
