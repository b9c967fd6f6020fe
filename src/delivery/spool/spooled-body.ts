/**
 * A spooled file as the body of a request. Every block is compared with the hash that was taken when the report came in,
 * before its first byte leaves: a bit that flipped on disk is never delivered.
 */
import { createHash, webcrypto } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { DrawbridgeError } from '../../base/index.ts'
import type { Body, RangeSums } from '../../storage/index.ts'
import type { SpooledFile } from '../record.ts'
import { type BlockSum, blockBytes, crc32OfBlocks, readBlockSums } from './block-sums.ts'

/** Blocks leave in pieces of this size, so that progress is told more often than they are. */
const pieceBytes = 1 << 20
/** Below this a trip to another thread costs more than the hash. */
const smallestAsideBytes = 64 << 10

/** Hashes bytes beside the main thread. */
export async function sha256Aside(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.length < smallestAsideBytes) return createHash('sha256').update(bytes).digest()
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes))
}

/** Reads a spooled file, any range of it, any number of times. */
export class SpooledBody implements Body {
  readonly sizeBytes: number
  readonly sha256: string
  readonly #dataPath: string
  readonly #sumsPath: string
  #sums: Promise<BlockSum[]> | null = null
  #fault: DrawbridgeError | null = null

  constructor(file: SpooledFile, dataPath: string, sumsPath: string) {
    this.sizeBytes = file.sizeBytes
    this.sha256 = file.sha256
    this.#dataPath = dataPath
    this.#sumsPath = sumsPath
  }

  /** What went wrong with the spool while reading; null as long as nothing did. Clients wrap stream errors, so ask here. */
  get fault(): DrawbridgeError | null {
    return this.#fault
  }

  /** The MD5 (hex) of a range, for comparison with an ETag: read once more, where a store tells nothing better. */
  async md5Of(start: number, end: number): Promise<string> {
    const md5 = createHash('md5')
    for await (const piece of this.#read(start, end)) md5.update(piece)
    return md5.digest('hex')
  }

  /** What was taken while the report came in, for ranges of whole blocks. */
  async sums(start: number, end: number): Promise<RangeSums | null> {
    if (start % blockBytes !== 0 || (end % blockBytes !== 0 && end !== this.sizeBytes) || end <= start) return null
    const sums = await this.#guarded(() => this.#table())
    const first = start / blockBytes
    const last = Math.ceil(end / blockBytes) - 1
    const isWhole = start === 0 && end === this.sizeBytes
    const sha256 = isWhole ? this.sha256 : first === last ? (sums[first]?.sha256.toString('hex') ?? null) : null
    return { sha256, crc32: crc32OfBlocks(sums, first, last, this.sizeBytes) }
  }

  open(start = 0, end: number = this.sizeBytes): Readable {
    return Readable.from(this.#read(start, end), { objectMode: false, highWaterMark: pieceBytes })
  }

  /**
   * Reads one block into memory that the caller owns, and compares it. For whole blocks that begin at `start`; null for any
   * other range, or where the memory is too small.
   */
  async readBlock(start: number, end: number, into: Buffer): Promise<{ bytes: Buffer; sha256: string } | null> {
    const length = Math.min(blockBytes, this.sizeBytes - start)
    if (start % blockBytes !== 0 || end - start !== length || into.length < length || length <= 0) return null
    const sums = await this.#guarded(() => this.#table())
    return await this.#guarded(async () => {
      await using data = await open(this.#dataPath, 'r')
      const bytes = into.subarray(0, length)
      await this.#fill(data, bytes, start, sums)
      return { bytes, sha256: sums[start / blockBytes]?.sha256.toString('hex') ?? '' }
    })
  }

  /** Fills a buffer with the block at `offset`. @throws data-directory-broken — it is not what was handed over */
  async #fill(data: FileHandle, bytes: Buffer, offset: number, sums: readonly BlockSum[]): Promise<void> {
    const { bytesRead } = await data.read(bytes, 0, bytes.length, offset)
    const actual = await sha256Aside(bytes.subarray(0, bytesRead))
    if (bytesRead === bytes.length && sums[offset / blockBytes]?.sha256.equals(actual) === true) return
    throw broken('the spooled report is not what was handed over any more', this.#dataPath)
  }

  async *#read(start: number, end: number): AsyncGenerator<Buffer> {
    if (end <= start) return
    const sums = await this.#guarded(() => this.#table())
    await using data = await this.#guarded(() => open(this.#dataPath, 'r'))
    for (let offset = start - (start % blockBytes); offset < end; offset += blockBytes) {
      const length = Math.min(blockBytes, this.sizeBytes - offset)
      const block = await this.#guarded(async () => {
        // A fresh buffer each time: the one before may still be on its way to the socket.
        const bytes = Buffer.allocUnsafeSlow(length)
        await this.#fill(data, bytes, offset, sums)
        return bytes
      })
      const last = Math.min(length, end - offset)
      for (let from = Math.max(0, start - offset); from < last; from += pieceBytes) {
        yield block.subarray(from, Math.min(from + pieceBytes, last))
      }
    }
  }

  async #table(): Promise<BlockSum[]> {
    this.#sums ??= readFile(this.#sumsPath).then((table) => {
      const sums = readBlockSums(table, this.sizeBytes)
      if (sums === null) throw broken('the hashes of the spooled report are damaged', this.#sumsPath)
      return sums
    })
    return await this.#sums
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      this.#fault =
        cause instanceof DrawbridgeError ? cause : broken('the spooled report can not be read', this.#dataPath, cause)
      throw this.#fault
    }
  }
}

function broken(message: string, path: string, cause?: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'data-directory-broken',
    message,
    operation: 'spool.read',
    context: { file: path.slice(path.lastIndexOf('/') + 1) },
    help: 'nothing of it was delivered; hand the report over again',
    ...(cause === undefined ? {} : { cause }),
  })
}
