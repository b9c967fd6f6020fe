/**
 * Role session names and source identities from a claim's value. Both show up in the customer's CloudTrail, so the same
 * person must always get the same name, and two persons never share one.
 */
import { createHash } from 'node:crypto'

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html — RoleSessionName, SourceIdentity */
const accepted = /^[A-Za-z0-9_+=,.@-]{2,64}$/
const marker = /\.[0-9a-f]{20}$/
const hashDigits = 20

/**
 * Keeps a value that AWS accepts as it is; otherwise replaces what AWS refuses, shortens, and appends a hash of the whole
 * value. A value that already looks hashed is hashed too: only so can nobody choose the name that another one is given.
 */
function nameFor(value: string): string {
  if (value.length === 0) throw new TypeError('a name needs a value to be made of')
  if (accepted.test(value) && !marker.test(value)) return value
  const hash = createHash('sha256').update(value, 'utf16le').digest('hex').slice(0, hashDigits)
  const readable = value.slice(0, 64 - hashDigits - 1).replace(/[^A-Za-z0-9_+=,.@-]/g, '-')
  return `${readable}.${hash}`
}

/** Makes a role session name of 2–64 accepted characters. @throws TypeError when the subject is empty */
export function sessionNameFor(subject: string): string {
  return nameFor(subject)
}

/** Makes a source identity of 2–64 accepted characters. @throws TypeError when the subject is empty */
export function sourceIdentityFor(subject: string): string {
  return nameFor(subject)
}
