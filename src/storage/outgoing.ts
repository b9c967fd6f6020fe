/**
 * The last hands that bytes go through before they leave: counted, compared with what was promised, and reported as
 * progress. The last piece is held back until everything before it was found right, so that a body that is too long, too
 * short or not the promised one never becomes a complete request.
 */
import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { DrawbridgeError } from '../base/index.ts'
import { countBufferGarbage } from './buffer-garbage.ts'
import type { Body } from './object-store.ts'

export interface OutgoingOptions {
  readonly operation: string
  /** Compare with the body's SHA-256 while sending. Only for a whole body; stores that compare it themselves need not. */
  readonly verify?: boolean
  /** Also computes MD5, for stores that echo one. */
  readonly md5?: boolean
  readonly onProgress?: ((bytesSent: number) => void) | undefined
}

/** Bytes on their way out. */
export interface Outgoing {
  readonly stream: Readable
  /** Base 64; null until the stream has ended. */
  md5(): string | null
  /** Why the bytes could not be given, when that is why the stream broke off. */
  failure(): DrawbridgeError | null
}

function unreadable(operation: string, error: unknown): DrawbridgeError {
  if (error instanceof DrawbridgeError) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
  return new DrawbridgeError({
    code: 'report-unreadable',
    message: `the bytes to send can not be read (${code})`,
    operation,
    context: { providerCode: code },
  })
}

function changed(operation: string, what: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'checksum-mismatch',
    message: `the bytes to send are not the ones that were announced: ${what}`,
    operation,
    help: 'the file changed after it was accepted, or its disk is failing; nothing was written',
  })
}

class Meter {
  readonly #expected: number
  readonly #sha256: string | null
  readonly #options: OutgoingOptions
  readonly #hashes: Hash[] = []
  readonly #md5: Hash | null
  #seen = 0
  #sent = 0
  #md5Base64: string | null = null
  #failure: DrawbridgeError | null = null

  constructor(expected: number, sha256: string | null, options: OutgoingOptions) {
    this.#expected = expected
    this.#sha256 = sha256
    this.#options = options
    this.#md5 = options.md5 === true ? createHash('md5') : null
    if (sha256 !== null) this.#hashes.push(createHash('sha256'))
    if (this.#md5 !== null) this.#hashes.push(this.#md5)
  }

  md5(): string | null {
    return this.#md5Base64
  }

  failure(): DrawbridgeError | null {
    return this.#failure
  }

  /** The source is opened only when the first byte is wanted: a request that is refused before leaves no file open. */
  async *pump(open: () => Readable): AsyncGenerator<Buffer> {
    let held: Buffer | null = null
    let source: Readable | null = null
    try {
      source = this.#guarded(open)
      const pieces = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
      for (;;) {
        const next = await this.#next(pieces)
        // Outside of what is watched: here the receiver may break off, which is no fault of the bytes.
        if (held !== null) yield this.#passed(held)
        if (next === null) return
        held = next
      }
    } finally {
      source?.destroy()
    }
  }

  #guarded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.#failure = unreadable(this.#options.operation, error)
      throw this.#failure
    }
  }

  /** Takes the next piece into account; null after the last, when all of them were right. */
  async #next(pieces: AsyncIterator<Buffer>): Promise<Buffer | null> {
    const { operation } = this.#options
    try {
      const { done, value } = await pieces.next()
      if (done) {
        if (this.#seen < this.#expected) throw changed(operation, `${this.#seen} bytes instead of ${this.#expected}`)
        this.#compare()
        return null
      }
      this.#seen += value.length
      if (this.#seen > this.#expected) throw changed(operation, `more than ${this.#expected} bytes`)
      for (const hash of this.#hashes) hash.update(value)
      return value
    } catch (error) {
      this.#failure = unreadable(operation, error)
      throw this.#failure
    }
  }

  #passed(piece: Buffer): Buffer {
    this.#sent += piece.length
    countBufferGarbage(piece.length)
    this.#options.onProgress?.(this.#sent)
    return piece
  }

  #compare(): void {
    this.#md5Base64 = this.#md5?.copy().digest('base64') ?? null
    const [sha256] = this.#hashes
    if (this.#sha256 === null || sha256 === undefined) return
    if (sha256.digest('hex') !== this.#sha256) throw changed(this.#options.operation, 'their SHA-256 differs')
  }
}

/** Opens bytes `start`–`end` (exclusive) of a body for sending. */
export function outgoing(body: Body, start: number, end: number, options: OutgoingOptions): Outgoing {
  const whole = start === 0 && end === body.sizeBytes
  const meter = new Meter(end - start, options.verify === true && whole ? body.sha256 : null, options)
  return {
    stream: Readable.from(
      meter.pump(() => body.open(start, end)),
      { objectMode: false, highWaterMark: 512 * 1024 },
    ),
    md5: () => meter.md5(),
    failure: () => meter.failure(),
  }
}

/**
 * The same bytes for whoever has done with each piece when it asks for the next one: in memory that is reused, where the
 * body can.
 */
export function outgoingPieces(
  body: Body,
  start: number,
  end: number,
  options: OutgoingOptions,
): AsyncIterable<Uint8Array> {
  const pieces = body.pieces?.(start, end)
  return pieces === undefined ? outgoing(body, start, end, options).stream : counted(pieces, body, start, end, options)
}

/** Such bodies compare each piece themselves; what is left to compare is the whole. */
async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  body: Body,
  start: number,
  end: number,
  { operation, verify, onProgress }: OutgoingOptions,
): AsyncGenerator<Uint8Array> {
  const hash = verify === true && start === 0 && end === body.sizeBytes ? createHash('sha256') : null
  let sent = 0
  for await (const piece of pieces) {
    hash?.update(piece)
    sent += piece.length
    yield piece
    onProgress?.(sent)
  }
  if (sent !== end - start) throw changed(operation, `${sent} bytes instead of ${end - start}`)
  if (hash !== null && hash.digest('hex') !== body.sha256) throw changed(operation, 'their SHA-256 differs')
}

/** The CRC-32 of bytes `start`–`end` of a body, which is read only when it does not know it. */
export async function crc32OfRange(body: Body, start: number, end: number, operation: string): Promise<number> {
  const known = (await body.crc32?.(start, end)) ?? null
  if (known !== null) return known
  let sum = 0
  for await (const piece of bytesOf(body, start, end, operation)) sum = crc32(piece, sum)
  return sum
}

/** Hashes bytes `start`–`end` of a body in one reading, without keeping them. */
export async function hashOfRange(
  body: Body,
  start: number,
  end: number,
  algorithm: 'sha256' | 'md5',
  operation: string,
): Promise<Buffer> {
  if (algorithm === 'sha256' && start === 0 && end === body.sizeBytes) return Buffer.from(body.sha256, 'hex')
  const hash = createHash(algorithm)
  for await (const piece of bytesOf(body, start, end, operation)) hash.update(piece)
  return hash.digest()
}

/** For reading only: each piece is good until the next one is asked for. */
function bytesOf(body: Body, start: number, end: number, operation: string): AsyncIterable<Uint8Array> {
  return body.pieces?.(start, end) ?? outgoing(body, start, end, { operation }).stream
}
