/**
 * What is known of a spooled file piece by piece: what its bytes are compared with before they leave, and the CRCs that a
 * store is told. Taken while the file came in and written beside it; nothing else reads it.
 */
import { createCipheriv } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { joinCrc32 } from './crc32.ts'

/** The unit that is read, compared and sent. */
export const pieceBytes = 1 << 20

/**
 * So much is written at a time. For longer runs the kernel looks for memory in one piece as long, which a virtual machine may
 * have given back: a gibibyte written by the mebibyte then took two to ten times the processor time.
 */
export const writeBytes = 128 * 1024

const crcBytes = 4
const tagBytes = 16
/** CRC-32 of a piece, big-endian, and its tag. */
export const recordBytes = crcBytes + tagBytes

/** What is known of one piece. */
export interface PieceSum {
  readonly crc32: number
  /** As `tagOf` makes it. */
  readonly tag: Uint8Array
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

/** Takes the sums of a file's pieces as they come, and answers with the table of them. */
export class PieceSummer {
  readonly #records: Buffer[] = []

  /** Takes the next piece: `pieceBytes`, and only at the file's end fewer. */
  update(piece: Uint8Array): void {
    const record = Buffer.alloc(recordBytes)
    record.writeUInt32BE(crc32(piece))
    tagOf(piece, this.#records.length).copy(record, crcBytes)
    this.#records.push(record)
  }

  /** The table, as `readPieceSums` reads it. */
  end(): Buffer {
    return Buffer.concat(this.#records)
  }
}

/** Reads a table back; null when it is not the table of a file of that size. */
export function readPieceSums(table: Buffer, sizeBytes: number): PieceSum[] | null {
  if (table.length !== Math.ceil(sizeBytes / pieceBytes) * recordBytes) return null
  return Array.from({ length: table.length / recordBytes }, (_, index) => {
    const record = table.subarray(index * recordBytes, (index + 1) * recordBytes)
    return { crc32: record.readUInt32BE(), tag: record.subarray(crcBytes) }
  })
}

/** Tells whether a piece is the one that came in at `start`. */
export function isPieceWhole(piece: Uint8Array, sums: readonly PieceSum[], start: number): boolean {
  const number = start / pieceBytes
  const sum = sums[number]
  return sum !== undefined && tagOf(piece, number).equals(sum.tag)
}

/** Joins the CRCs of bytes `start`–`end` of a file of that size; null where they are not whole pieces. */
export function crc32OfPieces(sums: readonly PieceSum[], start: number, end: number, sizeBytes: number): number | null {
  if (start % pieceBytes !== 0 || (end % pieceBytes !== 0 && end !== sizeBytes) || end <= start) return null
  let joined = 0
  let offset = start
  for (const sum of sums.slice(start / pieceBytes, Math.ceil(end / pieceBytes))) {
    joined = joinCrc32(joined, sum.crc32, Math.min(pieceBytes, sizeBytes - offset))
    offset += pieceBytes
  }
  return joined
}
