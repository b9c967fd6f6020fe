/**
 * From a verified sign-in to what the customer's AWS account sees of it: session tags, source identity and session name.
 * Only claims of the sign-in are used, never anything from a request. Pure; knows no connection beyond its mapping.
 */
import { DrawbridgeError, err, ok, type Result } from '../../base/index.ts'
import type { IdentityMapping } from '../../contract/index.ts'
import { sessionNameFor, sourceIdentityFor } from '../../credentials/index.ts'

/** A person as the sign-in verified them; for an operator or a schedule, whoever it acts for. */
export interface SignedInPerson {
  readonly issuer: string
  readonly subject: string
  /** Claims of the ID token: text, numbers, booleans or lists of them. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What of a person goes to AWS. */
export interface SessionIdentity {
  readonly tags: Readonly<Record<string, string>>
  readonly sourceIdentity: string
  readonly sessionName: string
}

/** Why a sign-in does not fit a mapping. */
export interface IdentityProblem {
  /** Required claims that are absent. */
  readonly missing: readonly string[]
  /** Claims whose value can not be a session tag, one line each; the values stay out of it. */
  readonly unusable: readonly string[]
}

/** The characters of a session tag's value, 256 at most. */
const tagValue = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u

/**
 * Maps a sign-in. A list of one value counts as that value; of several it is refused, because a session tag has one.
 * The claim `sub` is the subject. Optional claims that are absent make no tag.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
 */
export function mapIdentity(
  mapping: IdentityMapping,
  person: SignedInPerson,
): Result<SessionIdentity, IdentityProblem> {
  const missing: string[] = []
  const unusable: string[] = []
  const read = (claim: string, required: boolean, limit: RegExp | null): string | null => {
    const value = claimValue(person, claim)
    if (value.kind === 'absent') {
      if (required && !missing.includes(claim)) missing.push(claim)
      return null
    }
    if (value.kind === 'unusable') {
      unusable.push(`claim \`${claim}\` ${value.reason}`)
      return null
    }
    if (limit !== null && !limit.test(value.text)) {
      unusable.push(`claim \`${claim}\` holds characters that a session tag can not have, or more than 256`)
      return null
    }
    return value.text
  }
  const subject = read(mapping.sourceIdentityClaim, true, null)
  const tags: [string, string][] = []
  for (const rule of mapping.tags) {
    const value = read(rule.claim, rule.required, tagValue)
    if (value !== null) tags.push([rule.tag, value])
  }
  if (subject === null || missing.length > 0 || unusable.length > 0) return err({ missing, unusable })
  return ok({
    tags: Object.fromEntries(tags),
    sourceIdentity: sourceIdentityFor(subject),
    sessionName: sessionNameFor(subject),
  })
}

/** As `mapIdentity`, for whoever can not go on without. @throws claim-missing | input-invalid */
export function requireIdentity(mapping: IdentityMapping, person: SignedInPerson): SessionIdentity {
  const mapped = mapIdentity(mapping, person)
  if (mapped.ok) return mapped.value
  const { missing, unusable } = mapped.error
  const lacks = missing.map((claim) => `the sign-in lacks the claim \`${claim}\``)
  throw new DrawbridgeError({
    code: 'claim-missing',
    message: [...lacks, ...unusable].join('; '),
    operation: 'identity.map',
    context: { missing: missing.join(',') },
    help: 'ask the administrator of the sign-in to send it, or change the identity mapping of the connection',
  })
}

type ClaimValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly reason: string }

function claimValue(person: SignedInPerson, claim: string): ClaimValue {
  const own = Object.hasOwn(person.claims, claim) ? person.claims[claim] : undefined
  const value = own ?? (claim === 'sub' ? person.subject : claim === 'iss' ? person.issuer : undefined)
  if (!Array.isArray(value)) return scalar(value)
  if (value.length === 0) return { kind: 'absent' }
  if (value.length === 1) return scalar(value[0])
  return { kind: 'unusable', reason: `has ${value.length} values, and a session tag has one` }
}

function scalar(value: unknown): ClaimValue {
  if (value === undefined || value === null || value === '') return { kind: 'absent' }
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return { kind: 'text', text: String(value) }
  return { kind: 'unusable', reason: 'is not text' }
}
