/**
 * Policies at rest: reading them as AWS does when they are put (which elements must be there depends on where they
 * stand), and binding the principals they name to unique ids.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
import { err, ok, type Result } from '../../base/index.ts'
import { type Policy, parsePolicy, type Statement } from '../../iam/index.ts'
import type { BoundPolicy, StoredPolicy } from './entities.ts'

/** Where a policy is put. */
export type PolicyPlace = 'identity' | 'trust' | 'resource'

/** Finds users and roles by what a policy calls them. */
export interface PrincipalDirectory {
  /** The unique id of the user or role with that ARN; null when nobody has it. */
  idOf(arn: string): string | null
  /** The ARN of the user or role with that unique id; null when it is gone. */
  arnOf(id: string): string | null
}

/** Reads a policy for one place; the reason is one sentence. */
export function readPolicy(text: string, place: PolicyPlace): Result<StoredPolicy, string> {
  const parsed = parsePolicy(text)
  if (!parsed.ok) {
    const first = parsed.error[0]
    return err(
      first === undefined
        ? 'Syntax errors in policy.'
        : `${first.message}${first.pointer === '' ? '' : ` at ${first.pointer}`}`,
    )
  }
  for (const statement of parsed.value.statements) {
    const misplaced = misplacedElement(statement, place)
    if (misplaced !== null) return err(misplaced)
  }
  return ok({ text, policy: parsed.value })
}

function misplacedElement(statement: Statement, place: PolicyPlace): string | null {
  if (place === 'identity') {
    if (statement.principal !== undefined) return 'Policy document should not specify a principal.'
    return statement.resource === undefined ? 'Policy statement must contain resources.' : null
  }
  if (statement.principal === undefined) {
    return place === 'trust' ? 'AssumeRole policy must contain principals.' : 'Missing required field Principal'
  }
  if (place === 'trust') return statement.resource === undefined ? null : 'Has prohibited field Resource'
  return statement.resource === undefined ? 'Missing required field Resource' : null
}

const entityArn = /^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/\S+$/
const uniqueId = /^A(?:RO|ID)A[A-Z0-9]{8,}$/

/**
 * Reads a policy that names principals and binds every user and role in it to its unique id. A unique id that is alive
 * is turned back into the ARN, as AWS shows it. The reason names the principal that does not exist.
 */
export function bindPolicy(
  text: string,
  place: 'trust' | 'resource',
  directory: PrincipalDirectory,
): Result<BoundPolicy, string> {
  const stored = readPolicy(text, place)
  if (!stored.ok) return stored
  const bindings = new Map<string, string>()
  const renamed = new Map<string, string>()
  for (const named of awsPrincipals(stored.value.policy)) {
    const arn = uniqueId.test(named) ? directory.arnOf(named) : named
    if (arn === null) return err(`Invalid principal in policy: "AWS":"${named}"`)
    if (arn !== named) renamed.set(named, arn)
    if (!entityArn.test(arn)) continue
    const id = directory.idOf(arn)
    if (id === null) return err(`Invalid principal in policy: "AWS":"${named}"`)
    bindings.set(arn, id)
  }
  const current = renamed.size === 0 ? stored.value : rename(stored.value, renamed)
  return ok({ ...current, bindings })
}

/**
 * Returns the policy as it stands today: a user or role that is no longer the one it was put for shows as its old
 * unique id, and matches nobody.
 */
export function currentPolicy(bound: BoundPolicy, directory: PrincipalDirectory): StoredPolicy {
  const dead = new Map<string, string>()
  for (const [arn, id] of bound.bindings) if (directory.idOf(arn) !== id) dead.set(arn, id)
  return dead.size === 0 ? bound : rename(bound, dead)
}

function awsPrincipals(policy: Policy): readonly string[] {
  return policy.statements.flatMap((statement) => {
    const element = statement.principal?.element
    return element === undefined || element === '*' ? [] : (element.AWS ?? [])
  })
}

/** Puts other names in the place of principals, in the text and in what was read from it. */
function rename(stored: StoredPolicy, names: ReadonlyMap<string, string>): StoredPolicy {
  const text = JSON.stringify(replaceStrings(stored.policy.source, names, false))
  const parsed = parsePolicy(text)
  return parsed.ok ? { text, policy: parsed.value } : stored
}

function replaceStrings(value: unknown, names: ReadonlyMap<string, string>, inPrincipal: boolean): unknown {
  if (typeof value === 'string') return inPrincipal ? (names.get(value) ?? value) : value
  if (Array.isArray(value)) return value.map((entry) => replaceStrings(entry, names, inPrincipal))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      replaceStrings(entry, names, inPrincipal || key === 'Principal' || key === 'NotPrincipal'),
    ]),
  )
}
