/** Chance, injected, so that tests and simulations own it. */

/** A source of random bytes. */
export interface Random {
  /** Returns `length` random bytes. */
  bytes(length: number): Uint8Array
}

/** The platform's cryptographic source. */
export const systemRandom: Random = {
  bytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * Makes an identifier such as `dlv_4w8z…`: the prefix and 26 characters of Crockford's base 32, 130 random bits.
 */
export function newId(prefix: string, random: Random): string {
  let text = ''
  for (const byte of random.bytes(26)) text += alphabet[byte & 31]
  return `${prefix}_${text}`
}
