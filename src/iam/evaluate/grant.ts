/**
 * Grants on KMS keys: whether one lets a principal call an operation, as its constraints allow. How that weighs beside the
 * key policy and the identity-based policies is decided in `weigh.ts`.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html
 */
import type { GrantOutcome, KmsGrant } from '../types.ts'
import { allowGrant, type CompiledPrincipal, compilePrincipal, grants as reach } from './principal.ts'
import type { RequestFacts } from './request-facts.ts'

/** What a grant gives: bits as of a key policy's Allow, and `ownBit`. */
export type GrantVerdict = number

/** Issued in the caller's own account, a grant speaks for that account too: no identity-based policy is needed. */
export const ownBit = 8

/** A grant that has a say about an operation, and what it gives. */
export interface ExplainedGrant {
  readonly outcome: GrantOutcome
  readonly verdict: GrantVerdict
}

/** What all grants together give. */
export function scanGrants(grants: readonly KmsGrant[], facts: RequestFacts): GrantVerdict {
  let verdict: GrantVerdict = 0
  for (const grant of grants) {
    // Nearly all of a key's grants are somebody else's.
    const given = reachOf(grant, facts)
    if (given !== 0 && explainGrant(grant, facts).outcome.matched) verdict |= given
  }
  return verdict
}

/** Says what one grant made of the request. */
export function explainGrant(grant: KmsGrant, facts: RequestFacts): ExplainedGrant {
  const reached = reachOf(grant, facts)
  const operation = facts.action.slice('kms:'.length)
  const keyMatched = grant.keyArn === null || grant.keyArn === facts.resource
  const operationMatched = grant.operations.some((one) => one.toLowerCase() === operation)
  const constraints = constraintsOn(operation, grant, facts)
  const matched = keyMatched && operationMatched && reached !== 0 && constraints.every((one) => one.matched)
  return {
    outcome: { grant: grant.name, matched, keyMatched, granteeMatched: reached !== 0, operationMatched, constraints },
    verdict: matched ? reached : 0,
  }
}

const grantees = new WeakMap<KmsGrant, CompiledPrincipal>()

function reachOf(grant: KmsGrant, facts: RequestFacts): GrantVerdict {
  const { principal } = facts
  const known = grantees.get(grant)
  const { granteePrincipal } = grant
  // Nobody can be given a grant by a star.
  const named = granteePrincipal === '*' ? [] : [granteePrincipal]
  const grantee = known ?? compilePrincipal({ AWS: named, Service: named }, false)
  if (known === undefined) grantees.set(grant, grantee)
  const reached = allowGrant(grantee, principal)
  if (reached === reach.none) return 0
  const issuer = grant.issuingAccount ?? facts.resourceAccount
  // One to the whole account leaves the choice to it, as a key policy does.
  return issuer === principal.account && reached > reach.account ? reached | ownBit : reached
}

/** Operations that carry an encryption context. A constraint on it leaves others out, which no such grant can be made for. */
const encrypting = /^(?:de|en|reen)crypt|^generatedatakey/
/** Operations that a constraint on the encryption context does not touch. */
const unconstrained = /^(?:describekey|retiregrant)$/

type Constraint = GrantOutcome['constraints'][number]

function constraintsOn(operation: string, grant: KmsGrant, facts: RequestFacts): readonly Constraint[] {
  const { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn } = grant.constraints
  const found: Constraint[] = []
  if (!unconstrained.test(operation)) {
    const given = encrypting.test(operation) ? facts.encryptionContext : none
    if (equals !== undefined) found.push(pairsConstraint('EncryptionContextEquals', equals, given))
    if (subset !== undefined) found.push(pairsConstraint('EncryptionContextSubset', subset, given))
  }
  if (sourceArn !== undefined) {
    const actual = facts.values('aws:sourcearn')
    found.push({ constraint: 'SourceArn', wanted: [sourceArn], actual, matched: actual?.includes(sourceArn) ?? false })
  }
  if (operation === 'creategrant') {
    // A grant made by way of a grant gives no more than that one does.
    const actual = facts.values('kms:grantoperations')
    const wanted = grant.operations
    const matched = actual?.every((one) => wanted.includes(one)) ?? false
    found.push({ constraint: 'GrantOperations', wanted, actual, matched })
  }
  return found
}

const none: ReadonlyMap<string, string> = new Map()

function pairsConstraint(
  constraint: 'EncryptionContextEquals' | 'EncryptionContextSubset',
  wanted: Readonly<Record<string, string>>,
  given: ReadonlyMap<string, string>,
): Constraint {
  const pairs = Object.entries(wanted)
  const isWhole = constraint === 'EncryptionContextSubset' || given.size === pairs.length
  return {
    constraint,
    wanted: pairs.map(pairText),
    actual: given.size === 0 ? null : [...given].map(pairText),
    matched: given.size > 0 && isWhole && pairs.every(([key, value]) => given.get(key) === value),
  }
}

function pairText([key, value]: readonly [string, string]): string {
  return `${key}=${value}`
}
