/**
 * Reading and checking an ID token that somebody presents as a bearer. Pure over bytes, keys and a moment: who issued the
 * keys is the caller's to know. Only asymmetric signatures count, and each only with a key of its own kind.
 */
import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'

/** A key as a provider publishes it. */
export type PublishedKey = JsonWebKey & {
  readonly kid?: string | undefined
  readonly use?: string | undefined
  readonly alg?: string | undefined
}

/** A token taken apart; nothing of it is checked yet. */
export interface ReadToken {
  readonly algorithm: string
  readonly keyId: string | null
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: Buffer
  readonly signature: Buffer
}

/** Why a token counts for nothing: one line, lower case. */
export type TokenFault = string

const maximumLength = 16_384
/** Clocks of two machines differ. */
const leewaySeconds = 30

interface Algorithm {
  readonly hash: string | null
  readonly keyType: string
  readonly curve?: string
  readonly isPss?: true
}

/** @see https://www.rfc-editor.org/rfc/rfc7518 section 3.1, https://www.rfc-editor.org/rfc/rfc8037 section 3.1 */
const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { hash: 'sha256', keyType: 'rsa' },
  RS384: { hash: 'sha384', keyType: 'rsa' },
  RS512: { hash: 'sha512', keyType: 'rsa' },
  PS256: { hash: 'sha256', keyType: 'rsa', isPss: true },
  PS384: { hash: 'sha384', keyType: 'rsa', isPss: true },
  PS512: { hash: 'sha512', keyType: 'rsa', isPss: true },
  ES256: { hash: 'sha256', keyType: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', keyType: 'ec', curve: 'secp384r1' },
  EdDSA: { hash: null, keyType: 'ed25519' },
}

/** Takes a token apart; null when it is no signed JWT. */
export function readToken(token: string): ReadToken | null {
  if (token.length > maximumLength || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return null
  const [head = '', body = '', signature = ''] = token.split('.')
  const header = readObject(head)
  const claims = readObject(body)
  if (header === null || claims === null || typeof header['alg'] !== 'string') return null
  // A critical extension that is not understood forbids to go on. None is understood here.
  if ('crit' in header) return null
  return {
    algorithm: header['alg'],
    keyId: typeof header['kid'] === 'string' ? header['kid'] : null,
    claims,
    signed: Buffer.from(`${head}.${body}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Whether a key signed the token. Keys of another kind than the algorithm demands sign nothing. */
export function isSignedBy(token: ReadToken, published: PublishedKey): boolean {
  const algorithm = Object.hasOwn(algorithms, token.algorithm) ? algorithms[token.algorithm] : undefined
  if (algorithm === undefined || published.use === 'enc') return false
  if (published.alg !== undefined && published.alg !== token.algorithm) return false
  const key = keyOf(published)
  if (key === null || !fits(key, algorithm)) return false
  const options = {
    key,
    dsaEncoding: 'ieee-p1363' as const,
    ...(algorithm.isPss === true
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {}),
  }
  return verify(algorithm.hash, token.signed, options, token.signature)
}

/** What the claims must say. */
export interface Expected {
  readonly issuer: string
  readonly audience: string
  readonly now: Date
}

/**
 * Tells what is wrong with the claims of a token whose signature held; null when nothing is.
 * @see https://openid.net/specs/openid-connect-core-1_0.html section 3.1.3.7
 */
export function claimFault(claims: ReadToken['claims'], { issuer, audience, now }: Expected): TokenFault | null {
  const seconds = now.getTime() / 1000
  const { iss, sub, aud, azp, exp, iat, nbf } = claims
  if (iss !== issuer) return 'it is of another identity provider'
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(audience)) return 'it was made for another application'
  if ((audiences.length > 1 || azp !== undefined) && azp !== audience) return 'it was made for another application'
  if (typeof sub !== 'string' || sub === '') return 'it names nobody'
  if (typeof exp !== 'number' || typeof iat !== 'number') return 'it does not say from when and until when it holds'
  if (exp + leewaySeconds <= seconds) return 'it has expired'
  if (iat - leewaySeconds > seconds || (typeof nbf === 'number' && nbf - leewaySeconds > seconds)) {
    return 'it does not hold yet'
  }
  return null
}

function fits(key: KeyObject, { keyType, curve }: Algorithm): boolean {
  if (key.asymmetricKeyType !== keyType) return false
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  return keyType === 'rsa' ? modulusLength >= 2048 : curve === undefined || namedCurve === curve
}

function keyOf(published: PublishedKey): KeyObject | null {
  try {
    return createPublicKey({ key: published, format: 'jwk' })
  } catch {
    return null
  }
}

function readObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
