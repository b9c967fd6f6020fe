/**
 * Signature Version 4 as arithmetic: canonical request, string to sign, signing key, signature. Written from AWS's
 * description and from nothing that our clients use, so that each side checks the other.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from 'node:crypto'
import type { Secret } from '../../base/index.ts'
import { type Call, percentDecode } from '../http/call.ts'

/** Date, region and service for which a signature holds. */
export interface Scope {
  /** `20260131`. */
  readonly date: string
  readonly region: string
  readonly service: string
}

/** The SHA-256 of nothing. */
export const emptySha256 = createHash('sha256').digest('hex')

/** Returns a digest in hexadecimal. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Returns the scope as it stands in a credential. */
export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`
}

/** Encodes everything but the unreserved characters. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/**
 * Writes the canonical request. S3 encodes the path once; every other service encodes the encoded path once more.
 *
 * @param signedHeaders lower case, sorted, as the caller names them.
 * @param ignoredQuery a query parameter to leave out: the signature itself in presigned URLs.
 */
export function canonicalRequest(
  call: Call,
  service: string,
  signedHeaders: readonly string[],
  payloadHash: string,
  ignoredQuery: string | null,
): string {
  const once = uriEncode(percentDecode(call.rawPath)).replaceAll('%2F', '/')
  const path = service === 's3' ? once : uriEncode(once).replaceAll('%2F', '/')
  const query = call.query
    .filter(([name]) => name !== ignoredQuery)
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const headers = signedHeaders
    .map((name) => `${name}:${(call.headers.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`)
    .join('')
  return [call.method, path, query, headers, signedHeaders.join(';'), payloadHash].join('\n')
}

/** Writes the string to sign of a request. */
export function stringToSign(amzDate: string, scope: Scope, canonical: string): string {
  return ['AWS4-HMAC-SHA256', amzDate, scopeText(scope), sha256Hex(canonical)].join('\n')
}

/** Derives the key of one day, region and service. */
export function signingKey(secret: Secret, scope: Scope): Buffer {
  const date = hmac(`AWS4${secret.reveal()}`, scope.date)
  return hmac(hmac(hmac(date, scope.region), scope.service), 'aws4_request')
}

/** Signs a string; hexadecimal. */
export function sign(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
