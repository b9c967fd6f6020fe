/** Chance, injected, so that tests and simulations own it. */

/** A source of random bytes. */
export interface Random {
  /** Returns `length` random bytes. */
  bytes(length: number): Uint8Array
}

/** Asking the platform costs several microseconds, however little is asked for: so it is asked for much. */
const pool = new Uint8Array(4_096)
let given = pool.length
const longestPooled = 64

/** The platform's cryptographic source. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > longestPooled) return globalThis.crypto.getRandomValues(new Uint8Array(length))
    if (given + length > pool.length) {
      globalThis.crypto.getRandomValues(pool)
      given = 0
    }
    const bytes = pool.slice(given, given + length)
    // Nobody finds them here again.
    pool.fill(0, given, given + length)
    given += length
    return bytes
  },
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

/** So many characters say milliseconds since 1970 until the year 3084. */
const timeCharacters = 9

/**
 * Makes one of the same form that begins with the moment of its making; 85 random bits follow. What is made one after the
 * other then stands side by side in an index, so that few of its pages change. Nothing else may be made of the order.
 */
export function newTimedId(prefix: string, now: Date, random: Random): string {
  let time = ''
  let rest = Math.max(0, now.getTime())
  for (let n = 0; n < timeCharacters; n++) {
    time = `${alphabet[rest % 32]}${time}`
    rest = Math.floor(rest / 32)
  }
  const start = prefix.length + 1
  const id = newId(prefix, random)
  return id.slice(0, start) + time + id.slice(start + timeCharacters)
}
