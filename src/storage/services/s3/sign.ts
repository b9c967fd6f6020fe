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

/** A request before it is signed. */
export interface Signable {
  readonly method: string
  /** As it stands in the request line, percent-encoded once, without the query. */
  readonly path: string
  /** Names and values as they are; signing encodes them. */
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Lower-case names, `host` among them. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>
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

  /** Returns the headers to send: those of the request, the date, the token, the payload's hash and the signature. */
  sign(request: Signable, credentials: AwsCredentials, now: Date): Record<string, string> {
    const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
    const day = time.slice(0, 8)
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-content-sha256': request.payload,
      'x-amz-date': time,
    }
    if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken.reveal()
    const names = Object.keys(headers).sort()
    const signed = names.join(';')
    const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('')
    const canonical = `${request.method}\n${request.path}\n${queryText(request.query)}\n${lines}\n${signed}\n${request.payload}`
    const scope = `${day}/${this.#region}/s3/aws4_request`
    const digest = hash('sha256', canonical, 'hex')
    const signature = createHmac('sha256', this.#key(credentials.secretAccessKey, day))
      .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`)
      .digest('hex')
    headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`
    return headers
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
export function queryText(query: Signable['query']): string {
  return query
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Percent-encodes everything but the unreserved characters of RFC 3986. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
