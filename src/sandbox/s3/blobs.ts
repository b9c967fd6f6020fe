/**
 * Bytes on disk: written under `incoming`, renamed when complete, read in ranges. An object of several parts is a list
 * of blobs, so that completing a multipart upload moves no byte.
 */
import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const readSize = 256 * 1024

/** Bytes that are complete and do not change. */
export interface Blob {
  readonly name: string
  readonly sizeBytes: number
}

/** A blob that is being written. */
export interface BlobWriter {
  write(chunk: Uint8Array): Promise<void>
  /** Makes the blob readable. */
  commit(): Promise<Blob>
  /** Throws away what was written. */
  abandon(): Promise<void>
}

/** A directory of blobs that is removed with the store. */
export class BlobStore {
  readonly #directory: string
  readonly #readers = new Map<string, number>()
  readonly #condemned = new Set<string>()
  #next = 0

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Opens a store in a new directory under `parent`, or under the system's temporary directory. */
  static async create(parent: string | null): Promise<BlobStore> {
    if (parent !== null) await mkdir(parent, { recursive: true })
    const directory = await mkdtemp(join(parent ?? tmpdir(), 'drawbridge-sandbox-'))
    await mkdir(join(directory, 'incoming'))
    await mkdir(join(directory, 'objects'))
    return new BlobStore(directory)
  }

  /** Begins a blob. */
  async begin(): Promise<BlobWriter> {
    this.#next += 1
    const name = this.#next.toString(36)
    const path = join(this.#directory, 'incoming', name)
    const handle = await open(path, 'wx')
    let sizeBytes = 0
    return {
      async write(chunk) {
        let offset = 0
        while (offset < chunk.length) offset += (await handle.write(chunk, offset)).bytesWritten
        sizeBytes += chunk.length
      },
      commit: async () => {
        await handle.close()
        await rename(path, this.#path(name))
        return { name, sizeBytes }
      },
      async abandon() {
        await handle.close()
        await rm(path, { force: true })
      },
    }
  }

  /** Copies a range of an object's blobs into a new blob. */
  async copy(blobs: readonly Blob[], start: number, end: number): Promise<Blob> {
    const writer = await this.begin()
    try {
      for await (const chunk of this.read(blobs, start, end)) await writer.write(chunk)
    } catch (cause) {
      await writer.abandon()
      throw cause
    }
    return await writer.commit()
  }

  /** Reads the bytes from `start` up to and without `end` of several blobs in a row. */
  async *read(blobs: readonly Blob[], start: number, end: number): AsyncGenerator<Uint8Array> {
    for (const blob of blobs) this.#readers.set(blob.name, (this.#readers.get(blob.name) ?? 0) + 1)
    try {
      let offset = 0
      for (const blob of blobs) {
        const from = Math.max(start - offset, 0)
        const to = Math.min(end - offset, blob.sizeBytes)
        if (from < to) yield* this.#readBlob(blob, from, to)
        offset += blob.sizeBytes
      }
    } finally {
      for (const blob of blobs) await this.#leave(blob)
    }
  }

  /** Removes blobs as soon as nobody reads them any more. */
  async remove(blobs: readonly Blob[]): Promise<void> {
    for (const blob of blobs) {
      if (this.#readers.has(blob.name)) this.#condemned.add(blob.name)
      else await rm(this.#path(blob.name), { force: true })
    }
  }

  /** Removes the directory and everything in it. */
  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }

  async *#readBlob(blob: Blob, from: number, to: number): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#path(blob.name), 'r')
    try {
      let position = from
      while (position < to) {
        const buffer = Buffer.allocUnsafe(Math.min(readSize, to - position))
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
        if (bytesRead === 0) return
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await handle.close()
    }
  }

  async #leave(blob: Blob): Promise<void> {
    const left = (this.#readers.get(blob.name) ?? 1) - 1
    if (left > 0) {
      this.#readers.set(blob.name, left)
      return
    }
    this.#readers.delete(blob.name)
    if (this.#condemned.delete(blob.name)) await rm(this.#path(blob.name), { force: true })
  }

  #path(name: string): string {
    return join(this.#directory, 'objects', name)
  }
}
