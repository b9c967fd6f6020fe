/**
 * Signature Version 4 for the requests of the data plane: plain headers, a payload hash that is given or none, and a signing
 * key that is derived once a day. Nothing is sent here.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import type { Secret } from '../../../base/index.ts'
import type { AwsCredentials } from '../../../credentials/index.ts'

/** Stands where the hash of the body would: the signature covers no byte of it. */
export const unsignedPayload = 'UNSIGNED-PAYLOAD'

/** A header: its lower-case name, and its value. Lists of them cost less than objects with names of any kind. */
export type Header = readonly [name: string, value: string]

/** A request before it is signed. */
export interface Signable {
  readonly method: string
  /** As it stands in the request line, percent-encoded once, without the query. */
  readonly path: string
  /** As `queryText` writes it. */
  readonly query: string
  /** `host` among them. All of them are signed. */
  readonly headers: readonly Header[]
  /** Hex SHA-256 of the body, or `unsignedPayload`. */
  readonly payload: string
}

interface DerivedKey {
  readonly secret: Secret
  readonly day: string
  /** As a key: Node finds out with two exceptions for every signature that bytes are none. */
  readonly key: KeyObject
}

/** Signs requests to S3 in one region. */
export class Signer {
  readonly #region: string
  #derived: DerivedKey | null = null

  constructor(region: string) {
    this.#region = region
  }

  /**
   * Returns the headers to send, names and values in turn: those of the request, the date, the token, the payload's hash and
   * the signature.
   */
  sign(request: Signable, credentials: AwsCredentials, now: Date): string[] {
    const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
    const day = time.slice(0, 8)
    const headers: Header[] = [...request.headers, ['x-amz-content-sha256', request.payload], ['x-amz-date', time]]
    if (credentials.sessionToken !== undefined) {
      headers.push(['x-amz-security-token', credentials.sessionToken.reveal()])
    }
    // Taken apart as lists these two would each cost an iterator.
    headers.sort((one, other) => (one[0] < other[0] ? -1 : 1))
    const sent: string[] = []
    let lines = ''
    let signed = ''
    for (const [name, value] of headers) {
      sent.push(name, value)
      lines += `${name}:${value.includes('  ') ? value.trim().replace(/ +/g, ' ') : value.trim()}\n`
      signed += signed === '' ? name : `;${name}`
    }
    const canonical = `${request.method}\n${request.path}\n${request.query}\n${lines}\n${signed}\n${request.payload}`
    const scope = `${day}/${this.#region}/s3/aws4_request`
    const digest = hash('sha256', canonical, 'hex')
    const signature = createHmac('sha256', this.#key(credentials.secretAccessKey, day))
      .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`)
      .digest('hex')
    sent.push(
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    )
    return sent
  }

  #key(secret: Secret, day: string): KeyObject {
    if (this.#derived?.day === day && this.#derived.secret.reveal() === secret.reveal()) return this.#derived.key
    const bytes = [day, this.#region, 's3', 'aws4_request'].reduce(
      (from: Buffer, text) => createHmac('sha256', from).update(text).digest(),
      Buffer.from(`AWS4${secret.reveal()}`),
    )
    const key = createSecretKey(bytes)
    this.#derived = { secret, day, key }
    return key
  }
}

/** Writes a query as it is sent and signed: encoded, in the order of its names. */
export function queryText(query: readonly (readonly [name: string, value: string])[]): string {
  return query
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Percent-encodes everything but the unreserved characters of RFC 3986. */
export function escaped(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
