/**
 * Scores the diagnosis of error texts on real symptoms: `open.jsonl` was there to learn from, the sealed third is known here
 * by its hashes alone and is scored from the collection itself, whoever has it. Nothing is diagnosed here.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { diagnoseText } from '../../src/connection/diagnose/index.ts'

/** One real symptom, as it was reported in public. */
export interface SymptomRow {
  /** What the collection calls its class. */
  readonly class: string
  /** The causes of ours that are true for it; for a sealed row every cause of its class. */
  readonly causes: readonly string[]
  readonly provider: string
  readonly operation: string
  readonly code: string
  readonly message: string
  /** What was observed, for the few that came without an error text. */
  readonly words: string
  readonly source: string
}

/** How one row came out. */
export interface ScoredRow {
  readonly row: SymptomRow
  /** Place of the first true cause, from 1; null: not among them. */
  readonly place: number | null
  /** The causes as they were ranked. */
  readonly found: readonly string[]
}

/** The causes of ours that belong to each class of the collection; written before a sealed row was looked at. */
export const causesOfClass: Readonly<Record<string, readonly string[]>> = {
  'ACL / Object Ownership': ['acl-not-supported', 'missing-acl-permission', 'acl-demanded'],
  'AssumeRole denied: principal / identity wrong, stale or missing': [
    'trust-principal',
    'role-missing',
    'base-permission',
    'base-credentials-missing',
  ],
  'Azure account switch (firewall, shared key off)': ['shared-key-off', 'azure-network'],
  'Bad input / no egress': ['not-reached', 'sas-other-resource', 'bucket-missing', 'input-malformed'],
  'Bucket owned by another account': ['owner-mismatch', 'bucket-missing'],
  'Bucket policy demands SSE header': ['encryption-demanded'],
  'Bucket-level permission / 403-for-404': [
    'object-absent-or-denied',
    'bucket-location-denied',
    'missing-bucket-permission',
  ],
  'Clock skew (AWS)': ['clock-skew'],
  'Expired or revoked credentials': ['session-expired', 'credentials-revoked', 'token-invalid'],
  'External ID absent, mismatched, changed or not enforced': [
    'external-id-mismatch',
    'external-id-order',
    'external-id-not-required',
  ],
  'IAM propagation delay after set-up': ['iam-propagation'],
  'KMS key rights': ['kms-key-policy', 'missing-kms-permission', 'kms-multipart-decrypt', 'kms-key-missing'],
  'Later policy change or network condition (SourceIp, SourceVpc)': [
    'trust-source-ip',
    'permissions-source-ip',
    'bucket-policy-deny',
    'vpc-endpoint-policy',
  ],
  'Object Lock / immutability': ['checksum-required', 'object-locked', 'blob-immutable'],
  'Opt-in region or partition token': ['region-not-enabled', 'sts-region-disabled'],
  'S3-compatible store vs new SDK checksums': ['checksum-unsupported'],
  'SAS permission / scope letters': ['sas-letters', 'sas-overwrite', 'sas-resource-type'],
  'SAS signature / pasting': ['sas-question-mark', 'sas-signature-mangled', 'sas-other-resource'],
  'SAS time window / expiry': ['sas-expired', 'sas-key-window'],
  'Session duration / role chaining': ['session-too-long'],
  'Session tags / session policy (TagSession, packed size)': [
    'trust-tag-session',
    'packed-policy-too-large',
    'trust-request-tag',
    'tag-conflict',
    'session-policy',
  ],
  'Test step itself wrong (false pass / false fail)': ['condition-ignored', 'nothing-to-read', 'check-too-narrow'],
  'Wrong region / endpoint': ['wrong-region'],
}

/** What somebody with this symptom would paste: where it happened, what was called, and what came back. */
export function textOf(row: SymptomRow): string {
  const error = [row.operation, row.code, row.message].filter((part) => part !== '').join(': ')
  return [`provider: ${row.provider}`, error, row.words].filter((part) => part !== '').join('\n')
}

/** Reads the open rows. */
export async function readOpen(): Promise<readonly SymptomRow[]> {
  const text = await readFile(new URL('open.jsonl', import.meta.url), 'utf8')
  return linesOf(text).map((line) => JSON.parse(line) as SymptomRow)
}

/** Picks the sealed rows out of the collection. Throws when one of them is missing or was changed. */
export async function readSealed(collection: string): Promise<readonly (SymptomRow & { readonly place: number })[]> {
  const hashes = new Set(linesOf(await readFile(new URL('sealed.sha256', import.meta.url), 'utf8')))
  const rows = linesOf(collection).flatMap((line, place) => {
    const isSealed = hashes.delete(createHash('sha256').update(line).digest('hex'))
    return isSealed ? [{ ...rowOf(line), place }] : []
  })
  if (hashes.size > 0) throw new Error(`${hashes.size} sealed symptoms are not in this collection`)
  return rows
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}

/** The collection has no words of its own for a symptom without a text: its first sentence that says anything. */
function rowOf(line: string): SymptomRow {
  const raw = JSON.parse(line) as Record<string, string>
  const [words = ''] = (raw['cause'] ?? '').split(/(?<=\.)\s+/).filter((one) => !/^no error text/i.test(one))
  const message = raw['message'] ?? ''
  const label = raw['class'] ?? ''
  return {
    class: label,
    causes: causesOfClass[label] ?? [],
    provider: raw['provider'] ?? '',
    operation: (raw['operation'] ?? '').trim(),
    code: raw['error_code'] ?? '',
    message,
    words: message === '' ? words : '',
    source: raw['source'] ?? '',
  }
}

/** Diagnoses one row by its text. */
export function score(row: SymptomRow): ScoredRow {
  const found = diagnoseText(textOf(row)).causes.map((cause) => cause.id)
  const at = found.findIndex((id) => row.causes.includes(id))
  return { row, place: at === -1 ? null : at + 1, found }
}
