/** In which form the bytes of a body go into a request: as they are, piece by piece, or as a stream that is watched. */
import type { Readable } from 'node:stream'
import type { Body } from '../object-store.ts'
import { outgoing } from '../outgoing.ts'
import type { PiecesBody } from './send-body.ts'

/** How a range is told of. */
export interface RangeOptions {
  readonly operation: string
  /** A whole body is compared with its SHA-256 before its last byte leaves: for stores that do not compare it themselves. */
  readonly verify?: boolean
  readonly onProgress: ((bytesSent: number) => void) | undefined
}

/** Sends bytes `start`–`end` (exclusive): themselves when they are in memory, piece by piece otherwise, where the body can. */
export async function sendRange<T>(
  body: Body,
  start: number,
  end: number,
  options: RangeOptions,
  send: (bytes: Uint8Array | PiecesBody | Readable) => Promise<T>,
): Promise<T> {
  const { onProgress, verify } = options
  if (verify !== true && body.bytes !== undefined && body.bytes.byteLength === body.sizeBytes) {
    const answer = await send(body.bytes.subarray(start, end))
    onProgress?.(end - start)
    return answer
  }
  const pieces = body.pieces?.(start, end)
  if (pieces !== undefined) return await send({ pieces, onProgress })
  const bytes = outgoing(body, start, end, options)
  try {
    return await send(bytes.stream)
  } catch (error) {
    throw bytes.failure() ?? error
  } finally {
    bytes.stream.destroy()
  }
}
