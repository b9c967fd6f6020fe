/**
 * People who come with an ID token as a bearer: somebody at a terminal who signed in through the identity provider. The
 * token must be made for the terminal's own client, so that no other application's token opens anything here.
 */
import { z } from 'zod'
import { type Clock, DrawbridgeError } from '../../base/index.ts'
import type { Caller } from '../../operations/index.ts'
import { claimFault, isSignedBy, type PublishedKey, type ReadToken, readToken } from './id-token.ts'

/** What checking bearers works with. */
export interface BearerParts {
  readonly clock: Clock
  readonly issuer: string
  /** The terminal's client id at the provider: the audience of its tokens. */
  readonly audience: string
  /** Where the provider publishes its keys. @throws unavailable */
  readonly keysAddress: () => Promise<URL>
  /** Who the claims of a checked token name. */
  readonly callerOf: (claims: Readonly<Record<string, unknown>>) => Caller
}

const publishedKeys = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })).max(100),
})
const maximumKeyBytes = 1_000_000
/** Keys are read anew after so long, so that one that was withdrawn stops counting. */
const keysMilliseconds = 10 * 60_000
/** A key id that nobody knows makes them read again, but not more often than this. */
const unknownMilliseconds = 30_000

/** Checks bearers of one provider. */
export class Bearers {
  readonly #parts: BearerParts
  #keys: { readonly list: readonly PublishedKey[]; readonly readAt: number } | null = null

  constructor(parts: BearerParts) {
    this.#parts = parts
  }

  /**
   * Finds whose token it is.
   * @throws unauthenticated — with what is wrong, and never with the token; unavailable — the provider's keys can not be read
   */
  async callerOf(bearer: string): Promise<Caller> {
    const { clock, issuer, audience, callerOf } = this.#parts
    const token = readToken(bearer)
    if (token === null) throw refused('it is no ID token')
    if (!(await this.#isSigned(token))) throw refused('the identity provider did not sign it')
    const fault = claimFault(token.claims, { issuer, audience, now: clock.now() })
    if (fault !== null) throw refused(fault)
    return callerOf(token.claims)
  }

  async #isSigned(token: ReadToken): Promise<boolean> {
    const known = await this.#read(keysMilliseconds)
    if (isSignedByOne(token, known)) return true
    const isStrange = token.keyId === null || !known.some(({ kid }) => kid === token.keyId)
    return isStrange && isSignedByOne(token, await this.#read(unknownMilliseconds))
  }

  async #read(maximumAge: number): Promise<readonly PublishedKey[]> {
    const now = this.#parts.clock.now().getTime()
    if (this.#keys !== null && now - this.#keys.readAt < maximumAge) return this.#keys.list
    const list = await fetchKeys(await this.#parts.keysAddress())
    this.#keys = { list, readAt: now }
    return list
  }
}

function isSignedByOne(token: ReadToken, keys: readonly PublishedKey[]): boolean {
  const named = keys.filter(({ kid }) => token.keyId === null || kid === undefined || kid === token.keyId)
  return named.some((key) => isSignedBy(token, key))
}

async function fetchKeys(address: URL): Promise<readonly PublishedKey[]> {
  try {
    const answer = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(10_000) })
    if (!answer.ok) throw new Error(`the keys were answered with ${answer.status}`)
    const text = await boundedText(answer)
    return publishedKeys.parse(JSON.parse(text)).keys
  } catch (cause) {
    throw new DrawbridgeError({
      code: 'unavailable',
      retry: 'later',
      message: 'the keys of the identity provider can not be read',
      operation: 'sign-in',
      cause,
    })
  }
}

async function boundedText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > maximumKeyBytes) throw new Error('the keys are too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refused(fault: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'unauthenticated',
    message: `the sign-in is not accepted: ${fault}`,
    operation: 'sign-in',
    help: 'sign in again: `drawbridge sign-in`',
  })
}
