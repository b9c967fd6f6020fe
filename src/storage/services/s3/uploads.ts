/**
 * Uploads in parts: starting one, its parts, completing and dropping it, and finding those that were left. S3 compares the
 * CRC of the whole where it was announced.
 */
import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import { DrawbridgeError } from '../../../base/index.ts'
import { checkKey, checkMetadata, checkPartOrder } from '../../fault.ts'
import type { Body, PendingUpload, PutAnswer, PutOptions, StoredPart, UploadPartOptions } from '../../object-store.ts'
import { crc32OfRange, hashOfRange } from '../../outgoing.ts'
import type { AnswerHeaders } from '../../wire/exchange.ts'
import { answerOf } from './answers.ts'
import type { S3Bucket } from './bucket.ts'
import { watchHeaders } from './client.ts'
import { crcHeader, PartSigning } from './part-signing.ts'
import { writeHeaders } from './write-headers.ts'

/** A CRC as S3 writes it: big-endian, base 64. */
function crcBase64(sum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum)
  return bytes.toString('base64')
}

/** Reads what a store says of a part that it took. @throws protocol-broken | checksum-mismatch */
function etagOfPart(answer: AnswerHeaders, crc: string | undefined): string {
  const operation = 's3:UploadPart'
  const { etag, [crcHeader]: echo } = answer
  if (!etag) {
    throw new DrawbridgeError({ code: 'protocol-broken', message: 'S3 took a part without an ETag', operation })
  }
  if (crc === undefined || echo === undefined || echo === crc) return etag
  throw new DrawbridgeError({
    code: 'checksum-mismatch',
    retry: 'later',
    message: 'S3 says that it took other bytes of a part than were sent',
    operation,
  })
}

/** The uploads in parts of one bucket; each method is that of `ObjectStore` of the same name. */
export class S3Uploads {
  readonly #bucket: S3Bucket
  readonly #signing: PartSigning

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket
    this.#signing = new PartSigning(bucket.address)
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
      this.#signing.begin()
      return UploadId
    })
  }

  /**
   * With its CRC a part needs no signature over its bytes: `PartSigning` decides. Without it the part's hash is signed, so
   * that stores compare it that know no checksum headers; the bytes are read once more for it.
   */
  async uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    { signal, onProgress, withCrc32 = false }: UploadPartOptions = {},
  ): Promise<StoredPart> {
    const operation = 's3:UploadPart'
    return this.#bucket.call({ operation, key, signal }, async () => {
      const crc = withCrc32 ? crcBase64(await crc32OfRange(body, start, end, operation)) : undefined
      const send = (sha256: string | null): Promise<AnswerHeaders> =>
        this.#bucket.sendBody(body, start, end, {
          key,
          query: [
            ['partNumber', `${number}`],
            ['uploadId', uploadId],
            ['x-id', 'UploadPart'],
          ],
          headers: [...this.#bucket.ownerHeader, ...(crc === undefined ? [] : [[crcHeader, crc] as const])],
          sha256,
          signal,
          operation,
          onProgress,
        })
      const signed = async (): Promise<AnswerHeaders> =>
        await send((await hashOfRange(body, start, end, 'sha256', operation)).toString('hex'))
      const answer =
        crc === undefined ? await signed() : await this.#signing.send({ unsigned: () => send(null), signed })
      return { number, etag: etagOfPart(answer, crc), sizeBytes: end - start }
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
