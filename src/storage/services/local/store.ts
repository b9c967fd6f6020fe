/**
 * Objects as files in a directory: for one machine, for tests of the whole product, and as a target of last resort. Writes are
 * durable when they are answered, and exclusive writes are decided by the file system.
 */
import { createReadStream } from 'node:fs'
import { readdir, rm, stat, unlink } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import type { Clock, Random } from '../../../base/index.ts'
import { DrawbridgeError, newId, systemClock, systemRandom } from '../../../base/index.ts'
import {
  checkKey,
  checkMetadata,
  checkPartOrder,
  checkSignal,
  compareKeys,
  etagOf,
  objectExists,
  objectNotFound,
} from '../../fault.ts'
import type {
  Body,
  ObjectFacts,
  ObjectStore,
  PendingUpload,
  PutAnswer,
  PutOptions,
  StoredPart,
} from '../../object-store.ts'
import { outgoingPieces } from '../../outgoing.ts'
import { fileCode, localError } from './errors.ts'
import { dropFacts, factsOf, folderOfPrefix, keepFacts, statObject } from './facts.ts'
import type { WrittenFile } from './files.ts'
import { putInPlace, writeTemporary } from './files.ts'
import { keyOf, objectPath, ownFolder, temporaryFolder, uploadFolder } from './paths.ts'
import { findUpload, keepPart, openParts, partsOf, pendingUploads, startUpload } from './uploads.ts'

export interface LocalStoreOptions {
  /** Must exist. An absent directory may be a disk that is not mounted, so it is never made. */
  readonly directory: string
  readonly clock?: Clock
  readonly random?: Random
}

class LocalStore implements ObjectStore {
  readonly location: string
  readonly capabilities = {
    conditionalWrite: true,
    multipart: true,
    maximumPutBytes: Number.MAX_SAFE_INTEGER,
    minimumPartBytes: 1,
    maximumParts: 10_000,
  }
  readonly #directory: string
  readonly #clock: Clock
  readonly #random: Random

  constructor(options: LocalStoreOptions) {
    this.#directory = resolve(options.directory)
    this.location = this.#directory
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? systemRandom
  }

