/** Memory for pieces of files on their way out: reused, so that no size of a report and no number of parts makes it grow. */
import { pieceBytes } from './block-sums.ts'

/** As much is kept for later as a few uploads use at the same time; what is above goes to the collector. */
const mostKept = 16
const kept: Buffer[] = []

/** Takes memory for one piece. Its content is whatever was there before. */
export function takePieceMemory(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
}

/** Gives it back. Nobody may look at it or write to it any more. */
export function givePieceMemory(memory: Buffer): void {
  if (kept.length < mostKept) kept.push(memory)
}
