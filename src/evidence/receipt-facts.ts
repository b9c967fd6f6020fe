/** What a receipt is about, as data: the facts of one delivery to one target, and the place in the log that tells of it. */
import type { ManifestLine } from './manifest.ts'

/** Where the objects stand. */
export interface ReceiptTarget {
  /** `s3`, `azblob` … */
  readonly service: string
  /** `s3://bucket`, the container's URL. */
  readonly location: string
  /** The account that owns the bucket, as verified. */
  readonly bucketOwner?: string
  /** Who wrote: the ARN of the assumed role's session, or the like. */
  readonly principal?: string
}

/** One object of the report, with what the store said when it took it. */
export interface ReceiptObject {
  /** Where the file stands in the package: `data/…`, or for a report of one file the last part of the key. */
  readonly path: string
  readonly key: string
  readonly sizeBytes: number
  /** Of the bytes that were sent, lower-case hex. */
  readonly sha256: string
  readonly etag?: string
  readonly versionId?: string
  /** As the store reported it. */
  readonly checksum?: { readonly algorithm: string; readonly base64: string }
  readonly requestId?: string
}

/** Everything that a receipt vouches for, except its place in the log. */
export interface ReceiptFacts {
  /** The delivery's id. */
  readonly delivery: string
  readonly report: string
  readonly period: string
  /** ISO 8601, UTC. */
  readonly acceptedAt: string
  /** ISO 8601, UTC. */
  readonly deliveredAt: string
  /** Who: as in the log's entries. */
  readonly actor: string
  readonly target: ReceiptTarget
  /** The files of the report, and only they. */
  readonly objects: readonly ReceiptObject[]
  readonly verificationLevel: 'read-back' | 'server-checksum' | 'etag-equal' | 'sent-only' | 'occupied'
  /** Why this target and not the one before it: one line. */
  readonly failoverReason?: string
}

/** The log at the moment of the receipt. */
export interface ReceiptLog {
  readonly origin: string
  readonly seq: number
  readonly treeSize: number
  /** Base64, as in the checkpoint. */
  readonly rootHash: string
}

/** What the statement is made of. */
export interface ReceiptParts {
  readonly facts: ReceiptFacts
  /** The files of the package that are not the report's, by hash. */
  readonly tags: readonly ManifestLine[]
  readonly log: ReceiptLog
}
