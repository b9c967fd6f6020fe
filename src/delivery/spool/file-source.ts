/**
 * A file of this machine as the source of a report: read straight into the memory that it is hashed and written from, and
 * watched: a file that changes while it is read is no report.
 */
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { DrawbridgeError } from '../../base/index.ts'
import { countBufferGarbage } from '../../storage/index.ts'

/** How a file is read. */
export interface FileSourceOptions {
  /** Called with the bytes read so far. */
  readonly onProgress?: (bytesRead: number) => void
}

const chunkBytes = 256 * 1024

/** One file, to be read once from its beginning to its end. */
export class FileSource implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly path: string
  readonly #options: FileSourceOptions
  #fault: unknown = null

  constructor(path: string, options: FileSourceOptions = {}) {
    this.path = path
    this.#options = options
  }

  /** What went wrong while reading; null as long as nothing did. Whoever sends the bytes on wraps it, so ask here. */
  get fault(): unknown {
    return this.#fault
  }

  /** Opens the file. @throws the error of the file system */
  async read(): Promise<FileReading> {
    const handle = await this.#watched(() => open(this.path, 'r'))
    try {
      const before = await this.#watched(() => handle.stat({ bigint: true }))
      return new FileReading(this.path, handle, before, { ...this.#options, watched: (work) => this.#watched(work) })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#fault = error
      throw error
    }
  }

  /** The bytes as a stream, each chunk in memory of its own. @throws report-unreadable — it changed meanwhile */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    await using reading = await this.read()
    for (;;) {
      const chunk = new Uint8Array(chunkBytes)
      const bytes = await reading.fill(chunk)
      if (bytes === 0) return
      yield chunk.subarray(0, bytes)
      countBufferGarbage(bytes)
    }
  }
}

interface ReadingOptions extends FileSourceOptions {
  readonly watched: <T>(work: () => Promise<T>) => Promise<T>
}

/** An opened file on its way through. */
export class FileReading {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #before: BigIntStats
  readonly #options: ReadingOptions
  #position = 0

  constructor(path: string, handle: FileHandle, before: BigIntStats, options: ReadingOptions) {
    this.#path = path
    this.#handle = handle
    this.#before = before
    this.#options = options
  }

  /** As the file was when it was opened; of a pipe or a device 0. */
  get sizeBytes(): number {
    return Number(this.#before.size)
  }

  /** Puts the next bytes there and answers how many; 0: the end. @throws report-unreadable — it changed meanwhile */
  fill(room: Uint8Array): Promise<number> {
    return this.#options.watched(() => this.#fill(room))
  }

  async #fill(room: Uint8Array): Promise<number> {
    const isRegular = this.#before.isFile()
    const { bytesRead } = await this.#handle.read(room, 0, room.length, isRegular ? this.#position : null)
    if (bytesRead === 0 && isRegular) await this.#compare()
    this.#position += bytesRead
    if (bytesRead > 0) this.#options.onProgress?.(this.#position)
    return bytesRead
  }

  async #compare(): Promise<void> {
    const after = await this.#handle.stat({ bigint: true })
    const isSame = after.size === this.#before.size && after.mtimeNs === this.#before.mtimeNs
    if (isSame && after.size === BigInt(this.#position)) return
    throw new DrawbridgeError({
      code: 'report-unreadable',
      message: `\`${basename(this.#path)}\` changed while it was read`,
      operation: 'spool.write',
      help: 'nothing was accepted; hand the file over again when nothing writes to it any more',
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }
}
