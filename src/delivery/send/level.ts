/** How strongly the store's own words verify the bytes. Only what it echoed counts; pure. */
import { createHash } from 'node:crypto'
import type { VerificationLevel } from '../../contract/index.ts'
import type { ObjectFacts, PutAnswer } from '../../storage/index.ts'
import type { SentPart } from '../record.ts'

/** The levels, the strongest first. */
const ranking: readonly VerificationLevel[] = ['read-back', 'server-checksum', 'etag-equal', 'sent-only', 'occupied']

/** What the bytes are known to be. */
export interface KnownBytes {
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
  /** Absent when it is not known. */
  readonly crc32?: number | undefined
}

/**
 * Reads a level from the answer to a write; `mismatch` when the store echoed other bytes than were sent. `md5Of` is asked
 * only where nothing but an MD5 was echoed.
 */
export async function levelOfAnswer(
  answer: PutAnswer,
  known: KnownBytes,
  md5Of: () => Promise<string>,
): Promise<VerificationLevel | 'mismatch'> {
  const { checksum } = answer
  const level = levelOfChecksum(checksum, known)
  if (level !== null) return level
  if (checksum?.algorithm === 'md5') return checksum.base64 === base64(await md5Of()) ? 'etag-equal' : 'mismatch'
  // An ETag that is no MD5 (encrypted objects, other stores) says nothing either way.
  const etag = bareEtag(answer.etag)
  return /^[0-9a-f]{32}$/.test(etag) && etag === (await md5Of()) ? 'etag-equal' : 'sent-only'
}

/** Null: no checksum of the whole that is known here. */
function levelOfChecksum(checksum: PutAnswer['checksum'], known: KnownBytes): 'server-checksum' | 'mismatch' | null {
  if (checksum?.algorithm === 'sha256' && isPlainChecksum(checksum.base64)) {
    return checksum.base64 === base64(known.sha256) ? 'server-checksum' : 'mismatch'
  }
  if (checksum?.algorithm === 'crc32' && known.crc32 !== undefined) {
    return checksum.base64 === crc32Base64(known.crc32) ? 'server-checksum' : 'mismatch'
  }
  return null
}

/** The ETag that S3 gives to an object of these parts: the MD5 of their MD5s, and their count. */
export function multipartEtag(md5s: readonly string[]): string {
  const bytes = Buffer.concat(md5s.map((md5) => Buffer.from(md5, 'hex')))
  return `${createHash('md5').update(bytes).digest('hex')}-${md5s.length}`
}

/** Reads a level from the answer to a completed multipart upload; `md5s` of the parts is asked only where it decides. */
export async function levelOfParts(
  answer: PutAnswer,
  known: KnownBytes,
  parts: readonly SentPart[],
  md5s: () => Promise<string[]>,
): Promise<VerificationLevel | 'mismatch'> {
  const level = levelOfChecksum(answer.checksum, known)
  if (level !== null) return level
  const etag = bareEtag(answer.etag)
  const decides = /^[0-9a-f]{32}-\d{1,5}$/.test(etag) && etag.endsWith(`-${parts.length}`)
  return decides && etag === multipartEtag(await md5s()) ? 'etag-equal' : 'sent-only'
}

/** Compares an object that can be read about with what should stand there; null when it says too little to tell. */
export function isSameObject(facts: ObjectFacts, known: KnownBytes, delivery: string): boolean | null {
  if (facts.sizeBytes !== known.sizeBytes) return false
  const { checksum, metadata } = facts
  if (checksum?.algorithm === 'sha256' && isPlainChecksum(checksum.base64)) {
    return checksum.base64 === base64(known.sha256)
  }
  if (metadata?.['drawbridge-delivery'] === undefined) return null
  return metadata['drawbridge-delivery'] === delivery && metadata['drawbridge-sha256'] === known.sha256
}

/** The weakest of some levels: a delivery is verified no better than its weakest object. */
export function weakest(levels: readonly VerificationLevel[]): VerificationLevel {
  return levels.reduce((worst, level) => (ranking.indexOf(level) > ranking.indexOf(worst) ? level : worst), 'read-back')
}

/** A checksum of checksums (`…-3`) is no checksum of the bytes. */
function isPlainChecksum(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text)
}

/** As S3 writes it: four bytes, the highest first. */
function crc32Base64(sum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum)
  return bytes.toString('base64')
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

function bareEtag(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '').toLowerCase()
}
