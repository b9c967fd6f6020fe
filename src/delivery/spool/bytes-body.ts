/** Bytes in memory as the body of a request: tag files and receipts, never a report. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Body } from '../../storage/index.ts'

/** Wraps bytes that already are in memory. */
export function bytesBody(bytes: Uint8Array): Body & { md5Of(start: number, end: number): string } {
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    open: (start = 0, end = bytes.length) =>
      Readable.from([Buffer.from(bytes.subarray(start, end))], { objectMode: false }),
    md5Of: (start, end) => createHash('md5').update(bytes.subarray(start, end)).digest('hex'),
  }
}
