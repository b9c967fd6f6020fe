/**
 * The hashes of a spooled file, block by block, taken once while it came in: what its bytes are compared with before they
 * leave, and what a part of an upload is signed with. Written beside the file; nothing else reads it.
 */
import { joinCrc32 } from './crc32.ts'

/** The unit in which the spool is hashed, read and sent: the smallest part of an upload. */
export const blockBytes = 8 << 20

/** SHA-256 and CRC-32, big-endian. */
const recordBytes = 36

/** The hashes of one block. */
export interface BlockSum {
  readonly sha256: Buffer
  readonly crc32: number
}

/** Writes the table of a file's blocks. */
export function writeBlockSums(sums: readonly BlockSum[]): Buffer {
  const table = Buffer.alloc(sums.length * recordBytes)
  for (const [index, { sha256, crc32 }] of sums.entries()) {
    sha256.copy(table, index * recordBytes)
    table.writeUInt32BE(crc32, index * recordBytes + 32)
  }
  return table
}

/** Reads a table back; null when it is not the table of a file of that size. */
export function readBlockSums(table: Buffer, sizeBytes: number): BlockSum[] | null {
  if (table.length !== Math.ceil(sizeBytes / blockBytes) * recordBytes) return null
  return Array.from({ length: table.length / recordBytes }, (_, index) => ({
    sha256: table.subarray(index * recordBytes, index * recordBytes + 32),
    crc32: table.readUInt32BE(index * recordBytes + 32),
  }))
}

/** Joins the CRCs of blocks `first` to `last`, inclusive, of a file of that size. */
export function crc32OfBlocks(sums: readonly BlockSum[], first: number, last: number, sizeBytes: number): number {
  return sums.slice(first, last + 1).reduce((joined, { crc32 }, offset) => {
    const start = (first + offset) * blockBytes
    return joinCrc32(joined, crc32, Math.min(blockBytes, sizeBytes - start))
  }, 0)
}
