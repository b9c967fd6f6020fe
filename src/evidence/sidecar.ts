/** The sidecar `<key>.receipt.json`: every file of a receipt in one JSON text, for a report that is a single object. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { fromBase64, toBase64 } from './base64.ts'
import type { JsonValue } from './canonical-json.ts'
import { isObject } from './log-entry.ts'
import type { ReceiptFiles } from './receipt.ts'
import { receiptPaths } from './receipt.ts'
import type { ReceiptFile } from './receipt-file.ts'

/** A sidecar's key is the report's key and this. */
export const sidecarSuffix = '.receipt.json'

const format = 'https://drawbridge.dev/receipt-sidecar/v1'
const maximumLength = 8 * 1024 * 1024

/**
 * Packs the files of a receipt. Text stands as it is, so that people can read it in the bucket; other bytes as base64.
 *
 * @throws TypeError when the files are not those of a receipt for a report of one file.
 */
export function packSidecar(files: ReceiptFiles): string {
  return Buffer.from(packSidecarOctets(files), 'latin1').toString('utf8')
}

/**
 * The same in UTF-8, each byte of it one character. JSON leaves the bytes above 127 as they are, and such text is half as
 * long in memory and written to a buffer as it stands: receipts have long dashes in them, for which V8 would take two
 * bytes for every character.
 *
 * @throws TypeError as `packSidecar`
 */
export function packSidecarOctets(files: ReceiptFiles): string {
  const paths = files.map(({ path }) => path)
  if (paths.length !== receiptPaths.length || !receiptPaths.every((path) => paths.includes(path))) {
    throw new TypeError('a sidecar holds the files of a receipt for a report of one file')
  }
  const members = [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, bytes }) => [path, member(bytes)])
  return `${JSON.stringify({ files: Object.fromEntries(members), format }, null, 2)}\n`
}

/** Unpacks a sidecar; everything that `packSidecar` would not have written is refused. */
export function unpackSidecar(text: string): Result<ReceiptFiles, 'malformed'> {
  if (text.length > maximumLength) return err('malformed')
  let parsed: JsonValue
  try {
    parsed = JSON.parse(text)
  } catch {
    return err('malformed')
  }
  if (!isObject(parsed) || !isObject(parsed['files'])) return err('malformed')
  const files: ReceiptFile[] = []
  for (const path of receiptPaths) {
    const bytes = memberBytes(parsed['files'][path])
    if (bytes === null) return err('malformed')
    files.push({ path, role: 'receipt', bytes })
  }
  return packSidecar(files) === text ? ok(files) : err('malformed')
}

function member(bytes: Uint8Array): { readonly text: string } | { readonly base64: string } {
  const held = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const octets = held.toString('latin1')
  const isText = !/[\u0080-\u00ff]/.test(octets) || Buffer.from(held.toString('utf8')).equals(bytes)
  return isText ? { text: octets } : { base64: toBase64(bytes) }
}

function memberBytes(value: JsonValue | undefined): Uint8Array | null {
  if (!isObject(value)) return null
  const { text, base64 } = value
  if (typeof text === 'string') return new Uint8Array(Buffer.from(text))
  return typeof base64 === 'string' ? fromBase64(base64) : null
}
