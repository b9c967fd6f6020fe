/**
 * What is known of a spooled file block by block: what its bytes are compared with before they leave, and what a part of an
 * upload is signed with. Taken while the file came in and written beside it; nothing else reads it.
 */
import { createCipheriv, createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { joinCrc32 } from './crc32.ts'

/** The unit that is signed: the smallest part of an upload. */
export const blockBytes = 8 << 20
/** The unit that is read, compared and sent. A block is a whole number of them. */
export const pieceBytes = 1 << 20

const piecesPerBlock = blockBytes / pieceBytes
const sha256Bytes = 32
const tagBytes = 16
const tagsAt = sha256Bytes + 4 * piecesPerBlock
/**
 * SHA-256 of the block, zero where it was left for later; then of its pieces the CRC-32, big-endian, and then the tags; zero
 * behind the end of the file.
 */
export const recordBytes = tagsAt + tagBytes * piecesPerBlock

/** What is known of one block. */
export interface BlockSum {
  /** Null: not taken yet. */
  readonly sha256: Buffer | null
  /** Of its pieces, in order. */
  readonly crc32s: readonly number[]
  /** Of its pieces, in order, as `tagOf` makes them. */
  readonly tags: readonly Uint8Array[]
}

/** Nothing is kept from anybody with it: whoever can write to the spool can write to the table as well. */
const tagKey = Buffer.alloc(16)

/**
 * A checksum of 128 bits (GMAC under a fixed key) of the piece with this number: it costs a quarter of a CRC-32, which lets
 * one damage in four thousand million pass. Bound to the number, so that a piece in another's place shows.
 */
export function tagOf(piece: Uint8Array, number: number): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(number, 6, 6)
  const gmac = createCipheriv('aes-128-gcm', tagKey, nonce).setAAD(piece)
  gmac.final()
  return gmac.getAuthTag()
}

/**
 * Every other block is hashed while the report comes in, when the whole is hashed as well; the rest are hashed beside the
 * sending of the parts before them. In that way two processors have enough to do in both, and neither waits for long.
 */
function isHashedAtOnce(block: number): boolean {
  return block % 2 === 0
}

/** Takes the sums of a file's blocks as its pieces come, and answers with the table of them. */
export class BlockHasher {
  readonly #records: Buffer[] = []
  #hash: Hash | null = createHash('sha256')
  #record = Buffer.alloc(recordBytes)
  #pieces = 0

  /** Takes the next piece: `pieceBytes`, and only at the file's end fewer. */
  update(piece: Uint8Array): void {
    this.#hash?.update(piece)
    this.#record.writeUInt32BE(crc32(piece), sha256Bytes + 4 * this.#pieces)
    const number = this.#records.length * piecesPerBlock + this.#pieces
    tagOf(piece, number).copy(this.#record, tagsAt + tagBytes * this.#pieces)
    this.#pieces += 1
    if (this.#pieces === piecesPerBlock) this.#roll()
  }

  /** The table, as `readBlockSums` reads it. */
  end(): Buffer {
    if (this.#pieces > 0) this.#roll()
    return Buffer.concat(this.#records)
  }

  #roll(): void {
    this.#hash?.digest().copy(this.#record)
    this.#records.push(this.#record)
    this.#hash = isHashedAtOnce(this.#records.length) ? createHash('sha256') : null
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
    const numbers = Array.from({ length: pieces }, (_, piece) => piece)
    const sha256 = record.subarray(0, sha256Bytes)
    return {
      sha256: sha256.every((byte) => byte === 0) ? null : sha256,
      crc32s: numbers.map((piece) => record.readUInt32BE(sha256Bytes + 4 * piece)),
      tags: numbers.map((piece) => record.subarray(tagsAt + tagBytes * piece, tagsAt + tagBytes * (piece + 1))),
    }
  })
}

/** Tells whether a piece is the one that came in at `start`. */
export function isPieceWhole(piece: Uint8Array, sums: readonly BlockSum[], start: number): boolean {
  const tag = sums[Math.floor(start / blockBytes)]?.tags[(start % blockBytes) / pieceBytes]
  return tag !== undefined && tagOf(piece, start / pieceBytes).equals(tag)
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
