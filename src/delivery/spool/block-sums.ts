/**
 * The hashes of a spooled file, block by block, taken once while it came in: what its bytes are compared with before they
 * leave, and what a part of an upload is signed with. Written beside the file; nothing else reads it.
 */
import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { joinCrc32 } from './crc32.ts'

/** The unit that is signed: the smallest part of an upload. */
export const blockBytes = 8 << 20
/** The unit that is read, compared and sent. A block is a whole number of them. */
export const pieceBytes = 1 << 20

const piecesPerBlock = blockBytes / pieceBytes
const sha256Bytes = 32
/** SHA-256 of the block, then the CRC-32 of each of its pieces, big-endian; zero behind the end of the file. */
export const recordBytes = sha256Bytes + 4 * piecesPerBlock

/** The hashes of one block. */
export interface BlockSum {
  readonly sha256: Buffer
  /** Of its pieces, in order. */
  readonly crc32s: readonly number[]
}

/** Hashes a file's blocks as its pieces come, and answers with the table of them. */
export class BlockHasher {
  readonly #records: Buffer[] = []
  #hash: Hash = createHash('sha256')
  #record = Buffer.alloc(recordBytes)
  #pieces = 0

  /** Takes the next piece: `pieceBytes`, and only at the file's end fewer. */
  update(piece: Uint8Array): void {
    this.#hash.update(piece)
    this.#record.writeUInt32BE(crc32(piece), sha256Bytes + 4 * this.#pieces)
    this.#pieces += 1
    if (this.#pieces === piecesPerBlock) this.#roll()
  }

  /** The table, as `readBlockSums` reads it. */
  end(): Buffer {
    if (this.#pieces > 0) this.#roll()
    return Buffer.concat(this.#records)
  }

  #roll(): void {
    this.#hash.digest().copy(this.#record)
    this.#records.push(this.#record)
    this.#hash = createHash('sha256')
    this.#record = Buffer.alloc(recordBytes)
    this.#pieces = 0
  }
}

/** Reads a table back; null when it is not the table of a file of that size. */
export function readBlockSums(table: Buffer, sizeBytes: number): BlockSum[] | null {
  if (table.length !== Math.ceil(sizeBytes / blockBytes) * recordBytes) return null
  return Array.from({ length: table.length / recordBytes }, (_, index) => {
    const record = table.subarray(index * recordBytes, (index + 1) * recordBytes)
    const pieces = Math.ceil(Math.min(blockBytes, sizeBytes - index * blockBytes) / pieceBytes)
    const crc32s = Array.from({ length: pieces }, (_, piece) => record.readUInt32BE(sha256Bytes + 4 * piece))
    return { sha256: record.subarray(0, sha256Bytes), crc32s }
  })
}

/** The CRC of the piece that begins at `start`; null where there is none. */
export function crc32OfPiece(sums: readonly BlockSum[], start: number): number | null {
  return sums[Math.floor(start / blockBytes)]?.crc32s[(start % blockBytes) / pieceBytes] ?? null
}

/** Joins the CRCs of blocks `first` to `last`, inclusive, of a file of that size. */
export function crc32OfBlocks(sums: readonly BlockSum[], first: number, last: number, sizeBytes: number): number {
  let joined = 0
  let start = first * blockBytes
  for (const { crc32s } of sums.slice(first, last + 1)) {
    for (const sum of crc32s) {
      joined = joinCrc32(joined, sum, Math.min(pieceBytes, sizeBytes - start))
      start += pieceBytes
    }
  }
  return joined
}
