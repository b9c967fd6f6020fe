/** Objects in memory: for tests and simulations. It keeps the whole contract, conditions and multipart included. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Clock } from '../../../base/index.ts'
import { systemClock } from '../../../base/index.ts'
import {
  cancelled,
  checkKey,
  checkMetadata,
  checkPartOrder,
  checkSignal,
  compareKeys,
  etagOf,
  objectExists,
  objectNotFound,
  uploadNotFound,
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
import { outgoing } from '../../outgoing.ts'

interface Held {
  readonly bytes: Buffer
  readonly facts: ObjectFacts
}

interface Upload {
  readonly key: string
  readonly startedAt: string
  readonly options: PutOptions
  readonly parts: Map<number, { readonly part: StoredPart; readonly bytes: Buffer }>
}

async function collect(body: Body, start: number, end: number, options: CollectOptions): Promise<Buffer> {
  const pieces: Buffer[] = []
  const { stream } = outgoing(body, start, end, { ...options, verify: true })
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (options.signal?.aborted) throw cancelled(options.operation)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

interface CollectOptions {
  readonly operation: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((bytesSent: number) => void) | undefined
}

class MemoryStore implements ObjectStore {
  readonly location = 'memory:'
  readonly capabilities = {
    conditionalWrite: true,
    multipart: true,
    maximumPutBytes: 2 ** 31 - 1,
    minimumPartBytes: 1,
    maximumParts: 10_000,
  }
  readonly #objects = new Map<string, Held>()
  readonly #uploads = new Map<string, Upload>()
  readonly #clock: Clock
  #serial = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async put(key: string, body: Body, options: PutOptions): Promise<PutAnswer> {
    const operation = 'memory.put'
    checkKey(key, operation)
    checkMetadata(options.metadata, operation)
    checkSignal(options.signal, operation)
    const bytes = await collect(body, 0, body.sizeBytes, {
      operation,
      signal: options.signal,
      onProgress: options.onProgress,
    })
    return this.#place(key, bytes, options, operation)
  }

  /** INVARIANT: nothing is awaited between the look and the write. */
  #place(key: string, bytes: Buffer, options: PutOptions, operation: string): PutAnswer {
    if (options.ifAbsent && this.#objects.has(key)) throw objectExists(key, operation)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const checksum = { algorithm: 'sha256', base64: Buffer.from(sha256, 'hex').toString('base64') } as const
    const etag = etagOf(sha256)
    const facts: ObjectFacts = {
      key,
      sizeBytes: bytes.length,
      etag,
      lastModified: this.#clock.now().toISOString(),
      checksum,
      metadata: { ...options.metadata },
      contentType: options.contentType ?? 'application/octet-stream',
    }
    this.#objects.set(key, { bytes, facts })
    return { etag, checksum }
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null> {
    checkSignal(signal, 'memory.head')
    return this.#objects.get(key)?.facts ?? null
  }

  async get(
    key: string,
    options: { start?: number; end?: number; signal?: AbortSignal } = {},
  ): Promise<{ facts: ObjectFacts; body: Readable }> {
    checkSignal(options.signal, 'memory.get')
    const held = this.#objects.get(key)
    if (held === undefined) throw objectNotFound(key, 'memory.get')
    const bytes = held.bytes.subarray(options.start ?? 0, options.end ?? held.bytes.length)
    return { facts: held.facts, body: Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }) }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectFacts> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys)
    for (const key of keys) {
      checkSignal(signal, 'memory.list')
      const held = this.#objects.get(key)
      if (held === undefined) continue
      const { metadata: _metadata, contentType: _contentType, ...facts } = held.facts
      yield facts
    }
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    checkSignal(signal, 'memory.delete')
    this.#objects.delete(key)
  }

  async createUpload(key: string, options: PutOptions): Promise<string> {
    checkKey(key, 'memory.createUpload')
    checkMetadata(options.metadata, 'memory.createUpload')
    checkSignal(options.signal, 'memory.createUpload')
    this.#serial += 1
    const uploadId = `upload-${this.#serial}`
    this.#uploads.set(uploadId, { key, startedAt: this.#clock.now().toISOString(), options, parts: new Map() })
    return uploadId
  }

  #upload(key: string, uploadId: string, operation: string): Upload {
    const upload = this.#uploads.get(uploadId)
    if (upload === undefined || upload.key !== key) throw uploadNotFound(key, operation)
    return upload
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
    const operation = 'memory.uploadPart'
    checkSignal(options.signal, operation)
    const upload = this.#upload(key, uploadId, operation)
    const bytes = await collect(body, start, end, { operation, ...options })
    const etag = etagOf(createHash('sha256').update(bytes).digest('hex'))
    const part = { number, etag, sizeBytes: bytes.length }
    upload.parts.set(number, { part, bytes })
    return part
  }

  async listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]> {
    checkSignal(signal, 'memory.listParts')
    const held = [...this.#upload(key, uploadId, 'memory.listParts').parts.values()]
    return held.map(({ part }) => part).sort((a, b) => a.number - b.number)
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly StoredPart[],
    options: PutOptions,
  ): Promise<PutAnswer> {
    const operation = 'memory.completeUpload'
    checkPartOrder(parts)
    checkSignal(options.signal, operation)
    const upload = this.#upload(key, uploadId, operation)
    const pieces = parts.map(({ number, etag }) => {
      const held = upload.parts.get(number)
      if (held === undefined || held.part.etag !== etag) throw uploadNotFound(key, operation)
      return held.bytes
    })
    const answer = this.#place(key, Buffer.concat(pieces), { ...upload.options, ifAbsent: options.ifAbsent }, operation)
    this.#uploads.delete(uploadId)
    return answer
  }

  async abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void> {
    checkSignal(signal, 'memory.abortUpload')
    if (this.#uploads.get(uploadId)?.key === key) this.#uploads.delete(uploadId)
  }

  async listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]> {
    checkSignal(signal, 'memory.listUploads')
    return [...this.#uploads]
      .filter(([, { key }]) => key.startsWith(prefix))
      .map(([uploadId, { key, startedAt }]) => ({ key, uploadId, startedAt }))
      .sort((a, b) => compareKeys(a.key, b.key))
  }

  close(): void {
    // Nothing is held open.
  }
}

/** Makes an empty store in memory. */
export function memoryStore(options: { readonly clock?: Clock } = {}): ObjectStore {
  return new MemoryStore(options.clock ?? systemClock)
}
