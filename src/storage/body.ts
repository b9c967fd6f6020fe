/** Bodies: bytes that can be opened again and again. A body made here knows its size and its SHA-256 before it is sent. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { Body } from './object-store.ts'

const chunkBytes = 256 * 1024

/** Makes a body of bytes in memory. The bytes must not change afterwards. */
export function bodyOfBytes(bytes: Uint8Array | string): Body {
  const held = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes
  return {
    sizeBytes: held.byteLength,
    sha256: createHash('sha256').update(held).digest('hex'),
    bytes: held,
    open(start = 0, end = held.byteLength) {
      return Readable.from(slices(held.subarray(start, end)), { objectMode: false })
    },
  }
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

/**
 * Makes a body of a file whose size and SHA-256 are known already. The file is opened anew for every reading; whether it
 * still holds those bytes shows when it is sent.
 */
export function bodyOfFile(path: string, known: { readonly sizeBytes: number; readonly sha256: string }): Body {
  return {
    sizeBytes: known.sizeBytes,
    sha256: known.sha256,
    open(start = 0, end = known.sizeBytes) {
      if (end <= start) return Readable.from([], { objectMode: false })
      return createReadStream(path, { start, end: end - 1, highWaterMark: chunkBytes })
    },
  }
}
