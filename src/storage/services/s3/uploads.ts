/**
 * Uploads in parts: starting one, its parts, completing and dropping it, and finding those that were left. S3 compares the
 * CRC of the whole where it was announced.
 */
import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import { DrawbridgeError } from '../../../base/index.ts'
import { checkKey, checkMetadata, checkPartOrder } from '../../fault.ts'
import type { Body, PendingUpload, PutAnswer, PutOptions, StoredPart, UploadPartOptions } from '../../object-store.ts'
import { sumsOfRange } from '../../outgoing.ts'
import { answerOf } from './answers.ts'
import type { S3Bucket } from './bucket.ts'
import { watchHeaders } from './client.ts'
import { writeHeaders } from './write-headers.ts'

/** A CRC as S3 writes it: big-endian, base 64. */
function crcBase64(sum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum)
  return bytes.toString('base64')
}

/** The uploads in parts of one bucket; each method is that of `ObjectStore` of the same name. */
export class S3Uploads {
  readonly #bucket: S3Bucket

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket
  }

  async createUpload(key: string, options: PutOptions): Promise<string> {
    const wanted = { operation: 's3:CreateMultipartUpload', key, signal: options.signal }
    checkKey(key, wanted.operation)
    checkMetadata(options.metadata, wanted.operation)
    return this.#bucket.call(wanted, async (send) => {
      const { client, aws } = await this.#bucket.sdk()
      const command = new aws.CreateMultipartUploadCommand({
        ...this.#bucket.at,
        ...writeHeaders(options),
        Key: key,
        ...(options.crc32 === undefined ? {} : { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }),
      })
      const { UploadId } = await client.send(command, send)
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
    return this.#bucket.call(wanted, async () => {
      const sums = await sumsOfRange(body, start, end, wanted.operation)
      const { etag } = await this.#bucket.sendBody(body, start, end, {
        key,
        query: [
          ['partNumber', `${number}`],
          ['uploadId', uploadId],
          ['x-id', 'UploadPart'],
        ],
        headers: {
          ...this.#bucket.ownerHeader,
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
      const page = await this.#bucket.call({ operation: 's3:ListMultipartUploadParts', key, signal }, async (send) => {
        const { client, aws } = await this.#bucket.sdk()
        return await client.send(
          new aws.ListPartsCommand({
            ...this.#bucket.at,
            Key: key,
            UploadId: uploadId,
            ...(marker === undefined ? {} : { PartNumberMarker: marker }),
          }),
          send,
        )
      })
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
    return this.#bucket.call(wanted, async (send) => {
      const { client, aws } = await this.#bucket.sdk()
      const command = new aws.CompleteMultipartUploadCommand({
        ...this.#bucket.at,
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
      const answer = await client.send(command, send)
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
      await this.#bucket.call({ operation: 's3:AbortMultipartUpload', key, signal }, async (send) => {
        const { client, aws } = await this.#bucket.sdk()
        await client.send(
          new aws.AbortMultipartUploadCommand({ ...this.#bucket.at, Key: key, UploadId: uploadId }),
          send,
        )
      })
    } catch (error) {
      if (!(error instanceof DrawbridgeError && error.code === 'upload-not-found')) throw error
    }
  }

  async listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]> {
    const uploads: PendingUpload[] = []
    let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
    while (from !== undefined) {
      const page: ListMultipartUploadsCommandOutput = await this.#page(prefix, from, signal)
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
  #page(
    prefix: string,
    from: { KeyMarker?: string; UploadIdMarker?: string },
    signal: AbortSignal | undefined,
  ): Promise<ListMultipartUploadsCommandOutput> {
    return this.#bucket.call({ operation: 's3:ListBucketMultipartUploads', signal }, async (send) => {
      const { client, aws } = await this.#bucket.sdk()
      return await client.send(
        new aws.ListMultipartUploadsCommand({ ...this.#bucket.at, Prefix: prefix, ...from }),
        send,
      )
    })
  }
}
