/**
 * Decides whether a request is from whom it says: the key, the scope, the clock, the session token, the signed headers
 * and the signature itself. What the body hashes to is checked where the body is read.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Call } from '../http/call.ts'
import type { AccessKey } from '../world/entities.ts'
import type { World } from '../world/world.ts'
import { canonicalRequest, emptySha256, sign, signingKey, stringToSign } from './canonical.ts'
import type { Claim } from './credential.ts'
import { authenticationError } from './problem.ts'

const allowedSkewMs = 15 * 60 * 1000

/** A claim that proved true. */
export interface Verified {
  readonly claim: Claim
  readonly key: AccessKey
  /** The key that chunk signatures are made with. */
  readonly signingKey: Uint8Array
  /** As signed: hexadecimal SHA-256, `UNSIGNED-PAYLOAD`, or one of the `STREAMING-…` words. */
  readonly payloadHash: string
}

/**
 * Verifies a claim.
 *
 * @param payloadHash what the last line of the canonical request must be.
 * @throws AwsError in the words of the service.
 */
export function verifyClaim(world: World, call: Call, claim: Claim, payloadHash: string): Verified {
  const { scope } = claim
  checkDates(world, claim)
  const key = world.accessKey(claim.accessKeyId)
  if (key === null) throw authenticationError(scope.service, { kind: 'unknown-key', accessKeyId: claim.accessKeyId })
  checkSignedHeaders(call, claim)
  const ignored = claim.form === 'query' ? 'X-Amz-Signature' : null
  const canonical = canonicalRequest(call, scope.service, claim.signedHeaders, payloadHash, ignored)
  const text = stringToSign(claim.amzDate, scope, canonical)
  const derived = signingKey(key.secretAccessKey, scope)
  if (!sameText(sign(derived, text), claim.signature)) {
    throw authenticationError(scope.service, {
      kind: 'bad-signature',
      accessKeyId: claim.accessKeyId,
      stringToSign: text,
      canonical,
      signature: claim.signature,
    })
  }
  checkSession(world, claim, key)
  return { claim, key, signingKey: derived, payloadHash }
}

/** What a presigned URL signs when it names no hash; anything else must name one. */
export function declaredPayloadHash(call: Call, claim: Claim): string | null {
  const header = call.headers.get('x-amz-content-sha256')
  if (header !== undefined) return header
  if (claim.form === 'query')
    return call.query.find(([name]) => name === 'X-Amz-Content-Sha256')?.[1] ?? 'UNSIGNED-PAYLOAD'
  return call.method === 'GET' || call.method === 'HEAD' ? emptySha256 : null
}

function checkDates(world: World, claim: Claim): void {
  const { service, date } = claim.scope
  const now = world.clock.now()
  if (!claim.amzDate.startsWith(date)) {
    const message = 'the date in the credential does not match the date of the request'
    throw authenticationError(service, { kind: 'wrong-scope', message })
  }
  const ageMs = now.getTime() - claim.signedAt.getTime()
  if (claim.expiresSeconds !== null) {
    const expiresAt = new Date(claim.signedAt.getTime() + claim.expiresSeconds * 1000)
    if (now > expiresAt) {
      throw authenticationError(service, {
        kind: 'url-expired',
        expiresSeconds: claim.expiresSeconds,
        expiresAt,
        serverTime: now,
      })
    }
  }
  if (ageMs < -allowedSkewMs || (ageMs > allowedSkewMs && claim.form === 'header')) {
    throw authenticationError(service, { kind: 'skewed', requestTime: claim.amzDate, serverTime: now, late: ageMs > 0 })
  }
}

function checkSignedHeaders(call: Call, claim: Claim): void {
  const signed = new Set(claim.signedHeaders)
  const unsigned = [...call.headers.keys()].filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.has(name),
  )
  if (unsigned.length > 0) throw authenticationError(claim.scope.service, { kind: 'unsigned-headers', names: unsigned })
}

function checkSession(world: World, claim: Claim, key: AccessKey): void {
  const { service } = claim.scope
  const held = key.sessionToken?.reveal() ?? null
  if (held === null) {
    if (claim.sessionToken !== null) throw authenticationError(service, { kind: 'invalid-token' })
    return
  }
  if (claim.sessionToken === null) {
    throw authenticationError(service, { kind: 'unknown-key', accessKeyId: claim.accessKeyId })
  }
  if (!sameText(held, claim.sessionToken)) throw authenticationError(service, { kind: 'invalid-token' })
  if (key.owner.kind === 'session' && key.owner.expiresAt <= world.clock.now()) {
    throw authenticationError(service, { kind: 'expired-token' })
  }
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
