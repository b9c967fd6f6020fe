/** A block of a spooled file, hashed when it is about to be sent and was not hashed before. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { pieceBytes, tagOf } from './block-sums.ts'
import { givePieceMemory, takePieceMemory } from './piece-memory.ts'

/** Where a block lies, and what its pieces were when it came in. */
export interface StoredBlock {
  readonly path: string
  /** In the file, as `sizeBytes` in bytes. */
  readonly start: number
  readonly sizeBytes: number
  /** Of its pieces, as `tagOf` makes them. */
  readonly tags: readonly Uint8Array[]
}

/** The SHA-256 of a block, whose pieces are compared on the way; null: they are not what came in. Rejects as the disk does. */
export async function hashStoredBlock({ path, start, sizeBytes, tags }: StoredBlock): Promise<Uint8Array | null> {
  const hash = createHash('sha256')
  await using file = await open(path, 'r')
  const memory = takePieceMemory()
  try {
    for (const [index, tag] of tags.entries()) {
      const offset = index * pieceBytes
      const piece = memory.subarray(0, Math.min(pieceBytes, sizeBytes - offset))
      const { bytesRead } = await file.read(piece, 0, piece.length, start + offset)
      if (bytesRead !== piece.length || !tagOf(piece, (start + offset) / pieceBytes).equals(tag)) return null
      hash.update(piece)
    }
    return hash.digest()
  } finally {
    givePieceMemory(memory)
  }
}
