/** Bytes in memory as the body of a request: small reports, tag files and receipts. */
import { createHash, hash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Body } from '../../storage/index.ts'

/** Wraps bytes that already are in memory; `sha256` (hex) spares hashing them where it is known. */
export function bytesBody(
  bytes: Uint8Array,
  sha256: string = hash('sha256', bytes, 'hex'),
): Body & { md5Of(start: number, end: number): Promise<string> } {
  return {
    sizeBytes: bytes.length,
    sha256,
    bytes,
    open: (start = 0, end = bytes.length) =>
      Readable.from([Buffer.from(bytes.subarray(start, end))], { objectMode: false }),
    md5Of: async (start, end) => createHash('md5').update(bytes.subarray(start, end)).digest('hex'),
  }
}
