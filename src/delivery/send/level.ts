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
  /** Hex; absent when it was not computed. */
  readonly md5?: string | undefined
}

/** Reads a level from the answer to a write; `mismatch` when the store echoed other bytes than were sent. */
export function levelOfAnswer(answer: PutAnswer, known: KnownBytes): VerificationLevel | 'mismatch' {
  const { checksum } = answer
  if (checksum?.algorithm === 'sha256' && isPlainChecksum(checksum.base64)) {
    return checksum.base64 === base64(known.sha256) ? 'server-checksum' : 'mismatch'
  }
  if (known.md5 === undefined) return 'sent-only'
  if (checksum?.algorithm === 'md5') return checksum.base64 === base64(known.md5) ? 'etag-equal' : 'mismatch'
  // An ETag that is no MD5 (encrypted objects, other stores) says nothing either way.
  return bareEtag(answer.etag) === known.md5 ? 'etag-equal' : 'sent-only'
}

/** The ETag that S3 gives to an object of these parts: the MD5 of their MD5s, and their count. */
export function multipartEtag(parts: readonly SentPart[]): string {
  const md5s = parts.map((part) => Buffer.from(part.md5, 'hex'))
  return `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${parts.length}`
}

/** Reads a level from the answer to a completed multipart upload. */
export function levelOfParts(
  answer: PutAnswer,
  known: KnownBytes,
  parts: readonly SentPart[],
): VerificationLevel | 'mismatch' {
  const level = levelOfAnswer(answer, { sizeBytes: known.sizeBytes, sha256: known.sha256 })
  if (level !== 'sent-only') return level
  return bareEtag(answer.etag) === multipartEtag(parts) ? 'etag-equal' : 'sent-only'
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

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

function bareEtag(etag: string | undefined): string | undefined {
  return etag?.replaceAll('"', '').toLowerCase()
}
