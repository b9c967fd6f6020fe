/**
 * The contract of every object store. All methods reject with `DrawbridgeError` and nothing else when the world fails;
 * none of them retries (the retry layer does). Every service passes the one contract suite in `testing/`.
 */
import type { Readable } from 'node:stream'

/** Bytes that can be read several times, so that a retry can send them again. */
export interface Body {
  readonly sizeBytes: number
  /** Hex. Known beforehand, so that it can be signed and compared. */
  readonly sha256: string
  /** The bytes themselves, where they are in memory and can be sent as they are. */
  readonly bytes?: Uint8Array
  /** Opens the bytes from `start` (inclusive) to `end` (exclusive); the whole without arguments. */
  open(start?: number, end?: number): Readable
  /**
   * The same bytes in memory that is reused: each piece is good until the next one is asked for, and is compared with what
   * it should be before it is handed out. For bodies too large to be in memory.
   */
  pieces?(start: number, end: number): AsyncIterable<Uint8Array>
  /**
   * The CRC-32 (unsigned) of a range as it was taken earlier, so that it needs no reading of its own. Only for bodies that
   * compare every byte they hand out with what was taken then. Null: not known for this range.
   */
  crc32?(start: number, end: number): Promise<number | null>
}

export type Encryption =
  | { readonly kind: 'bucket-default' }
  | { readonly kind: 'sse-s3' }
  | { readonly kind: 'sse-kms'; readonly keyArn: string; readonly bucketKey?: boolean | undefined }

/** What is said of an object beside its bytes; nothing is sent of what is absent. What a service does not have is left out. */
export interface ObjectSettings {
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly storageClass?: string | undefined
  /** `until` the object can not be removed: Object Lock, or an immutability policy. */
  readonly retention?: { readonly mode: string; readonly until: Date } | undefined
  readonly legalHold?: boolean | undefined
  /** Azure's access tier. */
  readonly tier?: string | undefined
}

export interface PutOptions {
  /** True: the write succeeds only when nothing stands at the key; otherwise `object-exists`. */
  readonly ifAbsent: boolean
  readonly contentType?: string
  /** ASCII keys and values, keys in lower case. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly acl?: 'none' | 'bucket-owner-full-control'
  readonly encryption?: Encryption
  /** For uploads in parts: the same when one starts and when it is completed. */
  readonly settings?: ObjectSettings
  /**
   * CRC-32 of the whole object, for uploads in parts: announced when one starts and asserted when it is completed, by
   * stores that can. The same at each step, also when an upload is resumed.
   */
  readonly crc32?: number
  readonly signal?: AbortSignal
  /** Called with the number of bytes handed to the socket so far. */
  readonly onProgress?: (bytesSent: number) => void
}

/** What may be removed, where not everything at the key. */
export interface DeleteOnly {
  readonly versionId?: string
  readonly ifEtag?: string
}

/** A checksum that the store itself reported. */
export interface StoreChecksum {
  readonly algorithm: 'sha256' | 'crc32' | 'crc64nvme' | 'md5'
  readonly base64: string
}

/** What the store said when it took the object. Absent means that it did not say. */
export interface PutAnswer {
  readonly etag?: string
  readonly versionId?: string
  readonly checksum?: StoreChecksum
  readonly requestId?: string
  /** The store's own Date header. */
  readonly date?: string
}

export interface ObjectFacts {
  readonly key: string
  readonly sizeBytes: number
  readonly etag?: string
  readonly versionId?: string
  readonly lastModified?: string
  readonly checksum?: StoreChecksum
  /** Absent in listings. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly contentType?: string
}

export interface UploadPartOptions {
  readonly withCrc32?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (bytesSent: number) => void
}

/** A part that the store holds. Numbers start at 1. */
export interface StoredPart {
  readonly number: number
  readonly etag: string
  readonly sizeBytes: number
}

export interface PendingUpload {
  readonly key: string
  readonly uploadId: string
  readonly startedAt?: string
}

/** What a store can do at all; rights are another matter. */
export interface StoreCapabilities {
  /** False when the store is known to ignore `ifAbsent`. */
  readonly conditionalWrite: boolean
  readonly multipart: boolean
  /** The largest object of one `put`. */
  readonly maximumPutBytes: number
  readonly minimumPartBytes: number
  readonly maximumParts: number
}

export interface ObjectStore {
  /** For messages: `s3://bucket`, the container's URL, a directory. Never a secret. */
  readonly location: string
  readonly capabilities: StoreCapabilities

  /** Writes one object in one request. Idempotent with `ifAbsent` except that a repetition ends in `object-exists`. */
  put(key: string, body: Body, options: PutOptions): Promise<PutAnswer>
  /** Tells about an object; null when the store says that it is absent. A 403 is `access-denied`, even where it may mean absent. */
  head(key: string, signal?: AbortSignal): Promise<ObjectFacts | null>
  /** Opens an object, or a range of it (`end` exclusive). @throws object-not-found */
  get(
    key: string,
    options?: { start?: number; end?: number; signal?: AbortSignal },
  ): Promise<{ facts: ObjectFacts; body: Readable }>
  /** Lists objects whose key starts with `prefix`, in key order, page by page. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectFacts>
  /**
   * Removes an object; also succeeds when it is absent. With `versionId` that version goes for good, and nothing is put in its
   * place; with `ifEtag` only what has that entity tag goes, else `object-exists`. Stores that know neither ignore both.
   */
  delete(key: string, signal?: AbortSignal, only?: DeleteOnly): Promise<void>

  /** Starts a multipart upload and returns its id. Stores without upload ids of their own return one made from the key. */
  createUpload(key: string, options: PutOptions): Promise<string>
  /**
   * Sends bytes `start`–`end` (exclusive) of `body` as part `number`. Sending a part again replaces it. `withCrc32`: the
   * upload was started with `crc32`, so that its parts carry theirs. A store may answer a refusal by sending the part once
   * more in the other form that it knows.
   */
  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: Body,
    start: number,
    end: number,
    options?: UploadPartOptions,
  ): Promise<StoredPart>
  /** Lists the parts that the store holds, in order. @throws upload-not-found */
  listParts(key: string, uploadId: string, signal?: AbortSignal): Promise<StoredPart[]>
  /** Makes the object of its parts. An error inside a 200 answer is an error. @throws object-exists | upload-not-found | write-conflict */
  completeUpload(key: string, uploadId: string, parts: readonly StoredPart[], options: PutOptions): Promise<PutAnswer>
  /** Drops an upload; also succeeds when it is gone. */
  abortUpload(key: string, uploadId: string, signal?: AbortSignal): Promise<void>
  /** Lists unfinished uploads under `prefix`. Carries no metadata. */
  listUploads(prefix: string, signal?: AbortSignal): Promise<PendingUpload[]>

  /** Frees sockets. The store can not be used afterwards. */
  close(): void
}
