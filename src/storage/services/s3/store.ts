/**
 * Objects in S3 and in stores that speak its protocol. Every call names the account that must own the bucket; every body goes as
 * a stream of known length with its hash signed, so that nothing is buffered and nothing else than those bytes is taken.
 */

import { Readable } from 'node:stream'
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { DrawbridgeError } from '../../../base/index.ts'
import { checkKey, checkMetadata, checkPartOrder, checkSignal } from '../../fault.ts'
import type {
  Body,
  ObjectFacts,
  ObjectStore,
  PendingUpload,
  PutAnswer,
  PutOptions,
  StoredPart,
} from '../../object-store.ts'
import { hashOfRange, outgoing } from '../../outgoing.ts'
import { answerOf, factsOfAnswer, listedFacts } from './answers.ts'
import type { S3ClientOptions } from './client.ts'
import { openS3Client, signPayload, watchHeaders } from './client.ts'
import { s3Error } from './errors.ts'

const gibibyte = 1024 ** 3

export interface S3StoreOptions extends S3ClientOptions {
  readonly bucket: string
  /** The account that must own the bucket; null only where the store knows no accounts. */
  readonly expectedBucketOwner: string | null
}

interface Wanted {
  readonly operation: string
  readonly key?: string
  readonly signal?: AbortSignal | undefined
}

type WriteHeaders = Pick<
  PutObjectCommandInput,
  'ContentType' | 'Metadata' | 'ACL' | 'ServerSideEncryption' | 'SSEKMSKeyId' | 'BucketKeyEnabled'
>

/** What a write says about the object, the same for one request and for many. */
function writeHeaders(options: PutOptions): WriteHeaders {
  const { encryption } = options
  return {
    ...(options.contentType === undefined ? {} : { ContentType: options.contentType }),
    ...(options.metadata === undefined ? {} : { Metadata: { ...options.metadata } }),
    ...(options.acl === 'bucket-owner-full-control' ? { ACL: 'bucket-owner-full-control' as const } : {}),
    ...(encryption?.kind === 'sse-s3' ? { ServerSideEncryption: 'AES256' as const } : {}),
    ...(encryption?.kind === 'sse-kms'
      ? { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: encryption.keyArn }
      : {}),
  }
}

class S3Store implements ObjectStore {
  readonly location: string
  readonly capabilities = {
    conditionalWrite: true,
    multipart: true,
    maximumPutBytes: 5 * gibibyte,
    minimumPartBytes: 5 * 1024 * 1024,
    maximumParts: 10_000,
  }
  readonly #options: S3StoreOptions
  readonly #client: S3Client
  readonly #at: { readonly Bucket: string; readonly ExpectedBucketOwner?: string }

