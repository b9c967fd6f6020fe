/** What a leaf of the log says: one thing that happened, as canonical JSON. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import type { JsonValue } from './canonical-json.ts'
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts'
import type { PendingEntry } from './log-store.ts'

/** One entry of the evidence log. */
export interface LogEntry {
  /** Place in the log, from 0. */
  readonly seq: number
  /** ISO 8601, UTC. */
  readonly time: string
  readonly tenant: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly fields: { readonly [key: string]: JsonValue }
  /** The leaf hash of the entry before, in hex: a plain chain for readers without a tree. Absent at 0. */
  readonly prev?: string
}

/** Entries longer than this many bytes are refused by readers. */
export const maximumEntryBytes = 1024 * 1024

/**
 * Writes an entry as the canonical JSON that becomes its leaf. Fields that have no canonical form must not hold up the
 * log for ever: they are kept as one string of ordinary JSON, under `unrepresentable`.
 */
export function entryJson(tenant: string, seq: number, pending: PendingEntry, prev: string | undefined): string {
  const { time, actor, action, subject, fields } = pending
  const place = { seq, tenant, ...(prev === undefined ? {} : { prev }) }
  try {
    return canonicalJson({ ...place, time, actor, action, subject, fields })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const told = { time, actor, action, subject, fields: { unrepresentable: JSON.stringify(fields) } }
    return canonicalJson({ ...place, ...mapStrings(told) })
  }
}

/** Reads an entry. Other members than the known ones are refused. */
export function parseEntry(json: string): Result<LogEntry, 'malformed'> {
  if (json.length > maximumEntryBytes) return err('malformed')
  const parsed = parseCanonicalJson(json)
  if (!parsed.ok || !isObject(parsed.value)) return err('malformed')
  const { seq, time, tenant, actor, action, subject, fields, prev, ...rest } = parsed.value
  if (Object.keys(rest).length > 0 || typeof seq !== 'number' || seq < 0 || !isObject(fields)) return err('malformed')
  if (typeof time !== 'string' || typeof tenant !== 'string' || typeof actor !== 'string') return err('malformed')
  if (typeof action !== 'string' || typeof subject !== 'string') return err('malformed')
  const entry = { seq, time, tenant, actor, action, subject, fields }
  if (prev === undefined) return seq === 0 ? ok(entry) : err('malformed')
  if (seq === 0 || typeof prev !== 'string' || !/^[0-9a-f]{64}$/u.test(prev)) return err('malformed')
  return ok({ ...entry, prev })
}

/** Tells whether a JSON value is an object. */
export function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mapStrings<T extends { readonly [key: string]: unknown }>(told: T): { [key: string]: unknown } {
  return Object.fromEntries(
    Object.entries(told).map(([key, value]) => [key, typeof value === 'string' ? value.toWellFormed() : value]),
  )
}
