/** Buckets, objects and uploads: what S3 keeps about them. Bytes are in `blobs.ts`. */
import type { BoundPolicy } from '../world/entities.ts'
import type { Blob } from './blobs.ts'
import type { Checksum, ChecksumAlgorithm } from './checksum.ts'

export type ObjectOwnership = 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter'

/** How an object is, or a bucket's objects are, encrypted. */
export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  /** ARN, id or alias as it was given; null: the account's own `aws/s3`. */
  readonly keyName: string | null
  readonly bucketKey: boolean
}

/** The four switches of Block Public Access. */
export interface PublicAccessBlock {
  readonly blockPublicAcls: boolean
  readonly ignorePublicAcls: boolean
  readonly blockPublicPolicy: boolean
  readonly restrictPublicBuckets: boolean
}

export type CannedAcl =
  | 'private'
  | 'public-read'
  | 'public-read-write'
  | 'authenticated-read'
  | 'aws-exec-read'
  | 'bucket-owner-read'
  | 'bucket-owner-full-control'

export type RetentionMode = 'COMPLIANCE' | 'GOVERNANCE'

/** How long a version is kept whatever anybody asks. */
export interface Retention {
  readonly mode: RetentionMode
  readonly until: Date
}

/** What a writer says about an object besides its bytes. */
export interface ObjectHeaders {
  /** `content-type`, `cache-control` and the like, by their names. */
  readonly standard: ReadonlyMap<string, string>
  /** Without `x-amz-meta-`. */
  readonly metadata: ReadonlyMap<string, string>
  readonly storageClass: string
}

/** One version of an object. */
export interface StoredObject {
  readonly kind: 'object'
  readonly versionId: string
  /** The account that owns it: the bucket's, unless Object Ownership leaves it to the writer. */
  readonly ownerAccount: string
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string
  readonly lastModified: Date
  readonly blobs: readonly Blob[]
  readonly headers: ObjectHeaders
  readonly tags: ReadonlyMap<string, string>
  readonly checksum: Checksum | null
  readonly encryption: Encryption
  /** The ARN of the KMS key; null for AES256. */
  readonly keyArn: string | null
  readonly acl: CannedAcl
  readonly retention: Retention | null
}

/** The version that says that there is none. */
export interface DeleteMarker {
  readonly kind: 'marker'
  readonly versionId: string
  readonly ownerAccount: string
  readonly lastModified: Date
}

export type ObjectVersion = StoredObject | DeleteMarker

export interface UploadedPart {
  readonly number: number
  readonly blob: Blob
  /** Without quotes. */
  readonly etag: string
  readonly lastModified: Date
  readonly checksum: Checksum | null
}

/** A multipart upload that was neither completed nor aborted. */
export interface Upload {
  readonly id: string
  readonly key: string
  readonly initiatedAt: Date
  readonly initiatorArn: string
  readonly initiatorId: string
  readonly ownerAccount: string
  readonly headers: ObjectHeaders
  readonly tags: ReadonlyMap<string, string>
  readonly encryption: Encryption
  readonly keyArn: string | null
  readonly acl: CannedAcl
  readonly checksumAlgorithm: ChecksumAlgorithm | null
  readonly checksumType: Checksum['type']
  readonly retention: Retention | null
  readonly parts: Map<number, UploadedPart>
}

/** A bucket. */
export class Bucket {
  readonly name: string
  readonly accountId: string
  readonly region: string
  readonly createdAt: Date
  readonly uploads = new Map<string, Upload>()
  policy: BoundPolicy | null = null
  /** Null: the setting was removed, and ACLs work. */
  ownership: ObjectOwnership = 'BucketOwnerEnforced'
  encryption: Encryption = { algorithm: 'AES256', keyName: null, bucketKey: false }
  publicAccess: PublicAccessBlock = {
    blockPublicAcls: true,
    ignorePublicAcls: true,
    blockPublicPolicy: true,
    restrictPublicBuckets: true,
  }
  /** Null: the bucket was made without Object Lock. */
  objectLock: { readonly byDefault: { readonly mode: RetentionMode; readonly days: number } | null } | null = null
  versioning: 'Off' | 'Enabled' | 'Suspended' = 'Off'
  /** Newest last. */
  readonly #versions = new Map<string, ObjectVersion[]>()
  #sortedKeys: readonly string[] | null = null

  constructor(name: string, accountId: string, region: string, createdAt: Date) {
    this.name = name
    this.accountId = accountId
    this.region = region
    this.createdAt = createdAt
  }

  get arn(): string {
    return `arn:aws:s3:::${this.name}`
  }

  /** True when neither an object nor an old version is left. */
  get isEmpty(): boolean {
    return this.#versions.size === 0
  }

  /** Every key with some version, in the order of its UTF-8 bytes. */
  keys(): readonly string[] {
    this.#sortedKeys ??= [...this.#versions.keys()].sort(compareUtf8)
    return this.#sortedKeys
  }

  /** The versions of a key, newest last. */
  versions(key: string): readonly ObjectVersion[] {
    return this.#versions.get(key) ?? []
  }

  /** The object that a plain GET sees. */
  current(key: string): StoredObject | null {
    const newest = this.#versions.get(key)?.at(-1)
    return newest?.kind === 'object' ? newest : null
  }

  /** Adds a version; one of the same id (`null` without versioning) is replaced and returned. */
  add(key: string, version: ObjectVersion): ObjectVersion | null {
    const versions = this.#versions.get(key)
    if (versions === undefined) {
      this.#versions.set(key, [version])
      this.#sortedKeys = null
      return null
    }
    const replaced = versions.find((held) => held.versionId === version.versionId) ?? null
    if (replaced !== null) versions.splice(versions.indexOf(replaced), 1)
    versions.push(version)
    return replaced
  }

  /** Takes one version away for good, and returns it. */
  remove(key: string, versionId: string): ObjectVersion | null {
    const versions = this.#versions.get(key)
    const index = versions?.findIndex((held) => held.versionId === versionId) ?? -1
    if (versions === undefined || index === -1) return null
    const [removed] = versions.splice(index, 1)
    if (versions.length === 0) {
      this.#versions.delete(key)
      this.#sortedKeys = null
    }
    return removed ?? null
  }
}

/** Orders texts as their UTF-8 bytes are ordered, which JavaScript's own order does not outside the basic plane. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above everything else of the basic plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
