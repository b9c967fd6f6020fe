/**
 * Takes `aws-chunked` bodies apart and verifies the chain of chunk signatures, and of the trailer, while the bytes flow.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { createHash } from 'node:crypto'
import { AwsError } from '../http/aws-error.ts'
import { emptySha256, scopeText, sha256Hex, sign } from './canonical.ts'
import { authenticationError } from './problem.ts'
import type { Verified } from './verify.ts'

const longestLine = 4096
const mostTrailers = 16

/** Trailing headers, filled once the body was read to its end. */
export type Trailers = Map<string, string>

/**
 * Yields the bytes of the chunks.
 *
 * @param signer null for bodies whose chunks are not signed.
 * @throws AwsError `IncompleteBody` for broken framing, `SignatureDoesNotMatch` for a wrong chunk.
 */
export async function* readChunks(
  source: AsyncIterable<Uint8Array>,
  signer: Verified | null,
  trailers: Trailers,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source)
  let previous = signer?.claim.signature ?? ''
  for (;;) {
    const { sizeBytes, signature } = readChunkHead(await reader.line())
    const hash = createHash('sha256')
    let left = sizeBytes
    while (left > 0) {
      const piece = await reader.upTo(left)
      left -= piece.length
      if (signer !== null) hash.update(piece)
      yield piece
    }
    if (signer !== null) {
      previous = checkChunk(signer, previous, hash.digest('hex'), signature)
    }
    if (sizeBytes === 0) break
    if ((await reader.line()) !== '') throw incompleteBody()
  }
  await readTrailers(reader, signer, previous, trailers)
}

/** `400;chunk-signature=…`. */
function readChunkHead(line: string): { readonly sizeBytes: number; readonly signature: string } {
  const [size, ...extensions] = line.split(';')
  if (size === undefined || !/^[0-9a-fA-F]{1,10}$/.test(size)) throw incompleteBody()
  const extension = extensions.find((text) => text.startsWith('chunk-signature='))
  return { sizeBytes: Number.parseInt(size, 16), signature: extension?.slice('chunk-signature='.length) ?? '' }
}

function checkChunk(signer: Verified, previous: string, hash: string, signature: string): string {
  const { claim } = signer
  const text = ['AWS4-HMAC-SHA256-PAYLOAD', claim.amzDate, scopeText(claim.scope), previous, emptySha256, hash].join(
    '\n',
  )
  return checkSignature(signer, text, signature)
}

async function readTrailers(
  reader: ByteReader,
  signer: Verified | null,
  previous: string,
  trailers: Trailers,
): Promise<void> {
  let canonical = ''
  let signature: string | null = null
  for (let count = 0; ; count += 1) {
    const line = await reader.lineOrEnd()
    if (line === null || line === '') break
    if (count >= mostTrailers) throw incompleteBody()
    const mark = line.indexOf(':')
    if (mark === -1) throw incompleteBody()
    const name = line.slice(0, mark).trim().toLowerCase()
    const value = line.slice(mark + 1).trim()
    if (name === 'x-amz-trailer-signature') {
      signature = value
      continue
    }
    trailers.set(name, value)
    canonical += `${name}:${value}\n`
  }
  if (signer?.payloadHash !== 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER') return
  const { claim } = signer
  const hash = sha256Hex(canonical)
  const text = ['AWS4-HMAC-SHA256-TRAILER', claim.amzDate, scopeText(claim.scope), previous, hash].join('\n')
  checkSignature(signer, text, signature ?? '')
}

function checkSignature(signer: Verified, text: string, signature: string): string {
  const expected = sign(signer.signingKey, text)
  if (expected === signature) return expected
  throw authenticationError('s3', {
    kind: 'bad-signature',
    accessKeyId: signer.claim.accessKeyId,
    stringToSign: text,
    canonical: '',
    signature,
  })
}

/** The refusal of a body that ends early or is framed wrong. */
export function incompleteBody(): AwsError {
  return new AwsError({
    code: 'IncompleteBody',
    status: 400,
    message: 'You did not provide the number of bytes specified by the Content-Length HTTP header',
  })
}

/** Reads lines and runs of bytes from a stream of buffers, holding one buffer at a time. */
class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #buffer: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Returns one line without its end; null when the stream ends before it begins. */
  async lineOrEnd(): Promise<string | null> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n')
      if (end !== -1) {
        const line = this.#buffer.toString('latin1', 0, end)
        this.#buffer = this.#buffer.subarray(end + 2)
        return line
      }
      if (this.#buffer.length > longestLine) throw incompleteBody()
      if (!(await this.#fill())) {
        if (this.#buffer.length === 0) return null
        throw incompleteBody()
      }
    }
  }

  async line(): Promise<string> {
    const line = await this.lineOrEnd()
    if (line === null) throw incompleteBody()
    return line
  }

  /** Returns at least one and at most `limit` bytes. */
  async upTo(limit: number): Promise<Buffer> {
    if (this.#buffer.length === 0 && !(await this.#fill())) throw incompleteBody()
    const piece = this.#buffer.subarray(0, limit)
    this.#buffer = this.#buffer.subarray(piece.length)
    return piece
  }

  async #fill(): Promise<boolean> {
    if (this.#ended) return false
    const next = await this.#source.next()
    if (next.done === true) {
      this.#ended = true
      return false
    }
    const chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    return true
  }
}
