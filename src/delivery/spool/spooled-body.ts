/**
 * A spooled file as the body of a request. Every piece is compared with the tag that was taken when the report came in, before
 * its first byte leaves: a bit that flipped on disk is never delivered. Stores are told the CRCs that were taken then as well.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { DrawbridgeError } from '../../base/index.ts'
import type { Body } from '../../storage/index.ts'
import type { SpooledFile } from '../record.ts'
import { givePieceMemory, takePieceMemory } from './piece-memory.ts'
import { crc32OfPieces, isPieceWhole, type PieceSum, pieceBytes, readPieceSums } from './piece-sums.ts'

/** Reads a spooled file, any range of it, any number of times. */
export class SpooledBody implements Body {
  readonly sizeBytes: number
  readonly sha256: string
  readonly #dataPath: string
  readonly #sumsPath: string
  #sums: Promise<PieceSum[]> | null = null
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
    for await (const piece of this.pieces(start, end)) md5.update(piece)
    return md5.digest('hex')
  }

  /** As it was taken while the report came in, for ranges of whole pieces; null of others. */
  async crc32(start: number, end: number): Promise<number | null> {
    const sums = await this.#guarded(() => this.#table())
    return crc32OfPieces(sums, start, end, this.sizeBytes)
  }

  open(start = 0, end: number = this.sizeBytes): Readable {
    return Readable.from(this.#copies(start, end), { objectMode: false, highWaterMark: pieceBytes })
  }

  /** The bytes in memory that is reused: each piece is good until the next one is asked for. */
  async *pieces(start = 0, end: number = this.sizeBytes): AsyncGenerator<Buffer> {
    if (end <= start) return
    const sums = await this.#guarded(() => this.#table())
    await using data = await this.#guarded(() => open(this.#dataPath, 'r'))
    const [one, other] = [takePieceMemory(), takePieceMemory()]
    let offset = start - (start % pieceBytes)
    // The next piece is read while this one leaves.
    let next = this.#begin(data, one, offset, sums)
    try {
      for (let isOdd = false; offset < end; offset += pieceBytes, isOdd = !isOdd) {
        const piece = await next
        const following = offset + pieceBytes
        if (following < end) next = this.#begin(data, isOdd ? one : other, following, sums)
        yield piece.subarray(Math.max(0, start - offset), Math.min(piece.length, end - offset))
      }
    } finally {
      // Memory that is still being read into must not become somebody else's.
      await next.catch(() => {})
      givePieceMemory(one)
      givePieceMemory(other)
    }
  }

  /** Each piece in memory of its own: whoever reads a stream may keep it. */
  async *#copies(start: number, end: number): AsyncGenerator<Buffer> {
    for await (const piece of this.pieces(start, end)) {
      const copy = Buffer.allocUnsafeSlow(piece.length)
      piece.copy(copy)
      yield copy
    }
  }

  #begin(data: FileHandle, memory: Buffer, offset: number, sums: readonly PieceSum[]): Promise<Buffer> {
    const piece = memory.subarray(0, Math.min(pieceBytes, this.sizeBytes - offset))
    const filled = this.#guarded(() => this.#fill(data, piece, offset, sums))
    // Its failure is thrown where it is waited for, and must not count as unhandled until then.
    filled.catch(() => {})
    return filled
  }

  /** Fills memory with the piece at `offset`. @throws data-directory-broken — it is not what was handed over */
  async #fill(data: FileHandle, piece: Buffer, offset: number, sums: readonly PieceSum[]): Promise<Buffer> {
    const { bytesRead } = await data.read(piece, 0, piece.length, offset)
    if (bytesRead === piece.length && isPieceWhole(piece, sums, offset)) return piece
    throw broken('the spooled report is not what was handed over any more', this.#dataPath)
  }

  async #table(): Promise<PieceSum[]> {
    this.#sums ??= readFile(this.#sumsPath).then((table) => {
      const sums = readPieceSums(table, this.sizeBytes)
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
