/** The sidecar `<key>.receipt.json`: every file of a receipt in one JSON text, for a report that is a single object. */
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { fromBase64, toBase64 } from './base64.ts'
import type { JsonValue } from './canonical-json.ts'
import { isObject } from './log-entry.ts'
import type { ReceiptFiles } from './receipt.ts'
import { receiptPaths } from './receipt.ts'
import { knownText, type ReceiptFile } from './receipt-file.ts'

/** A sidecar's key is the report's key and this. */
export const sidecarSuffix = '.receipt.json'

const format = 'https://drawbridge.dev/receipt-sidecar/v1'
const maximumLength = 8 * 1024 * 1024

/** What stands before the content of each file, in order, and the same as part of a line. */
const frames = [...receiptPaths].sort().map((path, at) => {
  const begin = `${at === 0 ? '{\n  "files": {\n' : '\n    },\n'}    "${path}": {\n      `
  const [text, base64] = [`${begin}"text": `, `${begin}"base64": `]
  return { path, text, base64, textInLine: inside(text), base64InLine: inside(base64) }
})
const end = `\n    }\n  },\n  "format": "${format}"\n}\n`
const endInLine = inside(end)

/** A content as JSON, and as part of a text that is JSON itself. */
class Member {
  readonly isText: boolean
  readonly literal: string
  #inLine: string | null = null

  constructor(isText: boolean, content: string) {
    this.isText = isText
    this.literal = JSON.stringify(content)
  }

  get inLine(): string {
    this.#inLine ??= inside(this.literal)
    return this.#inLine
  }
}

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
  const members = frames.map(({ path, text, base64 }) => {
    const { isText, literal } = memberOf(fileAt(files, path))
    return (isText ? text : base64) + literal
  })
  return `${members.join('')}${end}`
}

/** The files of a receipt for a report of one file, and the key under which their sidecar would stand. */
export interface SidecarLine {
  readonly key: string
  readonly files: ReceiptFiles
}

/**
 * Packs receipts as lines of JSON, in UTF-8: `{"key":…,"receipt":…}`, where the receipt is what `packSidecar` makes.
 *
 * @throws TypeError as `packSidecar`
 */
export function packSidecarLines(lines: readonly SidecarLine[]): Uint8Array {
  // Written piece by piece: a line as one text would be copied once more.
  const pieces = lines.flatMap(({ key, files }) => [
    `{"key":${JSON.stringify(octetsOf(Buffer.from(key)))},"receipt":"`,
    ...frames.flatMap(({ path, textInLine, base64InLine }) => {
      const { isText, inLine } = memberOf(fileAt(files, path))
      return [isText ? textInLine : base64InLine, inLine]
    }),
    `${endInLine}"}\n`,
  ])
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) at += bytes.write(piece, at, 'latin1')
  return new Uint8Array(bytes.buffer)
}

/** @throws TypeError when the files are not those of a receipt for a report of one file */
export function assertSidecar(files: ReceiptFiles): void {
  for (const path of receiptPaths) fileAt(files, path)
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

/** A text as it stands between the quotes of JSON. */
function inside(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function fileAt(files: ReceiptFiles, path: string): ReceiptFile {
  const file = files.find((each) => each.path === path)
  if (file !== undefined && files.length === receiptPaths.length) return file
  throw new TypeError('a sidecar holds the files of a receipt for a report of one file')
}

/** Of what one receipt has in common with the next, the latest is kept: the instructions, and the checkpoint of a round. */
const latest = new Map([
  ['VERIFY.md', { text: '', member: new Member(true, '') }],
  ['checkpoint', { text: '', member: new Member(true, '') }],
])

function memberOf(file: ReceiptFile): Member {
  const text = knownText(file)
  if (text === null) return memberOfBytes(file.bytes)
  const before = latest.get(file.path)
  if (before?.text === text) return before.member
  // As many bytes as characters: each byte is one already.
  const member = new Member(true, text.length === file.bytes.length ? text : octetsOf(file.bytes))
  if (before !== undefined) latest.set(file.path, { text, member })
  return member
}

function memberOfBytes(bytes: Uint8Array): Member {
  const octets = octetsOf(bytes)
  const isText = !/[\u0080-\u00ff]/.test(octets) || Buffer.from(Buffer.from(bytes).toString('utf8')).equals(bytes)
  return new Member(isText, isText ? octets : toBase64(bytes))
}

function octetsOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
}

function memberBytes(value: JsonValue | undefined): Uint8Array | null {
  if (!isObject(value)) return null
  const { text, base64 } = value
  if (typeof text === 'string') return new Uint8Array(Buffer.from(text))
  return typeof base64 === 'string' ? fromBase64(base64) : null
}
