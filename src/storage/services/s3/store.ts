/**
 * Objects in S3 and in stores that speak its protocol. Every call names the account that must own the bucket; every body goes as
 * a stream of known length with its hash signed, so that nothing is buffered and nothing else than those bytes is taken.
 */

import { Readable } from 'node:stream'
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
  type S3Client,
} from '@aws-sdk/client-s3'
import { DrawbridgeError } from '../../../base/index.ts'
import { checkKey, checkMetadata, checkPartOrder, checkSignal } from '../../fault.ts'
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
import { outgoing, sumsOfRange } from '../../outgoing.ts'
import type { AgentLease } from './agent-pool.ts'
import { answerOf, answerOfHeaders, factsOfAnswer, listedFacts } from './answers.ts'
import type { S3ClientOptions } from './client.ts'
import { leaseFor, openS3Client, watchHeaders } from './client.ts'
import { type AnswerHeaders, type BodyRequest, DataPlane } from './data-plane.ts'
import { s3Error } from './errors.ts'
import { plainHeaders, writeHeaders } from './write-headers.ts'

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

/** A CRC as S3 writes it: big-endian, base 64. */
function crcBase64(sum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum)
  return bytes.toString('base64')
}

interface Sent {
  readonly operation: string
  readonly onProgress: ((bytesSent: number) => void) | undefined
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
  readonly #lease: AgentLease
  readonly #dataPlane: DataPlane
  #sdk: S3Client | null = null
  readonly #at: { readonly Bucket: string; readonly ExpectedBucketOwner?: string }

  constructor(options: S3StoreOptions) {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(options.bucket)) throw new TypeError('a bucket needs a valid name')
    this.#options = options
    this.#lease = leaseFor(options)
    const { region, credentials } = options
    const address = (): Promise<URL> => this.#address()
    this.#dataPlane = new DataPlane({ region, credentials, agents: this.#lease.agents, address })
    this.location = `s3://${options.bucket}`
    this.#at = {
      Bucket: options.bucket,
      ...(options.expectedBucketOwner === null ? {} : { ExpectedBucketOwner: options.expectedBucketOwner }),
    }
  }

  /** Made when it is first needed: the usual small report never asks for it. */
  get #client(): S3Client {
    this.#sdk ??= openS3Client(this.#options)
    return this.#sdk
  }

  /** Other stores know their buckets by path; for AWS the SDK's own rules tell the address. */
  async #address(): Promise<URL> {
    const { endpoint, region, bucket } = this.#options
    if (endpoint !== null) return new URL(`${endpoint.replace(/\/+$/, '')}/${bucket}`)
    const { url } = this.#client.config.endpointProvider({ Region: region, Bucket: bucket })
    return url
  }

  /** Sends a body through the thin pipe; the bytes themselves when they are in memory, piece by piece otherwise. */
  async #sendBody(
    body: Body,
    start: number,
    end: number,
    request: Omit<BodyRequest, 'body' | 'sizeBytes'> & Sent,
  ): Promise<AnswerHeaders> {
    const { operation, onProgress, ...wanted } = request
    const sizeBytes = end - start
    if (body.bytes !== undefined && body.bytes.byteLength === body.sizeBytes) {
      const answered = await this.#dataPlane.send({ ...wanted, sizeBytes, body: body.bytes.subarray(start, end) })
      onProgress?.(sizeBytes)
      return answered
    }
    const pieces = body.pieces?.(start, end)
    if (pieces !== undefined) {
      return await this.#dataPlane.send({ ...wanted, sizeBytes, body: { pieces, onProgress } })
    }
    const bytes = outgoing(body, start, end, { operation, onProgress })
    try {
      return await this.#dataPlane.send({ ...wanted, sizeBytes, body: bytes.stream })
    } catch (error) {
      throw bytes.failure() ?? error
    } finally {
      bytes.stream.destroy()
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
    const { signal, onProgress } = options
    return this.#call(wanted, async () => {
      const headers = await this.#sendBody(body, 0, body.sizeBytes, {
        key,
        query: [['x-id', 'PutObject']],
        headers: {
          ...this.#ownerHeader(),
          ...plainHeaders(options),
          'if-none-match': options.ifAbsent ? '*' : undefined,
          'x-amz-checksum-sha256': Buffer.from(body.sha256, 'hex').toString('base64'),
        },
        sha256: body.sha256,
        signal,
        operation: wanted.operation,
        onProgress,
      })
      return answerOfHeaders(headers)
    })
  }

  #ownerHeader(): Record<string, string | undefined> {
    return { 'x-amz-expected-bucket-owner': this.#at.ExpectedBucketOwner }
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

  async delete(key: string, signal?: AbortSignal, only: DeleteOnly = {}): Promise<void> {
    const wanted = { operation: 's3:DeleteObject', key, signal }
    checkKey(key, wanted.operation)
    try {
      const { versionId, ifEtag } = only
      const command = new DeleteObjectCommand({
        ...this.#at,
        Key: key,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
        ...(ifEtag === undefined ? {} : { IfMatch: ifEtag }),
      })
      await this.#call(wanted, (send) => this.#client.send(command, send))
    } catch (error) {
      if (!(error instanceof DrawbridgeError && error.code === 'object-not-found')) throw error
    }
  }

  async createUpload(key: string, options: PutOptions): Promise<string> {
    const wanted = { operation: 's3:CreateMultipartUpload', key, signal: options.signal }
    checkKey(key, wanted.operation)
    checkMetadata(options.metadata, wanted.operation)
    return this.#call(wanted, async (send) => {
      const command = new CreateMultipartUploadCommand({
        ...this.#at,
        ...writeHeaders(options),
        Key: key,
        ...(options.crc32 === undefined ? {} : { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }),
      })
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
   * The part's hash is signed: S3 compares it, and so do stores that know no checksum headers. A body that does not know it
   * is read once more for it.
   */
  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    options: UploadPartOptions = {},
  ): Promise<StoredPart> {
    const { signal, onProgress, withCrc32 } = options
    const wanted = { operation: 's3:UploadPart', key, signal }
    return this.#call(wanted, async () => {
      const sums = await sumsOfRange(body, start, end, wanted.operation)
      const { etag } = await this.#sendBody(body, start, end, {
        key,
        query: [
          ['partNumber', `${number}`],
          ['uploadId', uploadId],
          ['x-id', 'UploadPart'],
        ],
        headers: {
          ...this.#ownerHeader(),
          'x-amz-checksum-crc32': withCrc32 === true ? crcBase64(sums.crc32) : undefined,
        },
        sha256: sums.sha256,
        signal,
        operation: wanted.operation,
        onProgress,
      })
      if (!etag) {
        throw new DrawbridgeError({
          code: 'protocol-broken',
          message: 'S3 took a part without an ETag',
          operation: wanted.operation,
        })
      }
      return { number, etag, sizeBytes: end - start }
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
        ...(options.crc32 === undefined
          ? {}
          : { ChecksumCRC32: crcBase64(options.crc32), ChecksumType: 'FULL_OBJECT' as const }),
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
    this.#sdk?.destroy()
    this.#lease.release()
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
