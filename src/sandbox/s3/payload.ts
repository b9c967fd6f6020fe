/**
 * Receives the body of an S3 request: length, framing, signed hash, Content-MD5 and `x-amz-checksum-*` are checked while
 * the bytes pass through to wherever they go.
 */
import { createHash } from 'node:crypto'
import { AwsError } from '../http/aws-error.ts'
import type { Call } from '../http/call.ts'
import { incompleteBody, readChunks, type Trailers } from '../signature/chunks.ts'
import type { Verified } from '../signature/verify.ts'
import { type Checksum, type ChecksumAlgorithm, checksumAlgorithm, isChecksum, startChecksum } from './checksum.ts'

/** What arrived. */
export interface Received {
  readonly sizeBytes: number
  readonly md5: Buffer
  /** The checksum that the sender gave, verified; null when it gave none. */
  readonly checksum: Checksum | null
}

/** The largest body of one PUT. */
const largestPut = 5 * 1024 ** 3

/**
 * Reads the body to its end.
 *
 * @param verified null for anonymous requests.
 * @param sink takes every byte; whoever owns it throws them away when this throws.
 * @param checksums `object`: checksum headers tell of an object and not of this body, as those of a completion do.
 * @throws AwsError
 */
export async function receivePayload(
  call: Call,
  verified: Verified | null,
  limitBytes: number,
  sink: (chunk: Uint8Array) => Promise<void> | void,
  checksums: 'body' | 'object' = 'body',
): Promise<Received> {
  const payloadHash = verified?.payloadHash ?? call.headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  const expectedBytes = expectedLength(call, payloadHash.startsWith('STREAMING-'), Math.min(limitBytes, largestPut))
  const declared = checksums === 'body' ? declaredChecksum(call) : null
  const expectedMd5 = contentMd5(call)
  const trailers: Trailers = new Map()
  const md5 = createHash('md5')
  const sha256 = /^[0-9a-f]{64}$/.test(payloadHash) ? createHash('sha256') : null
  const running = declared === null ? null : startChecksum(declared.algorithm)
  let sizeBytes = 0
  for await (const chunk of openPayload(call, verified, payloadHash, trailers)) {
    sizeBytes += chunk.length
    if (sizeBytes > expectedBytes) throw incompleteBody()
    md5.update(chunk)
    sha256?.update(chunk)
    running?.update(chunk)
    await sink(chunk)
  }
  if (sizeBytes !== expectedBytes) throw incompleteBody()
  if (sha256 !== null && sha256.digest('hex') !== payloadHash) throw sha256Mismatch()
  const md5Digest = md5.digest()
  if (expectedMd5 !== null && !expectedMd5.equals(md5Digest)) {
    throw badDigest('The Content-MD5 you specified did not match what we received.')
  }
  const value = running?.digest().toString('base64')
  return { sizeBytes, md5: md5Digest, checksum: checkedValue(declared, value, trailers) }
}

/** Receives a small body as text. @throws AwsError */
export async function receiveText(
  call: Call,
  verified: Verified | null,
  limitBytes = 1024 * 1024,
  checksums: 'body' | 'object' = 'body',
): Promise<string> {
  const chunks: Uint8Array[] = []
  await receivePayload(call, verified, limitBytes, (chunk) => void chunks.push(chunk), checksums)
  return Buffer.concat(chunks).toString('utf8')
}

function openPayload(
  call: Call,
  verified: Verified | null,
  payloadHash: string,
  trailers: Trailers,
): AsyncIterable<Uint8Array> {
  switch (payloadHash) {
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      if (verified === null) throw unsupportedHash()
      return readChunks(call.openBody(), verified, trailers)
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return readChunks(call.openBody(), null, trailers)
    case 'UNSIGNED-PAYLOAD':
      return call.openBody()
    default:
      if (!/^[0-9a-f]{64}$/.test(payloadHash)) throw unsupportedHash()
      return call.openBody()
  }
}

function expectedLength(call: Call, streaming: boolean, limitBytes: number): number {
  const text = call.headers.get(streaming ? 'x-amz-decoded-content-length' : 'content-length')
  if (text === undefined && !streaming && call.headers.get('transfer-encoding') === undefined) return 0
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw new AwsError({
      code: 'MissingContentLength',
      status: 411,
      message: 'You must provide the Content-Length HTTP header.',
    })
  }
  const length = Number(text)
  if (length > limitBytes) {
    throw new AwsError({
      code: 'EntityTooLarge',
      status: 400,
      message: 'Your proposed upload exceeds the maximum allowed size',
      fields: { ProposedSize: text, MaxSizeAllowed: String(limitBytes) },
    })
  }
  return length
}

interface DeclaredChecksum {
  readonly algorithm: ChecksumAlgorithm
  /** Null: the value comes in a trailer. */
  readonly value: string | null
}

const checksumHeader = 'x-amz-checksum-'
/** These begin like a checksum and are none. */
const settings = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-mode', 'x-amz-checksum-type'])

function declaredChecksum(call: Call): DeclaredChecksum | null {
  const found: DeclaredChecksum[] = []
  for (const [name, value] of call.headers) {
    if (!name.startsWith(checksumHeader) || settings.has(name)) continue
    const algorithm = checksumAlgorithm(name.slice(checksumHeader.length))
    if (algorithm === null || !isChecksum(algorithm, value))
      throw invalidRequest(`Value for ${name} header is invalid.`)
    found.push({ algorithm, value })
  }
  for (const name of (call.headers.get('x-amz-trailer') ?? '').split(',').map((text) => text.trim().toLowerCase())) {
    if (!name.startsWith(checksumHeader)) continue
    const algorithm = checksumAlgorithm(name.slice(checksumHeader.length))
    if (algorithm === null) throw invalidRequest('The value specified in the x-amz-trailer header is not supported')
    found.push({ algorithm, value: null })
  }
  if (found.length > 1) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.')
  }
  return found[0] ?? null
}

function checkedValue(
  declared: DeclaredChecksum | null,
  value: string | undefined,
  trailers: Trailers,
): Checksum | null {
  if (declared === null || value === undefined) return null
  const { algorithm } = declared
  const sent = declared.value ?? trailers.get(checksumHeader + algorithm.toLowerCase())
  if (sent === undefined) {
    throw new AwsError({
      code: 'MalformedTrailerError',
      status: 400,
      message:
        'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    })
  }
  if (sent !== value) throw badDigest(`The ${algorithm} you specified did not match the calculated checksum.`)
  return { algorithm, value, type: 'FULL_OBJECT' }
}

function contentMd5(call: Call): Buffer | null {
  const text = call.headers.get('content-md5')
  if (text === undefined) return null
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== 16)
    throw new AwsError({ code: 'InvalidDigest', status: 400, message: 'The Content-MD5 you specified is not valid.' })
  return bytes
}

function sha256Mismatch(): AwsError {
  return new AwsError({
    code: 'XAmzContentSHA256Mismatch',
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  })
}

function unsupportedHash(): AwsError {
  return invalidRequest(
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
  )
}

function badDigest(message: string): AwsError {
  return new AwsError({ code: 'BadDigest', status: 400, message })
}

function invalidRequest(message: string): AwsError {
  return new AwsError({ code: 'InvalidRequest', status: 400, message })
}
