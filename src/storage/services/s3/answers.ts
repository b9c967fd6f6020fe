/** Reads the answers of S3 into our own facts. Only what was said is repeated. */
import type { _Object as ListedObject } from '@aws-sdk/client-s3'
import type { ObjectFacts, PutAnswer, StoreChecksum } from '../../object-store.ts'

interface Checksums {
  readonly ChecksumSHA256?: string | undefined
  readonly ChecksumCRC64NVME?: string | undefined
  readonly ChecksumCRC32?: string | undefined
}

/** A checksum of the whole object. `…-3` is one of the parts' checksums, which says nothing about the bytes alone. */
function checksumOf(answer: Checksums): StoreChecksum | undefined {
  const whole = (value: string | undefined): value is string => value !== undefined && !value.includes('-')
  if (whole(answer.ChecksumSHA256)) return { algorithm: 'sha256', base64: answer.ChecksumSHA256 }
  if (whole(answer.ChecksumCRC64NVME)) return { algorithm: 'crc64nvme', base64: answer.ChecksumCRC64NVME }
  if (whole(answer.ChecksumCRC32)) return { algorithm: 'crc32', base64: answer.ChecksumCRC32 }
  return undefined
}

interface WriteAnswer extends Checksums {
  readonly ETag?: string | undefined
  readonly VersionId?: string | undefined
  readonly $metadata: { readonly requestId?: string | undefined }
}

/** Reads the answer to a write. */
export function answerOf(answer: WriteAnswer, headers: Readonly<Record<string, string>>): PutAnswer {
  const checksum = checksumOf(answer)
  const requestId = answer.$metadata.requestId ?? headers['x-amz-request-id']
  const date = headers['date']
  return {
    ...(answer.ETag ? { etag: answer.ETag } : {}),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(date === undefined ? {} : { date }),
  }
}

/** Reads the answer to a write that went through the thin pipe. */
export function answerOfHeaders(headers: Readonly<Record<string, string>>): PutAnswer {
  const answer = {
    ETag: headers['etag'],
    VersionId: headers['x-amz-version-id'],
    ChecksumSHA256: headers['x-amz-checksum-sha256'],
    ChecksumCRC64NVME: headers['x-amz-checksum-crc64nvme'],
    ChecksumCRC32: headers['x-amz-checksum-crc32'],
    $metadata: {},
  }
  return answerOf(answer, headers)
}

interface ReadAnswer extends Checksums {
  readonly ContentLength?: number | undefined
  readonly ETag?: string | undefined
  readonly VersionId?: string | undefined
  readonly LastModified?: Date | undefined
  readonly Metadata?: Record<string, string> | undefined
  readonly ContentType?: string | undefined
}

/** Reads the answer to a HEAD or a GET. */
export function factsOfAnswer(key: string, answer: ReadAnswer): ObjectFacts {
  const checksum = checksumOf(answer)
  return {
    key,
    sizeBytes: answer.ContentLength ?? 0,
    ...(answer.ETag === undefined ? {} : { etag: answer.ETag }),
    ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }),
    ...(answer.LastModified === undefined ? {} : { lastModified: answer.LastModified.toISOString() }),
    ...(checksum === undefined ? {} : { checksum }),
    metadata: answer.Metadata ?? {},
    ...(answer.ContentType === undefined ? {} : { contentType: answer.ContentType }),
  }
}

/** Undoes `encoding-type=url`, in which a space may stand as `+`. */
function decodedKey(key: string, encoded: boolean): string {
  if (!encoded) return key
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return key
  }
}

/** Reads one object of a listing. */
export function listedFacts(object: ListedObject, encoded: boolean): ObjectFacts {
  return {
    key: decodedKey(object.Key ?? '', encoded),
    sizeBytes: object.Size ?? 0,
    ...(object.ETag === undefined ? {} : { etag: object.ETag }),
    ...(object.LastModified === undefined ? {} : { lastModified: object.LastModified.toISOString() }),
  }
}
