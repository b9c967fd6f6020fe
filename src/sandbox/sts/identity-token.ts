/**
 * ID tokens as STS takes them: a JSON Web Token in compact form, signed with RSA or on a curve, of an issuer that the role's
 * account has registered, for an audience that stands in the provider's list, and not past its end.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @see https://www.rfc-editor.org/rfc/rfc7515
 */
import { verify } from 'node:crypto'
import { AwsError } from '../http/aws-error.ts'
import type { Account, OidcProvider } from '../world/entities.ts'
import type { IssuerKey } from './issuer-keys.ts'

/** A token, read but not yet believed. */
export interface UnverifiedToken {
  readonly issuer: string
  readonly subject: string
  readonly audience: string
  readonly expiresAtSeconds: number
  readonly claims: Readonly<Record<string, unknown>>
  readonly algorithm: string
  readonly keyId: string | null
  /** `header.payload`, the text that is signed. */
  readonly signed: string
  readonly signature: Buffer
}

/** What may differ between two clocks. */
const skewSeconds = 300
const longestToken = 20_000

/** Reads a token. @throws AwsError `InvalidIdentityToken` */
export function readIdentityToken(text: string): UnverifiedToken {
  if (text.length > longestToken) throw invalidToken('The ID Token provided is too long')
  const [header = '', payload = '', signature = '', ...more] = text.split('.')
  const head = jsonOf(header)
  const claims = jsonOf(payload)
  if (head === null || claims === null || signature === '' || more.length > 0) {
    throw invalidToken('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)')
  }
  const { iss, sub, aud, exp, iat } = claims
  const audience = Array.isArray(aud) && aud.length === 1 ? (aud[0] as unknown) : aud
  for (const [name, value] of Object.entries({ iss, sub, aud: audience })) {
    if (typeof value !== 'string' || value === '') throw invalidToken(`Missing a required claim: ${name}`)
  }
  if (typeof exp !== 'number') throw invalidToken('Missing a required claim: exp')
  if (typeof iat !== 'number') throw invalidToken('Missing a required claim: iat')
  const { alg, kid } = head
  return {
    issuer: String(iss).replace(/\/+$/, ''),
    subject: String(sub),
    audience: String(audience),
    expiresAtSeconds: exp,
    claims,
    algorithm: typeof alg === 'string' ? alg : '',
    keyId: typeof kid === 'string' ? kid : null,
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Finds the provider of a token in the role's account. @throws AwsError `InvalidIdentityToken` */
export function providerOf(token: UnverifiedToken, account: Account | undefined): OidcProvider {
  const found = [...(account?.oidcProviders.values() ?? [])].find(({ issuer }) => issuer === token.issuer)
  if (found === undefined) {
    throw invalidToken(`No OpenIDConnect provider found in your account for ${token.issuer.slice(0, 255)}`)
  }
  return found
}

/** Checks signature, audience and time. @throws AwsError `InvalidIdentityToken` | `ExpiredTokenException` */
export function checkIdentityToken(
  token: UnverifiedToken,
  provider: OidcProvider,
  keys: readonly IssuerKey[],
  now: Date,
): void {
  if (!isSigned(token, keys)) throw invalidToken('The web identity token that was passed could not be validated')
  if (!provider.clientIds.includes(token.audience)) throw invalidToken('Incorrect token audience')
  const seconds = Math.floor(now.getTime() / 1000)
  if (seconds >= token.expiresAtSeconds) {
    throw new AwsError({
      code: 'ExpiredTokenException',
      status: 400,
      message: `Token expired: current date/time ${seconds} must be before the expiration date/time ${Math.floor(token.expiresAtSeconds)}`,
    })
  }
  const { iat, nbf } = token.claims
  const begins = Math.max(Number(iat), typeof nbf === 'number' ? nbf : 0)
  if (begins > seconds + skewSeconds) throw invalidToken('The ID Token provided is not valid yet')
}

interface Algorithm {
  readonly hash: string
  readonly kind: 'rsa' | 'ec'
  readonly curve?: string
}

/** `none` and shared secrets have no row, and so verify nothing. */
const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { hash: 'sha256', kind: 'rsa' },
  RS384: { hash: 'sha384', kind: 'rsa' },
  RS512: { hash: 'sha512', kind: 'rsa' },
  ES256: { hash: 'sha256', kind: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', kind: 'ec', curve: 'secp384r1' },
  ES512: { hash: 'sha512', kind: 'ec', curve: 'secp521r1' },
}

function isSigned(token: UnverifiedToken, keys: readonly IssuerKey[]): boolean {
  const algorithm = Object.hasOwn(algorithms, token.algorithm) ? algorithms[token.algorithm] : undefined
  if (algorithm === undefined) return false
  return keys.some(({ id, key }) => {
    if (token.keyId !== null && id !== null && token.keyId !== id) return false
    if (key.asymmetricKeyType !== algorithm.kind) return false
    if (algorithm.curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== algorithm.curve) return false
    const dsaEncoding = 'ieee-p1363' as const
    return verify(algorithm.hash, Buffer.from(token.signed), { key, dsaEncoding }, token.signature)
  })
}

function jsonOf(part: string): Readonly<Record<string, unknown>> | null {
  if (!/^[\w-]+$/.test(part)) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

/** The refusal of a token. */
export function invalidToken(message: string): AwsError {
  return new AwsError({ code: 'InvalidIdentityToken', status: 400, message })
}