  /** Runs one operation in the directory, with the file system's errors translated. */
  async #within<T>(operation: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    checkSignal(signal, operation)
    try {
      const found = await stat(this.#directory).catch((error: unknown) => {
        if (fileCode(error) === 'ENOENT') return null
        throw error
      })
      if (!found?.isDirectory()) {
        throw new DrawbridgeError({
          code: 'bucket-not-found',
          message: `there is no directory \`${this.#directory}\``,
          operation,
        })
      }
      return await work()
    } catch (error) {
      throw localError(error, operation)
    }
  }

  async put(key: string, body: Body, options: PutOptions): Promise<PutAnswer> {
    const operation = 'local.put'
    checkKey(key, operation)
    checkMetadata(options.metadata, operation)
    return this.#within(operation, options.signal, async () => {
      // Asked first only to spare the writing; the link decides.
      if (options.ifAbsent && (await statObject(this.#directory, key)) !== null) throw objectExists(key, operation)
      const wanted = { operation, verify: true, onProgress: options.onProgress }
      const bytes = outgoingPieces(body, 0, body.sizeBytes, wanted)
      const file = await writeTemporary(temporaryFolder(this.#directory), [bytes], operation, options.signal)
      return this.#place(key, file, options, operation)
    })
  }

  async #place(key: string, file: WrittenFile, options: PutOptions, operation: string): Promise<PutAnswer> {
    try {
      await putInPlace(file, objectPath(this.#directory, key), options.ifAbsent)
    } catch (error) {
      await rm(file.path, { force: true })
      if (options.ifAbsent && fileCode(error) === 'EEXIST') throw objectExists(key, operation)
      throw error
    }
    await keepFacts(this.#directory, key, file.sha256, options)
    return {
      etag: etagOf(file.sha256),
      checksum: { algorithm: 'sha256', base64: Buffer.from(file.sha256, 'hex').toString('base64') },
    }
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null> {
    return this.#within('local.head', signal, async () => {
      const file = await statObject(this.#directory, key)
      return file === null ? null : factsOf(this.#directory, key, file)
    })
  }

  async get(
    key: string,
    options: { start?: number; end?: number; signal?: AbortSignal } = {},
  ): Promise<{ facts: ObjectFacts; body: Readable }> {
    return this.#within('local.get', options.signal, async () => {
      const file = await statObject(this.#directory, key)
      if (file === null) throw objectNotFound(key, 'local.get')
      const facts = await factsOf(this.#directory, key, file)
      const start = options.start ?? 0
      const end = Math.min(options.end ?? facts.sizeBytes, facts.sizeBytes)
      const range = { start, end: end - 1, highWaterMark: 256 * 1024 }
      const body =
        end <= start
          ? Readable.from([], { objectMode: false })
          : createReadStream(
              objectPath(this.#directory, key),
              options.signal === undefined ? range : { ...range, signal: options.signal },
            )
      return { facts, body }
    })
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectFacts> {
    const keys = await this.#within('local.list', signal, () => this.#keys(prefix))
    for (const key of keys) {
      const facts = await this.#within('local.list', signal, async () => {
        const file = await statObject(this.#directory, key)
        return file === null ? null : factsOf(this.#directory, key, file)
      })
      if (facts === null) continue
      const { metadata: _metadata, contentType: _contentType, ...listed } = facts
      yield listed
    }
  }

  async #keys(prefix: string): Promise<string[]> {
    const begin = folderOfPrefix(this.#directory, prefix)
    const entries = await readdir(begin, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      if (fileCode(error) === 'ENOENT' || fileCode(error) === 'ENOTDIR') return []
      throw error
    })
    const keys: string[] = []
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const segments = relative(this.#directory, join(entry.parentPath, entry.name)).split(sep)
      const key = segments[0] === ownFolder ? null : keyOf(segments)
      if (key?.startsWith(prefix)) keys.push(key)
    }
    return keys.sort(compareKeys)
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    await this.#within('local.delete', signal, async () => {
      try {
        await unlink(objectPath(this.#directory, key))
      } catch (error) {
        const code = fileCode(error)
        if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR' && code !== 'EPERM') throw error
        if ((await statObject(this.#directory, key)) !== null) throw error
        return
      }
      await dropFacts(this.#directory, key)
    })
  }

  async createUpload(key: string, options: PutOptions): Promise<string> {
    checkKey(key, 'local.createUpload')
    checkMetadata(options.metadata, 'local.createUpload')
    return this.#within('local.createUpload', options.signal, async () => {
      const uploadId = newId('upload', this.#random)
      await startUpload(this.#directory, uploadId, key, this.#clock.now(), options)
      return uploadId
    })
  }

  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    options: { signal?: AbortSignal; onProgress?: (bytesSent: number) => void } = {},
  ): Promise<StoredPart> {
    const operation = 'local.uploadPart'
    if (!Number.isInteger(number) || number < 1 || number > 10_000) throw new TypeError('part numbers are 1 to 10000')
    return this.#within(operation, options.signal, async () => {
      const { folder } = await findUpload(this.#directory, key, uploadId, operation)
      const wanted = { operation, verify: true, onProgress: options.onProgress }
      const bytes = outgoingPieces(body, start, end, wanted)
      return keepPart(folder, number, await writeTemporary(folder, [bytes], operation, options.signal))
    })
  }

  async listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]> {
    return this.#within('local.listParts', signal, async () => {
      const { folder } = await findUpload(this.#directory, key, uploadId, 'local.listParts')
      return (await partsOf(folder)).map(({ part }) => part)
    })
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly StoredPart[],
    options: PutOptions,
  ): Promise<PutAnswer> {
    const operation = 'local.completeUpload'
    checkPartOrder(parts)
    return this.#within(operation, options.signal, async () => {
      const { folder, options: kept } = await findUpload(this.#directory, key, uploadId, operation)
      const streams = await openParts(folder, key, parts, operation)
      const file = await writeTemporary(temporaryFolder(this.#directory), streams, operation, options.signal)
      const answer = await this.#place(key, file, { ...kept, ifAbsent: options.ifAbsent }, operation)
      await rm(folder, { recursive: true, force: true })
      return answer
    })
  }

  async abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void> {
    await this.#within('local.abortUpload', signal, async () => {
      try {
        await findUpload(this.#directory, key, uploadId, 'local.abortUpload')
      } catch (error) {
        if (error instanceof DrawbridgeError && error.code === 'upload-not-found') return
        throw error
      }
      await rm(uploadFolder(this.#directory, uploadId), { recursive: true, force: true })
    })
  }

  async listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]> {
    return this.#within('local.listUploads', signal, () => pendingUploads(this.#directory, prefix))
  }

  close(): void {
    // No file stays open between calls.
  }
}

/** Opens a directory as an object store. */
export function localStore(options: LocalStoreOptions): ObjectStore {
  return new LocalStore(options)
}
