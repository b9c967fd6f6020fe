/** Bodies for tests: large without being held, the same every time, and broken where wanted. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Body } from '../object-store.ts'

const pieceBytes = 64 * 1024

/** Fills bytes `start`–`end` of a pattern that differs from piece to piece, so that swapped pieces show. */
function* pieces(start: number, end: number, failsAt: number): Generator<Buffer> {
  for (let at = start; at < end; ) {
    if (at >= failsAt) throw Object.assign(new Error('the disk reports an error'), { code: 'EIO' })
    const index = Math.floor(at / pieceBytes)
    const piece = Buffer.alloc(pieceBytes, index % 251)
    piece.writeUInt32BE(index, 0)
    const from = at - index * pieceBytes
    const to = Math.min(pieceBytes, end - index * pieceBytes)
    yield piece.subarray(from, to)
    at = index * pieceBytes + to
  }
}

/** Makes a body of `sizeBytes` that is generated whenever it is opened. */
export function patternBody(sizeBytes: number, options: { readonly failsAt?: number } = {}): Body {
  const hash = createHash('sha256')
  for (const piece of pieces(0, sizeBytes, Number.POSITIVE_INFINITY)) hash.update(piece)
  return {
    sizeBytes,
    sha256: hash.digest('hex'),
    open: (start = 0, end = sizeBytes) =>
      Readable.from(pieces(start, end, options.failsAt ?? Number.POSITIVE_INFINITY), { objectMode: false }),
  }
}
