/**
 * Memory for pieces of files on their way in and out: reused, so that no size of a report and no number of parts makes it
 * grow. It is shared with the hashing threads, so that no byte is copied for them.
 */
import { pieceBytes } from './piece-sums.ts'

/** As much is kept for later as a few files use at the same time; what is above goes to the collector. */
const mostKept = 16
/** While no more than this is in use, whoever goes faster with more may have it. */
const plenty = 20
const kept: Buffer<SharedArrayBuffer>[] = []
let taken = 0

/** Takes memory for one piece. Its content is whatever was there before. */
export function takePieceMemory(): Buffer<SharedArrayBuffer> {
  taken += 1
  return kept.pop() ?? Buffer.from(new SharedArrayBuffer(pieceBytes))
}

/** Gives it back. Nobody may write to it any more. */
export function givePieceMemory(memory: Buffer<SharedArrayBuffer>): void {
  taken -= 1
  if (kept.length < mostKept) kept.push(memory)
}

/** Tells whether there is memory to spare for a file that could do with less. */
export function isPieceMemoryPlenty(): boolean {
  return taken < plenty
}
