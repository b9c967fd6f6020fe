/** Identifiers in the forms that AWS gives them. */
import type { Random } from '../../base/index.ts'

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Makes a unique id such as `AROA…`: the four letters and 17 characters. */
export function uniqueId(prefix: string, random: Random): string {
  return prefix + letters(base32, 17, random)
}

/** Makes an access key id of 20 characters: `AKIA…` or `ASIA…`. */
export function accessKeyId(prefix: 'AKIA' | 'ASIA', random: Random): string {
  return prefix + letters(base32, 16, random)
}

/** Makes a secret access key of 40 characters. */
export function secretAccessKey(random: Random): string {
  return letters(base64, 40, random)
}

/** Makes a session token. */
export function sessionToken(random: Random): string {
  return `IQoJb3JpZ2lu${letters(base64, 240, random)}`
}

/** Makes an identifier in the form of a UUID. */
export function uuid(random: Random): string {
  const hex = Buffer.from(random.bytes(16)).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Makes a token for URLs: letters and digits only. */
export function token(length: number, random: Random): string {
  return letters(base64.slice(0, 32) + base32.slice(0, 32), length, random)
}

function letters(alphabet: string, length: number, random: Random): string {
  let text = ''
  for (const byte of random.bytes(length)) text += alphabet[byte % alphabet.length]
  return text
}
