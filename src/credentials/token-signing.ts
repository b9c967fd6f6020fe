/**
 * Signing as an OpenID Connect issuer: JSON Web Tokens in compact form, and the two documents in which AWS finds the public
 * keys. RSA and P-256 keys; nothing here chooses what a token claims.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { err, ok, type Result, type Secret } from '../base/index.ts'

/** A private key that signs tokens. */
export interface SigningKey {
  /** `kid`: the thumbprint of the public key. */
  readonly id: string
  readonly algorithm: 'RS256' | 'ES256'
  readonly privateKey: KeyObject
}

/** Reads a private key from PEM: RSA of at least 2048 bits, or the curve P-256. The reason never quotes it. */
export function readSigningKey(pem: Secret): Result<SigningKey, string> {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem.reveal())
  } catch {
    return err('it is not a private key in PEM form')
  }
  const { modulusLength = 0, namedCurve } = privateKey.asymmetricKeyDetails ?? {}
  if (privateKey.asymmetricKeyType === 'rsa' && modulusLength >= 2048) {
    return ok({ id: thumbprintOf(privateKey), algorithm: 'RS256', privateKey })
  }
  if (privateKey.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') {
    return ok({ id: thumbprintOf(privateKey), algorithm: 'ES256', privateKey })
  }
  return err('it is neither RSA of at least 2048 bits nor of the curve P-256')
}

/** Signs claims. */
export function signToken({ id, algorithm, privateKey }: SigningKey, claims: object): string {
  const head = encoded({ alg: algorithm, kid: id, typ: 'JWT' })
  const signed = `${head}.${encoded(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

/** The documents that an issuer publishes below its address. No secret is in them. */
export interface IssuerDocuments {
  /** At `/.well-known/openid-configuration`. */
  readonly configuration: string
  /** At `/.well-known/jwks.json`. */
  readonly keySet: string
}

/** Writes the documents. The first key signs; the others are published so that a key can be replaced without a gap. */
export function issuerDocuments(issuer: string, keys: readonly SigningKey[]): IssuerDocuments {
  const configuration = {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ algorithm }) => algorithm))],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'],
  }
  const published = keys.map(({ id, algorithm, privateKey }) => ({
    ...publicMembers(privateKey),
    kid: id,
    use: 'sig',
    alg: algorithm,
  }))
  return {
    configuration: `${JSON.stringify(configuration, null, 2)}\n`,
    keySet: `${JSON.stringify({ keys: published }, null, 2)}\n`,
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function publicMembers(privateKey: KeyObject): Readonly<Record<string, unknown>> {
  return createPublicKey(privateKey).export({ format: 'jwk' }) as Readonly<Record<string, unknown>>
}

/** @see https://www.rfc-editor.org/rfc/rfc7638 — the required members, in the order of the alphabet */
function thumbprintOf(privateKey: KeyObject): string {
  const { crv, e, kty, n, x, y } = publicMembers(privateKey)
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
