/** What a receipt says: an in-toto Statement v1 about the objects that a delivery left at one target. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import type { JsonValue } from './canonical-json.ts'
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts'
import { isObject } from './log-entry.ts'
import type { ManifestLine } from './manifest.ts'
import { isSha256Hex } from './manifest.ts'

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

/** The action of the log entry to which a receipt belongs. */
export const deliveredAction = 'delivery.delivered'

const statementUri = 'https://in-toto.io/Statement/v1'
const predicateUri = 'https://drawbridge.dev/receipt/v1'
const levels = ['read-back', 'server-checksum', 'etag-equal', 'sent-only', 'occupied'] as const

/**
 * Makes the log entry that says everything that the receipt will say, to be written in the transaction that records the
 * delivery. `buildReceipt` also takes the proof of an entry that says less, as long as it has the same actor, action and
 * subject, and in `fields.objects` the `key`, `sizeBytes` and `sha256` of every object.
 */
export function deliveredEntry(facts: ReceiptFacts): {
  actor: string
  action: string
  subject: string
  fields: Record<string, JsonValue>
} {
  const { actor, delivery, ...rest } = factsJson(facts)
  return { actor: String(actor), action: deliveredAction, subject: String(delivery), fields: rest }
}

/** Writes the statement as canonical JSON. @throws TypeError when a fact has no canonical form. */
export function writeStatement({ facts, tags, log }: ReceiptParts): string {
  const predicate = {
    ...factsJson(facts),
    tags: tags.map(({ path, sha256 }) => ({ path, sha256 })),
    log: { origin: log.origin, seq: log.seq, treeSize: log.treeSize, rootHash: log.rootHash },
  }
  const subject = facts.objects.map(({ key, sha256 }) => ({
    name: objectUri(facts.target.location, key),
    digest: { sha256 },
  }))
  return canonicalJson({ _type: statementUri, subject, predicateType: predicateUri, predicate })
}

/** Reads a statement; everything that `writeStatement` would not have written is refused. */
export function parseStatement(text: string): Result<ReceiptParts, 'malformed'> {
  const parsed = parseCanonicalJson(text)
  if (!parsed.ok || !isObject(parsed.value) || !isObject(parsed.value['predicate'])) return err('malformed')
  const { tags, log, ...rest } = parsed.value['predicate']
  const facts = parseFacts(rest)
  const parts = { facts, tags: parseList(tags, parseTag), log: parseLog(log) }
  if (parts.facts === null || parts.tags === null || parts.log === null) return err('malformed')
  const read = { facts: parts.facts, tags: parts.tags, log: parts.log }
  return writeStatement(read) === text ? ok(read) : err('malformed')
}

/** The address of an object: the location and the key; in a URL the key's parts are percent-encoded. */
export function objectUri(location: string, key: string): string {
  const base = location.endsWith('/') ? location.slice(0, -1) : location
  const isUrl = base.startsWith('https://') || base.startsWith('http://')
  return `${base}/${isUrl ? key.split('/').map(encodeURIComponent).join('/') : key}`
}

function factsJson(facts: ReceiptFacts): Record<string, JsonValue> {
  const { delivery, report, period, acceptedAt, deliveredAt, actor, target, verificationLevel } = facts
  const { service, location } = target
  return {
    ...{ delivery, report, period, acceptedAt, deliveredAt, actor, verificationLevel },
    ...told({ failoverReason: facts.failoverReason }),
    target: { service, location, ...told({ bucketOwner: target.bucketOwner, principal: target.principal }) },
    objects: facts.objects.map((object) => ({
      ...{ path: object.path, key: object.key, sizeBytes: object.sizeBytes, sha256: object.sha256 },
      ...told({ etag: object.etag, versionId: object.versionId, requestId: object.requestId }),
      ...(object.checksum && {
        checksum: { algorithm: object.checksum.algorithm, base64: object.checksum.base64 },
      }),
    })),
  }
}

/** Leaves out what the store did not say: canonical JSON knows no `undefined`. */
function told(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const said = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(said)
}

function parseFacts(value: JsonValue): ReceiptFacts | null {
  const required = ['delivery', 'report', 'period', 'acceptedAt', 'deliveredAt', 'actor', 'verificationLevel'] as const
  const texts = pick(value, required, ['failoverReason'])
  if (texts === null || !isObject(value)) return null
  const target = pick(value['target'], ['service', 'location'], ['bucketOwner', 'principal'])
  const objects = parseList(value['objects'], parseObject)
  const verificationLevel = levels.find((level) => level === texts.verificationLevel)
  if (target === null || objects === null || verificationLevel === undefined) return null
  return { ...texts, verificationLevel, target, objects }
}

function parseObject(value: JsonValue): ReceiptObject | null {
  const texts = pick(value, ['path', 'key', 'sha256'], ['etag', 'versionId', 'requestId'])
  if (texts === null || !isObject(value) || !isSha256Hex(texts.sha256)) return null
  const { sizeBytes, checksum } = value
  if (typeof sizeBytes !== 'number' || sizeBytes < 0) return null
  if (checksum === undefined) return { ...texts, sizeBytes }
  const reported = pick(checksum, ['algorithm', 'base64'], [])
  return reported && { ...texts, sizeBytes, checksum: reported }
}

function parseTag(value: JsonValue): ManifestLine | null {
  const tag = pick(value, ['path', 'sha256'], [])
  return tag !== null && isSha256Hex(tag.sha256) ? tag : null
}

function parseLog(value: JsonValue | undefined): ReceiptLog | null {
  const texts = pick(value, ['origin', 'rootHash'], [])
  if (texts === null || !isObject(value)) return null
  const { seq, treeSize } = value
  return typeof seq === 'number' && typeof treeSize === 'number' ? { ...texts, seq, treeSize } : null
}

function parseList<T>(value: JsonValue | undefined, parse: (item: JsonValue) => T | null): T[] | null {
  if (!Array.isArray(value)) return null
  const items = value.flatMap((item: JsonValue) => parse(item) ?? [])
  return items.length === value.length ? items : null
}

function pick<R extends string, O extends string>(
  value: JsonValue | undefined,
  required: readonly R[],
  optional: readonly O[],
): ({ [K in R]: string } & { [K in O]?: string }) | null {
  if (!isObject(value)) return null
  const picked = new Map<string, string>()
  for (const name of [...required, ...optional]) {
    const member = value[name]
    if (typeof member === 'string') picked.set(name, member)
  }
  if (!required.every((name) => picked.has(name))) return null
  return Object.fromEntries(picked) as { [K in R]: string } & { [K in O]?: string }
}
