/**
 * A spooled file as the body of a request. Every chunk is compared with the hash that was taken when the report came
 * in, before its first byte leaves: a bit that flipped on disk is never delivered.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { DrawbridgeError } from '../../base/index.ts'
import type { Body } from '../../storage/index.ts'
import type { SpooledFile } from '../record.ts'

/** The unit in which the spool is hashed and read. */
export const chunkBytes = 1 << 20

/** Reads a spooled file, any range of it, any number of times. */
export class SpooledBody implements Body {
  readonly sizeBytes: number
  readonly sha256: string
  readonly #dataPath: string
  readonly #chunksPath: string
  readonly #md5s = new Map<string, string>()
  #fault: DrawbridgeError | null = null

  constructor(file: SpooledFile, dataPath: string, chunksPath: string) {
    this.sizeBytes = file.sizeBytes
    this.sha256 = file.sha256
    this.#dataPath = dataPath
    this.#chunksPath = chunksPath
  }

  /** What went wrong with the spool while reading; null as long as nothing did. Clients wrap stream errors, so ask here. */
  get fault(): DrawbridgeError | null {
    return this.#fault
  }

  /** The MD5 (hex) of a range that was read to its end, for comparison with an ETag. */
  md5Of(start: number, end: number): string | undefined {
    return this.#md5s.get(`${start}-${end}`)
  }

  open(start = 0, end: number = this.sizeBytes): Readable {
    return Readable.from(this.#read(start, end), { objectMode: false, highWaterMark: chunkBytes })
  }

  async *#read(start: number, end: number): AsyncGenerator<Buffer> {
    const md5 = createHash('md5')
    try {
      for await (const bytes of this.#checkedChunks(start, end)) {
        md5.update(bytes)
        yield bytes
      }
    } catch (cause) {
      this.#fault =
        cause instanceof DrawbridgeError ? cause : broken('the spooled report can not be read', this.#dataPath, cause)
      throw this.#fault
    }
    this.#md5s.set(`${start}-${end}`, md5.digest('hex'))
  }

  async *#checkedChunks(start: number, end: number): AsyncGenerator<Buffer> {
    if (end <= start) return
    await using data = await open(this.#dataPath, 'r')
    await using chunks = await open(this.#chunksPath, 'r')
    const wanted = Buffer.alloc(32)
    for (let offset = start - (start % chunkBytes); offset < end; offset += chunkBytes) {
      const length = Math.min(chunkBytes, this.sizeBytes - offset)
      // A fresh buffer each time: the one before may still be on its way to the socket.
      const chunk = Buffer.allocUnsafe(length)
      const { bytesRead } = await data.read(chunk, 0, length, offset)
      const table = await chunks.read(wanted, 0, 32, (offset / chunkBytes) * 32)
      const actual = createHash('sha256').update(chunk.subarray(0, bytesRead)).digest()
      if (bytesRead !== length || table.bytesRead !== 32 || !actual.equals(wanted)) {
        throw broken('the spooled report is not what was handed over any more', this.#dataPath)
      }
      yield chunk.subarray(Math.max(0, start - offset), Math.min(length, end - offset))
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
