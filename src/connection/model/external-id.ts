/** External IDs: always made by us, one per connection, never changed and never used again. */
import type { Random } from '../../base/index.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Makes an External ID: `dbx_` and 24 characters of the base64url alphabet, 144 random bits.
 *
 * Not a secret, yet not to be guessed either; AWS's guide asks for the one on one page and for the other on another.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
 */
export function newExternalId(random: Random): string {
  let text = 'dbx_'
  for (const byte of random.bytes(24)) text += alphabet[byte & 63]
  return text
}

/** Names what is weak about an External ID that somebody else chose; null when nothing is. */
export function weaknessOfAdopted(externalId: string, facts: readonly string[]): string | null {
  if (/^\d{12}$/.test(externalId)) return 'it is an account id, which anybody can know'
  if (facts.includes(externalId.toLowerCase())) return 'it can be guessed from the name of the customer or the bucket'
  if (externalId.length < 16) return 'it is shorter than sixteen characters'
  return null
}
