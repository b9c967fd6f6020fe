/** What a receipt says: an in-toto Statement v1 about the objects that a delivery left at one target. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import type { JsonValue } from './canonical-json.ts'
import { parseCanonicalJson } from './canonical-json.ts'
import { isObject } from './log-entry.ts'
import type { ManifestLine } from './manifest.ts'
import { isSha256Hex } from './manifest.ts'
import type { ReceiptFacts, ReceiptLog, ReceiptObject, ReceiptParts } from './receipt-facts.ts'
import { deliveredAction, factsText, statementText } from './statement-text.ts'

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

/** Reads a statement; everything that `statementText` would not have written is refused. */
export function parseStatement(text: string): Result<ReceiptParts, 'malformed'> {
  const parsed = parseCanonicalJson(text)
  if (!parsed.ok || !isObject(parsed.value) || !isObject(parsed.value['predicate'])) return err('malformed')
  const { tags, log, ...rest } = parsed.value['predicate']
  const facts = parseFacts(rest)
  const parts = { facts, tags: parseList(tags, parseTag), log: parseLog(log) }
  if (parts.facts === null || parts.tags === null || parts.log === null) return err('malformed')
  const read = { facts: parts.facts, tags: parts.tags, log: parts.log }
  return statementText(read, factsText(read.facts)) === text ? ok(read) : err('malformed')
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
