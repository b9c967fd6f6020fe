/**
 * A file of this machine as the source of a report, and watched: a file that changes while it is read is no report. Who reads
 * it may be another thread.
 */
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { DrawbridgeError } from '../../base/index.ts'
import { countBufferGarbage } from '../../storage/index.ts'
import type { SourceFault } from './hashing.ts'

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
      return new FileReading(this.path, handle, before, {
        ...this.#options,
        watched: (work) => this.#watched(work),
        note: (fault) => {
          this.#fault = fault
        },
      })
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
  readonly note: (fault: unknown) => void
}

/** An opened file on its way through. */
export class FileReading {
  /** For whoever reads the file itself, and tells how far it is. */
  readonly handle: FileHandle
  readonly #path: string
  readonly #before: BigIntStats
  readonly #options: ReadingOptions
  #position = 0

  constructor(path: string, handle: FileHandle, before: BigIntStats, options: ReadingOptions) {
    this.#path = path
    this.handle = handle
    this.#before = before
    this.#options = options
  }

  /** As the file was when it was opened; of a pipe or a device 0. */
  get sizeBytes(): number {
    return Number(this.#before.size)
  }

  /** Puts the next bytes there and answers how many; 0: the end. @throws report-unreadable — it changed meanwhile */
  async fill(room: Uint8Array): Promise<number> {
    const isRegular = this.#before.isFile()
    const position = isRegular ? this.#position : null
    const { bytesRead } = await this.#options.watched(() => this.handle.read(room, 0, room.length, position))
    if (bytesRead > 0) this.tell(this.#position + bytesRead)
    else if (isRegular) await this.end()
    return bytesRead
  }

  /** So many bytes were read. */
  tell(position: number): void {
    this.#position = position
    this.#options.onProgress?.(position)
  }

  /** Everything was read. @throws report-unreadable — the file changed meanwhile */
  async end(): Promise<void> {
    await this.#options.watched(async () => {
      const after = await this.handle.stat({ bigint: true })
      const isSame = after.size === this.#before.size && after.mtimeNs === this.#before.mtimeNs
      if (!isSame || after.size !== BigInt(this.#position)) throw this.#changed()
    })
  }

  /** What went wrong while somebody else read the file. */
  fail(fault: SourceFault): Error {
    const error = fault.code === null ? this.#changed() : fault
    this.#options.note(error)
    return error
  }

  #changed(): DrawbridgeError {
    return new DrawbridgeError({
      code: 'report-unreadable',
      message: `\`${basename(this.#path)}\` changed while it was read`,
      operation: 'spool.write',
      help: 'nothing was accepted; hand the file over again when nothing writes to it any more',
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close()
  }
}
