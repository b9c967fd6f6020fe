/**
 * Objects in an Azure Blob container, reached with a SAS token. Azure compares no SHA-256, so the bytes are compared while they
 * leave, and with the MD5 that Azure computed when they have arrived.
 */
import { Readable } from 'node:stream'
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob'
import type { Secret } from '../../../base/index.ts'
import { DrawbridgeError } from '../../../base/index.ts'
import type { Agents } from '../../endpoint/agents.ts'
import { openAgents } from '../../endpoint/agents.ts'
import { checkMetadata, checkPartOrder, checkSignal, uploadNotFound } from '../../fault.ts'
import type {
  Body,
  DeleteOnly,
  ObjectFacts,
  ObjectStore,
  PendingUpload,
  PutAnswer,
  PutOptions,
  StoredPart,
} from '../../object-store.ts'
import type { Outgoing } from '../../outgoing.ts'
import { hashOfRange, outgoing } from '../../outgoing.ts'
import { sendRange } from '../../wire/send-range.ts'
import { answerOf, factsOfAnswer } from './answers.ts'
import { openContainer } from './client.ts'
import { azureError } from './errors.ts'
import { blockIdOf, checkBlobName, partNumberOf, toBlobMetadata, uploadIdOf } from './names.ts'
import { putBlock } from './put-block.ts'

const mebibyte = 1024 ** 2

export interface AzureStoreOptions {
  /** `https://account.blob.core.windows.net/container`, without a query. */
  readonly containerUrl: string
  /** The SAS token, without the question mark; a function, where it may be replaced while the store is open. */
  readonly sas: Secret | (() => Secret)
  /** True: the URL's exact origin was allowed by the operator. */
  readonly allowPrivateEndpoint?: boolean
  readonly connectMs?: number
  readonly idleMs?: number
}

interface Wanted {
  readonly operation: string
  readonly key?: string
  readonly signal?: AbortSignal | undefined
}

function refuseEncryption(options: PutOptions, operation: string): void {
  if (options.encryption?.kind !== 'sse-kms') return
  const message = 'a KMS key is a matter of S3; Azure encrypts with the account’s own key'
  throw new DrawbridgeError({ code: 'not-supported', message, operation })
}

function writeOptions(options: PutOptions) {
  const { tags, retention, legalHold, tier } = options.settings ?? {}
  return {
    ...(tags === undefined ? {} : { tags: { ...tags } }),
    ...(tier === undefined ? {} : { tier }),
    ...(retention === undefined
      ? {}
      : { immutabilityPolicy: { expiriesOn: retention.until, policyMode: retention.mode as 'Locked' | 'Unlocked' } }),
    ...(legalHold === true ? { legalHold } : {}),
    ...(options.ifAbsent ? { conditions: { ifNoneMatch: '*' } } : {}),
    ...(options.contentType === undefined ? {} : { blobHTTPHeaders: { blobContentType: options.contentType } }),
    ...(options.metadata === undefined ? {} : { metadata: toBlobMetadata(options.metadata) }),
  }
}

class AzureStore implements ObjectStore {
  readonly location: string
  readonly capabilities = {
    conditionalWrite: true,
    multipart: true,
    maximumPutBytes: 5000 * mebibyte,
    minimumPartBytes: 1,
    maximumParts: 50_000,
  }
  readonly #options: AzureStoreOptions
  readonly #agents: Agents
  #opened: { readonly sas: Secret; readonly container: Promise<ContainerClient> } | null = null