  constructor(options: S3StoreOptions) {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(options.bucket)) throw new TypeError('a bucket needs a valid name')
    this.#options = options
    this.#client = openS3Client(options)
    this.location = `s3://${options.bucket}`
    this.#at = {
      Bucket: options.bucket,
      ...(options.expectedBucketOwner === null ? {} : { ExpectedBucketOwner: options.expectedBucketOwner }),
    }
  }

  /** Runs one request with its errors translated. */
  async #call<T>(wanted: Wanted, work: (send: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
    checkSignal(wanted.signal, wanted.operation)
    try {
      return await work(wanted.signal === undefined ? {} : { abortSignal: wanted.signal })
    } catch (error) {
      const { bucket, region, endpoint } = this.#options
      throw s3Error(error, { bucket, region, endpoint, ...wanted })
    }
  }

  async put(key: string, body: Body, options: PutOptions): Promise<PutAnswer> {
    const wanted = { operation: 's3:PutObject', key, signal: options.signal }
    checkKey(key, wanted.operation)
    checkMetadata(options.metadata, wanted.operation)
    return this.#call(wanted, async (send) => {
      const bytes = outgoing(body, 0, body.sizeBytes, { operation: wanted.operation, onProgress: options.onProgress })
      const command = new PutObjectCommand({
        ...this.#at,
        ...writeHeaders(options),
        Key: key,
        Body: bytes.stream,
        ContentLength: body.sizeBytes,
        ChecksumSHA256: Buffer.from(body.sha256, 'hex').toString('base64'),
        ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
      })
      signPayload(command, body.sha256)
      let headers: Readonly<Record<string, string>> = {}
      watchHeaders(command, (seen) => {
        headers = seen
      })
      try {
        return answerOf(await this.#client.send(command, send), headers)
      } catch (error) {
        throw bytes.failure() ?? error
      } finally {
        bytes.stream.destroy()
      }
    })
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null> {
    const wanted = { operation: 's3:HeadObject', key, signal }
    checkKey(key, wanted.operation)
    try {
      return await this.#call(wanted, async (send) => {
        const command = new HeadObjectCommand({ ...this.#at, Key: key, ChecksumMode: 'ENABLED' })
        return factsOfAnswer(key, await this.#client.send(command, send))
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
    return this.#call(wanted, async (send) => {
      const command = new GetObjectCommand({
        ...this.#at,
        Key: key,
        ...(ranged ? { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` } : { ChecksumMode: 'ENABLED' }),
      })
      const answer = await this.#client.send(command, send)
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
      const page = await this.#call({ operation: 's3:ListBucket', signal }, (send) =>
        this.#client.send(
          new ListObjectsV2Command({
            ...this.#at,
            Prefix: prefix,
            EncodingType: 'url',
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          send,
        ),
      )
      const encoded = page.EncodingType === 'url'
      for (const object of page.Contents ?? []) yield listedFacts(object, encoded)
      token = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (token !== undefined)
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    const wanted = { operation: 's3:DeleteObject', key, signal }
    checkKey(key, wanted.operation)
    try {
      await this.#call(wanted, (send) => this.#client.send(new DeleteObjectCommand({ ...this.#at, Key: key }), send))
    } catch (error) {
      if (!(error instanceof DrawbridgeError && error.code === 'object-not-found')) throw error
    }
  }

  async createUpload(key: string, options: PutOptions): Promise<string> {
    const wanted = { operation: 's3:CreateMultipartUpload', key, signal: options.signal }
    checkKey(key, wanted.operation)
    checkMetadata(options.metadata, wanted.operation)
    return this.#call(wanted, async (send) => {
      const command = new CreateMultipartUploadCommand({ ...this.#at, ...writeHeaders(options), Key: key })
      const { UploadId } = await this.#client.send(command, send)
      if (!UploadId) {
        throw new DrawbridgeError({
          code: 'protocol-broken',
          message: 'S3 answered without an upload id',
          operation: wanted.operation,
        })
      }
      return UploadId
    })
  }

  /**
   * The part's hash is taken in a reading of its own and then signed: S3 compares it, and so do stores that know no checksum
   * headers. A checksum header would have to be announced at the start and repeated at the end for every part.
   */
  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    options: { signal?: AbortSignal; onProgress?: (bytesSent: number) => void } = {},
  ): Promise<StoredPart> {
    const wanted = { operation: 's3:UploadPart', key, signal: options.signal }
    return this.#call(wanted, async (send) => {
      const hash = await hashOfRange(body, start, end, 'sha256', wanted.operation)
      const bytes = outgoing(body, start, end, { operation: wanted.operation, onProgress: options.onProgress })
      const command = new UploadPartCommand({
        ...this.#at,
        Key: key,
        UploadId: uploadId,
        PartNumber: number,
        Body: bytes.stream,
        ContentLength: end - start,
      })
      signPayload(command, hash.toString('hex'))
      try {
        const { ETag } = await this.#client.send(command, send)
        if (!ETag) {
          throw new DrawbridgeError({
            code: 'protocol-broken',
            message: 'S3 took a part without an ETag',
            operation: wanted.operation,
          })
        }
        return { number, etag: ETag, sizeBytes: end - start }
      } catch (error) {
        throw bytes.failure() ?? error
      } finally {
        bytes.stream.destroy()
      }
    })
  }

  async listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]> {
    const parts: StoredPart[] = []
    let marker: string | undefined
    do {
      const page = await this.#call({ operation: 's3:ListMultipartUploadParts', key, signal }, (send) =>
        this.#client.send(
          new ListPartsCommand({
            ...this.#at,
            Key: key,
            UploadId: uploadId,
            ...(marker === undefined ? {} : { PartNumberMarker: marker }),
          }),
          send,
        ),
      )
      for (const { PartNumber, ETag, Size } of page.Parts ?? []) {
        if (PartNumber !== undefined && ETag) parts.push({ number: PartNumber, etag: ETag, sizeBytes: Size ?? 0 })
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined
    } while (marker !== undefined)
    return parts
  }

  async completeUpload(
    key: string,
    uploadId: string,
    parts: readonly StoredPart[],
    options: PutOptions,
  ): Promise<PutAnswer> {
    const wanted = { operation: 's3:CompleteMultipartUpload', key, signal: options.signal }
    checkPartOrder(parts)
    return this.#call(wanted, async (send) => {
      const command = new CompleteMultipartUploadCommand({
        ...this.#at,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
        ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
      })
      let headers: Readonly<Record<string, string>> = {}
      watchHeaders(command, (seen) => {
        headers = seen
      })
      const answer = await this.#client.send(command, send)
      // Ceph RGW 16 leaves the ETag empty; an answer without the key is none.
      if (!answer.ETag && !answer.Key) {
        throw new DrawbridgeError({
          code: 'unavailable',
          retry: 'later',
          message: 'S3 answered a completion with something else',
          operation: wanted.operation,
          context: { possiblySent: true },
        })
      }
      return answerOf(answer, headers)
    })
  }

  async abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#call({ operation: 's3:AbortMultipartUpload', key, signal }, (send) =>
        this.#client.send(new AbortMultipartUploadCommand({ ...this.#at, Key: key, UploadId: uploadId }), send),
      )
    } catch (error) {
      if (!(error instanceof DrawbridgeError && error.code === 'upload-not-found')) throw error
    }
  }

  async listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]> {
    const uploads: PendingUpload[] = []
    let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
    while (from !== undefined) {
      const page: Awaited<ReturnType<S3Store['uploadPage']>> = await this.uploadPage(prefix, from, signal)
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (!Key || !UploadId) continue
        uploads.push({
          key: Key,
          uploadId: UploadId,
          ...(Initiated === undefined ? {} : { startedAt: Initiated.toISOString() }),
        })
      }
      from =
        page.IsTruncated && page.NextKeyMarker
          ? {
              KeyMarker: page.NextKeyMarker,
              ...(page.NextUploadIdMarker ? { UploadIdMarker: page.NextUploadIdMarker } : {}),
            }
          : undefined
    }
    return uploads
  }

  /** Keys come as they are: Ceph RGW 16 encodes them on request, and then does not say so. */
  private uploadPage(prefix: string, from: { KeyMarker?: string; UploadIdMarker?: string }, signal?: AbortSignal) {
    return this.#call({ operation: 's3:ListBucketMultipartUploads', signal }, (send) =>
      this.#client.send(new ListMultipartUploadsCommand({ ...this.#at, Prefix: prefix, ...from }), send),
    )
  }

  close(): void {
    this.#client.destroy()
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
