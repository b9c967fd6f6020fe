/**
 * Objects in S3 and in stores that speak its protocol. Every call names the account that must own the bucket; every body goes as
 * a stream of known length with its hash signed, or with its CRC in a signed header, so that nothing is buffered and nothing
 * else than those bytes is taken.
 */
import { Readable } from 'node:stream'
import { DrawbridgeError } from '../../../base/index.ts'
import { checkKey, checkMetadata } from '../../fault.ts'
import type {
  Body,
  DeleteOnly,
  ObjectFacts,
  ObjectStore,
  PendingUpload,
  PutAnswer,
  PutOptions,
  StoredPart,
  UploadPartOptions,
} from '../../object-store.ts'
import { answerOfHeaders, factsOfAnswer, listedFacts } from './answers.ts'
import { S3Bucket, type S3StoreOptions } from './bucket.ts'
import { S3Uploads } from './uploads.ts'
import { plainHeaders } from './write-headers.ts'

const gibibyte = 1024 ** 3

class S3Store implements ObjectStore {
  readonly location: string
  readonly capabilities = {
    conditionalWrite: true,
    multipart: true,
    maximumPutBytes: 5 * gibibyte,
    minimumPartBytes: 5 * 1024 * 1024,
    maximumParts: 10_000,
  }
  readonly #bucket: S3Bucket
  readonly #uploads: S3Uploads

  constructor(options: S3StoreOptions) {
    this.#bucket = new S3Bucket(options)
    this.#uploads = new S3Uploads(this.#bucket)
    this.location = this.#bucket.location
  }

  async put(key: string, body: Body, options: PutOptions): Promise<PutAnswer> {
    const wanted = { operation: 's3:PutObject', key, signal: options.signal }
    checkKey(key, wanted.operation)
    checkMetadata(options.metadata, wanted.operation)
    const { signal, onProgress } = options
    return this.#bucket.call(wanted, async () => {
      const headers = await this.#bucket.sendBody(body, 0, body.sizeBytes, {
        key,
        query: [['x-id', 'PutObject']],
        headers: [
          ...this.#bucket.ownerHeader,
          ...plainHeaders(options),
          ['x-amz-checksum-sha256', Buffer.from(body.sha256, 'hex').toString('base64')],
        ],
        sha256: body.sha256,
        signal,
        operation: wanted.operation,
        onProgress,
      })
      return answerOfHeaders(headers)
    })
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null> {
    const wanted = { operation: 's3:HeadObject', key, signal }
    checkKey(key, wanted.operation)
    try {
      return await this.#bucket.call(wanted, async (send) => {
        const { client, aws } = await this.#bucket.sdk()
        const command = new aws.HeadObjectCommand({ ...this.#bucket.at, Key: key, ChecksumMode: 'ENABLED' })
        return factsOfAnswer(key, await client.send(command, send))
      })
    } catch (error) {
      // The answer to a HEAD has no body that could tell a missing object from a missing bucket.
      if (error instanceof DrawbridgeError && error.code === 'object-not-found') return null
      throw error
    }
  }

  async get(
    key: string,
    options: { start?: number; end?: number; signal?: AbortSignal } = {},
  ): Promise<{ facts: ObjectFacts; body: Readable }> {
    const wanted = { operation: 's3:GetObject', key, signal: options.signal }
    checkKey(key, wanted.operation)
    const { start = 0, end } = options
    const ranged = options.start !== undefined || end !== undefined
    return this.#bucket.call(wanted, async (send) => {
      const { client, aws } = await this.#bucket.sdk()
      const command = new aws.GetObjectCommand({
        ...this.#bucket.at,
        Key: key,
        ...(ranged ? { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` } : { ChecksumMode: 'ENABLED' }),
      })
      const answer = await client.send(command, send)
      if (!(answer.Body instanceof Readable)) {
        throw new DrawbridgeError({
          code: 'protocol-broken',
          message: 'S3 answered without a body',
          operation: wanted.operation,
        })
      }
      const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1]
      const facts = factsOfAnswer(key, answer)
      return { facts: total === undefined ? facts : { ...facts, sizeBytes: Number(total) }, body: answer.Body }
    })
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<ObjectFacts> {
    let token: string | undefined
    do {
      const page = await this.#bucket.call({ operation: 's3:ListBucket', signal }, async (send) => {
        const { client, aws } = await this.#bucket.sdk()
        return await client.send(
          new aws.ListObjectsV2Command({
            ...this.#bucket.at,
            Prefix: prefix,
            EncodingType: 'url',
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          send,
        )
      })
      const encoded = page.EncodingType === 'url'
      for (const object of page.Contents ?? []) yield listedFacts(object, encoded)
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  async delete(key: string, signal?: AbortSignal, only: DeleteOnly = {}): Promise<void> {
    const wanted = { operation: 's3:DeleteObject', key, signal }
    checkKey(key, wanted.operation)
    try {
      const { versionId, ifEtag } = only
      await this.#bucket.call(wanted, async (send) => {
        const { client, aws } = await this.#bucket.sdk()
        const command = new aws.DeleteObjectCommand({
          ...this.#bucket.at,
          Key: key,
          ...(versionId === undefined ? {} : { VersionId: versionId }),
          ...(ifEtag === undefined ? {} : { IfMatch: ifEtag }),
        })
        await client.send(command, send)
      })
    } catch (error) {
      if (!(error instanceof DrawbridgeError && error.code === 'object-not-found')) throw error
    }
  }

  createUpload(key: string, options: PutOptions): Promise<string> {
    return this.#uploads.createUpload(key, options)
  }

  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    options: UploadPartOptions = {},
  ): Promise<StoredPart> {
    return this.#uploads.uploadPart(key, uploadId, number, body, start, end, options)
  }

  listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]> {
    return this.#uploads.listParts(key, uploadId, signal)
  }

  completeUpload(key: string, uploadId: string, parts: readonly StoredPart[], options: PutOptions): Promise<PutAnswer> {
    return this.#uploads.completeUpload(key, uploadId, parts, options)
  }

  abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void> {
    return this.#uploads.abortUpload(key, uploadId, signal)
  }

  listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]> {
    return this.#uploads.listUploads(prefix, signal)
  }

  close(): void {
    this.#bucket.close()
  }
}

/**
 * Opens a bucket. Nothing is called until the first operation; `credentials` is asked before every request, so a renewed session
 * takes effect at once. An endpoint that was not allowed by the operator reaches public addresses only.
 *
 * @throws TypeError when the bucket's name is not one
 */
export function s3Store(options: S3StoreOptions): ObjectStore {
  return new S3Store(options)
}