  constructor(options: AzureStoreOptions) {
    const url = URL.parse(options.containerUrl)
    if (url === null || url.search !== '' || url.username !== '') throw new TypeError('a container needs a bare URL')
    this.#options = { ...options, containerUrl: options.containerUrl.replace(/\/$/, '') }
    this.location = this.#options.containerUrl
    this.#agents = openAgents({
      guarded: options.allowPrivateEndpoint !== true,
      ...(options.connectMs === undefined ? {} : { connectMs: options.connectMs }),
      ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
    })
  }

  #sas(): Secret {
    const { sas } = this.#options
    return typeof sas === 'function' ? sas() : sas
  }

  async #container(): Promise<ContainerClient> {
    const { containerUrl } = this.#options
    const sas = this.#sas()
    // A successor signs from the next request on; what was staged with the token before stays.
    if (this.#opened?.sas !== sas) this.#opened = { sas, container: openContainer(containerUrl, sas, this.#agents) }
    return this.#opened.container
  }

  /** Runs one request with its errors translated. */
  async #call<T>(
    wanted: Wanted,
    work: (container: ContainerClient, send: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    checkSignal(wanted.signal, wanted.operation)
    try {
      return await work(await this.#container(), wanted.signal === undefined ? {} : { abortSignal: wanted.signal })
    } catch (error) {
      throw azureError(error, { containerUrl: this.location, ...wanted })
    }
  }

  /** Sends bytes; what went wrong while they were read comes before what the broken request says. */
  async #send<T>(
    bytes: Outgoing,
    signal: AbortSignal | undefined,
    work: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const broken = new AbortController()
    bytes.stream.once('error', () => broken.abort())
    try {
      return await work(signal === undefined ? broken.signal : AbortSignal.any([signal, broken.signal]))
    } catch (error) {
      throw bytes.failure() ?? error
    } finally {
      bytes.stream.destroy()
    }
  }

  async put(key: string, body: Body, options: PutOptions): Promise<PutAnswer> {
    const wanted = { operation: 'azblob:PutBlob', key, signal: options.signal }
    checkBlobName(key, wanted.operation)
    checkMetadata(options.metadata, wanted.operation)
    refuseEncryption(options, wanted.operation)
    return this.#call(wanted, async (container) => {
      const bytes = outgoing(body, 0, body.sizeBytes, {
        operation: wanted.operation,
        verify: true,
        md5: true,
        onProgress: options.onProgress,
      })
      const answer = await this.#send(bytes, options.signal, (abortSignal) =>
        container
          .getBlockBlobClient(key)
          .upload(() => bytes.stream, body.sizeBytes, { ...writeOptions(options), abortSignal }),
      )
      const theirs = answer.contentMD5 === undefined ? null : Buffer.from(answer.contentMD5).toString('base64')
      if (theirs !== null && bytes.md5() !== null && theirs !== bytes.md5()) {
        throw new DrawbridgeError({
          code: 'checksum-mismatch',
          message: `Azure holds other bytes than were sent: \`${this.location}\``,
          operation: wanted.operation,
          context: { sentMd5: bytes.md5() ?? '', storedMd5: theirs },
        })
      }
      return answerOf(answer)
    })
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null> {
    const wanted = { operation: 'azblob:GetBlobProperties', key, signal }
    checkBlobName(key, wanted.operation)
    try {
      return await this.#call(wanted, async (container, send) =>
        factsOfAnswer(key, await container.getBlobClient(key).getProperties(send)),
      )
    } catch (error) {
      if (error instanceof DrawbridgeError && error.code === 'object-not-found') return null
      throw error
    }
  }

  async get(
    key: string,
    options: { start?: number; end?: number; signal?: AbortSignal } = {},
  ): Promise<{ facts: ObjectFacts; body: Readable }> {
    const wanted = { operation: 'azblob:GetBlob', key, signal: options.signal }
    checkBlobName(key, wanted.operation)
    const { start = 0, end } = options
    return this.#call(wanted, async (container, send) => {
      const count = end === undefined ? undefined : end - start
      const answer = await container.getBlobClient(key).download(start, count, { ...send, maxRetryRequests: 0 })
      const body = answer.readableStreamBody
      if (!(body instanceof Readable)) {
        throw new DrawbridgeError({
          code: 'protocol-broken',
          message: 'Azure answered without a body',
          operation: wanted.operation,
        })
      }
      const total = /\/(\d+)$/.exec(answer.contentRange ?? '')?.[1]
      const facts = factsOfAnswer(key, answer)
      return { facts: total === undefined ? facts : { ...facts, sizeBytes: Number(total) }, body }
    })
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectFacts> {
    const wanted = { operation: 'azblob:ListBlobs', signal }
    const pages = await this.#call(wanted, async (container, send) =>
      container.listBlobsFlat({ ...send, ...(prefix === '' ? {} : { prefix }) }).byPage(),
    )
    for (;;) {
      const page = await this.#call(wanted, () => pages.next())
      if (page.done) return
      for (const blob of page.value.segment.blobItems) {
        const { contentLength, etag, lastModified } = blob.properties
        yield {
          key: blob.name,
          sizeBytes: contentLength ?? 0,
          ...(etag ? { etag } : {}),
          lastModified: lastModified.toISOString(),
        }
      }
    }
  }

  async delete(key: string, signal?: AbortSignal, { ifEtag }: DeleteOnly = {}): Promise<void> {
    const wanted = { operation: 'azblob:DeleteBlob', key, signal }
    checkBlobName(key, wanted.operation)
    try {
      await this.#call(wanted, (container, send) =>
        container.getBlobClient(key).delete(ifEtag === undefined ? send : { ...send, conditions: { ifMatch: ifEtag } }),
      )
    } catch (error) {
      if (!(error instanceof DrawbridgeError && error.code === 'object-not-found')) throw error
    }
  }

  /** No request: blocks wait at the blob's name, and what is said of the object is said when they are committed. */
  async createUpload(key: string, options: PutOptions): Promise<string> {
    const operation = 'azblob:PutBlock'
    checkBlobName(key, operation)
    checkMetadata(options.metadata, operation)
    refuseEncryption(options, operation)
    checkSignal(options.signal, operation)
    return uploadIdOf(key)
  }

  #blob(container: ContainerClient, key: string, uploadId: string, operation: string): BlockBlobClient {
    if (uploadId !== uploadIdOf(key)) throw uploadNotFound(key, operation)
    return container.getBlockBlobClient(key)
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
    const wanted = { operation: 'azblob:PutBlock', key, signal: options.signal }
    checkBlobName(key, wanted.operation)
    if (uploadId !== uploadIdOf(key)) throw uploadNotFound(key, wanted.operation)
    return this.#call(wanted, async () => {
      const { containerUrl } = this.#options
      const { signal, onProgress } = options
      const md5 = await hashOfRange(body, start, end, 'md5', wanted.operation)
      const blockId = blockIdOf(uploadId, number)
      const request = { containerUrl, sas: this.#sas(), agents: this.#agents, key, blockId, md5, signal }
      await sendRange(body, start, end, { operation: wanted.operation, verify: true, onProgress }, (bytes) =>
        putBlock({ ...request, sizeBytes: end - start, body: bytes }),
      )
      return { number, etag: blockId, sizeBytes: end - start }
    })
  }

  /** Needs the letter `r`. */
  async listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]> {
    const wanted = { operation: 'azblob:GetBlockList', key, signal }
    try {
      return await this.#call(wanted, async (container, send) => {
        const answer = await this.#blob(container, key, uploadId, wanted.operation).getBlockList('uncommitted', send)
        const parts: StoredPart[] = []
        for (const { name, size } of answer.uncommittedBlocks ?? []) {
          const number = partNumberOf(uploadId, name)
          if (number !== null) parts.push({ number, etag: name, sizeBytes: size })
        }
        return parts.sort((a, b) => a.number - b.number)
      })
    } catch (error) {
      // Before the first block there is nothing that Azure could know.
      if (error instanceof DrawbridgeError && error.code === 'object-not-found') return []
      throw error
    }
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly StoredPart[],
    options: PutOptions,
  ): Promise<PutAnswer> {
    const wanted = { operation: 'azblob:PutBlockList', key, signal: options.signal }
    checkPartOrder(parts)
    checkMetadata(options.metadata, wanted.operation)
    return this.#call(wanted, async (container, send) => {
      const blob = this.#blob(container, key, uploadId, wanted.operation)
      const answer = await blob.commitBlockList(
        parts.map(({ number }) => blockIdOf(uploadId, number)),
        { ...writeOptions(options), ...send },
      )
      // The MD5 of this answer is of the list, not of the object.
      const { contentMD5: _ofTheList, ...rest } = answer
      return answerOf(rest)
    })
  }

  /** Azure can not drop uncommitted blocks; they go by themselves after seven days, or when the blob is written. */
  async abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void> {
    checkSignal(signal, 'azblob:PutBlock')
    if (uploadId !== uploadIdOf(key)) return
  }

  async listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]> {
    const names = async (includeUncommitedBlobs: boolean): Promise<Set<string>> =>
      this.#call({ operation: 'azblob:ListBlobs', signal }, async (container, send) => {
        const found = new Set<string>()
        const options = { ...send, includeUncommitedBlobs, ...(prefix === '' ? {} : { prefix }) }
        for await (const blob of container.listBlobsFlat(options)) found.add(blob.name)
        return found
      })
    const all = await names(true)
    const committed = await names(false)
    return [...all].filter((key) => !committed.has(key)).map((key) => ({ key, uploadId: uploadIdOf(key) }))
  }

  close(): void {
    this.#agents.destroy()
  }
}

/**
 * Opens a container. Nothing is called and nothing is loaded until the first operation. A URL that was not allowed by the operator
 * reaches public addresses only.
 *
 * @throws TypeError when the URL is not bare
 */
export function azureStore(options: AzureStoreOptions): ObjectStore {
  return new AzureStore(options)
}
