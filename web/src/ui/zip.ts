/**
 * Several files as one ZIP archive, stored as they are: small ones that belong together.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

const localHeader = 0x04034b50
const centralHeader = 0x02014b50
const endOfDirectory = 0x06054b50
/** Version 2.0 of the format; names in UTF-8. */
const version = 20
const utf8Names = 0x0800
/** 1980-01-01, the format's first day: the kit's files have no time of their own. */
const firstDay = 0x21

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

/** Numbers, each with its width in bytes, in the order of the wire: the smallest byte first. */
function fields(...parts: readonly (readonly [value: number, width: 2 | 4])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, [, width]) => sum + width, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [value, width] of parts) {
    if (width === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += width
  }
  return bytes
}

/** A file that goes into an archive: a text, or bytes in base64 as the service sends them. */
export type ArchivedFile = { readonly path: string } & ({ readonly text: string } | { readonly base64: string })

/** Makes the archive of files by their paths. */
export function zipOf(files: readonly ArchivedFile[]): Blob {
  const encoder = new TextEncoder()
  const body: Uint8Array<ArrayBuffer>[] = []
  const directory: Uint8Array<ArrayBuffer>[] = []
  let offset = 0
  for (const file of files) {
    const name = encoder.encode(file.path)
    const bytes = 'text' in file ? encoder.encode(file.text) : bytesOf(file.base64)
    const about = fields(
      [version, 2],
      [utf8Names, 2],
      [0, 2],
      [0, 2],
      [firstDay, 2],
      [crc32(bytes), 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [name.length, 2],
      [0, 2],
    )
    const head = [fields([localHeader, 4]), about, name, bytes].map(copied)
    directory.push(
      ...[
        fields([centralHeader, 4], [version, 2]),
        about,
        fields([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]),
        name,
      ].map(copied),
    )
    body.push(...head)
    offset += sizeOf(head)
  }
  const end = fields(
    [endOfDirectory, 4],
    [0, 2],
    [0, 2],
    [files.length, 2],
    [files.length, 2],
    [sizeOf(directory), 4],
    [offset, 4],
    [0, 2],
  )
  return new Blob([...body, ...directory, copied(end)], { type: 'application/zip' })
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

/** A blob takes bytes of a buffer of their own. */
function copied(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}
