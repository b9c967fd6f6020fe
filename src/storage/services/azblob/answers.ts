/** Reads the answers of Azure Blob into our own facts. Only what was said is repeated. */
import type { ObjectFacts, PutAnswer, StoreChecksum } from '../../object-store.ts'
import { fromBlobMetadata } from './names.ts'

function md5Of(contentMd5: Uint8Array | undefined): StoreChecksum | undefined {
  return contentMd5 === undefined ? undefined : { algorithm: 'md5', base64: Buffer.from(contentMd5).toString('base64') }
}

interface WriteAnswer {
  readonly etag?: string | undefined
  readonly versionId?: string | undefined
  readonly contentMD5?: Uint8Array | undefined
  readonly requestId?: string | undefined
  readonly date?: Date | undefined
}

/** Reads the answer to a write. */
export function answerOf(answer: WriteAnswer): PutAnswer {
  const checksum = md5Of(answer.contentMD5)
  return {
    ...(answer.etag === undefined ? {} : { etag: answer.etag }),
    ...(answer.versionId === undefined ? {} : { versionId: answer.versionId }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
    ...(answer.date === undefined ? {} : { date: answer.date.toUTCString() }),
  }
}

interface ReadAnswer {
  readonly contentLength?: number | undefined
  readonly etag?: string | undefined
  readonly versionId?: string | undefined
  readonly lastModified?: Date | undefined
  readonly contentMD5?: Uint8Array | undefined
  readonly blobContentMD5?: Uint8Array | undefined
  readonly contentRange?: string | undefined
  readonly metadata?: Record<string, string> | undefined
  readonly contentType?: string | undefined
}

/** Reads the answer to a HEAD or a GET. In the answer to a range, `contentMD5` is the range's own. */
export function factsOfAnswer(key: string, answer: ReadAnswer): ObjectFacts {
  const checksum = md5Of(answer.contentRange === undefined ? answer.contentMD5 : answer.blobContentMD5)
  return {
    key,
    sizeBytes: answer.contentLength ?? 0,
    ...(answer.etag === undefined ? {} : { etag: answer.etag }),
    ...(answer.versionId === undefined ? {} : { versionId: answer.versionId }),
    ...(answer.lastModified === undefined ? {} : { lastModified: answer.lastModified.toISOString() }),
    ...(checksum === undefined ? {} : { checksum }),
    metadata: fromBlobMetadata(answer.metadata ?? {}),
    ...(answer.contentType === undefined ? {} : { contentType: answer.contentType }),
  }
}
