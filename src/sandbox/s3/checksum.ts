/**
 * The five checksums of S3, streaming, and how those of parts make that of an object.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** The algorithms by the names of the API. */
export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const

export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]

/** A checksum in the making. */
export interface RunningChecksum {
  update(chunk: Uint8Array): void
  digest(): Buffer
}

/** A checksum as it is sent and stored. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  /** Base64; `-3` behind it says that it is one over three checksums. */
  readonly value: string
  readonly type: 'FULL_OBJECT' | 'COMPOSITE'
}

const digestBytes: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
}

/** Returns the algorithm of that name in any letter case, or null. */
export function checksumAlgorithm(name: string): ChecksumAlgorithm | null {
  return checksumAlgorithms.find((algorithm) => algorithm === name.toUpperCase()) ?? null
}

/** True when the text is the base64 of a checksum of the right length. */
export function isChecksum(algorithm: ChecksumAlgorithm, text: string): boolean {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === digestBytes[algorithm] && bytes.toString('base64') === text
}

/** Starts a checksum. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'SHA1':
    case 'SHA256': {
      const hash = createHash(algorithm)
      return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() }
    }
    case 'CRC32': {
      let state = 0
      return {
        update(chunk) {
          state = crc32(chunk, state)
        },
        digest: () => bigEndian(BigInt(state), 4),
      }
    }
    case 'CRC32C':
      return startCrc32c()
    case 'CRC64NVME':
      return startCrc64()
  }
}

/** The checksum over the checksums of the parts, as S3 writes it: with the number of parts behind. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const running = startChecksum(algorithm)
  for (const part of parts) running.update(Buffer.from(part, 'base64'))
  return `${running.digest().toString('base64')}-${parts.length}`
}

/** The CRC of a whole object out of the CRCs of its parts, without reading a byte; null for hashes, which have none. */
export function combinedCrc(
  algorithm: ChecksumAlgorithm,
  parts: readonly { readonly value: string; readonly sizeBytes: number }[],
): string | null {
  const polynomial = polynomials[algorithm]
  if (polynomial === undefined) return null
  const width = digestBytes[algorithm]
  const operators = zeroOperators(polynomial, width * 8)
  let crc = 0n
  for (const part of parts) {
    crc = shiftZeros(crc, part.sizeBytes, operators) ^ BigInt(`0x${Buffer.from(part.value, 'base64').toString('hex')}`)
  }
  return bigEndian(crc, width).toString('base64')
}

/** Reflected polynomials. */
const polynomials: Readonly<Partial<Record<ChecksumAlgorithm, bigint>>> = {
  CRC32: 0xedb88320n,
  CRC32C: 0x82f63b78n,
  CRC64NVME: 0x9a6c9329ac4bc9b5n,
}

/** Lets a CRC run over that many zero bytes: one operator for every bit of their number. */
function shiftZeros(crc: bigint, zeroBytes: number, operators: readonly (readonly bigint[])[]): bigint {
  let shifted = crc
  let rest = zeroBytes
  for (let level = 0; rest > 0; level += 1) {
    if (rest % 2 === 1) shifted = multiply(operators[level] ?? [], shifted)
    rest = Math.floor(rest / 2)
  }
  return shifted
}

/** The operators "1, 2, 4, 8 … zero bytes", each the square of the one before, up to the largest object. */
function zeroOperators(polynomial: bigint, bits: number): readonly (readonly bigint[])[] {
  let operator: bigint[] = [polynomial]
  for (let bit = 1; bit < bits; bit += 1) operator.push(1n << BigInt(bit - 1))
  // Three squarings make eight bits: one byte.
  for (let round = 0; round < 3; round += 1) operator = square(operator)
  const operators = [operator]
  for (let level = 1; level < 46; level += 1) {
    operator = square(operator)
    operators.push(operator)
  }
  return operators
}

function multiply(matrix: readonly bigint[], vector: bigint): bigint {
  let sum = 0n
  let rest = vector
  for (let bit = 0; rest !== 0n; bit += 1) {
    if ((rest & 1n) === 1n) sum ^= matrix[bit] ?? 0n
    rest >>= 1n
  }
  return sum
}

function square(matrix: readonly bigint[]): bigint[] {
  return matrix.map((row) => multiply(matrix, row))
}

function bigEndian(value: bigint, bytes: number): Buffer {
  return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex')
}

const table32c = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

function startCrc32c(): RunningChecksum {
  let state = 0xffffffff
  return {
    update(chunk) {
      let crc = state
      for (let index = 0; index < chunk.length; index += 1) {
        crc = (crc >>> 8) ^ (table32c[(crc ^ (chunk[index] ?? 0)) & 0xff] ?? 0)
      }
      state = crc
    },
    digest: () => bigEndian(BigInt((state ^ 0xffffffff) >>> 0), 4),
  }
}

/** Two tables of 32 bits: arithmetic on big integers would be a hundred times slower. */
const tables64 = ((): { readonly high: Uint32Array; readonly low: Uint32Array } => {
  const high = new Uint32Array(256)
  const low = new Uint32Array(256)
  for (let index = 0; index < 256; index += 1) {
    let value = BigInt(index)
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1n) === 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n
    high[index] = Number(value >> 32n)
    low[index] = Number(value & 0xffffffffn)
  }
  return { high, low }
})()

function startCrc64(): RunningChecksum {
  let [high, low] = [0xffffffff, 0xffffffff]
  return {
    update(chunk) {
      for (let index = 0; index < chunk.length; index += 1) {
        const entry = (low ^ (chunk[index] ?? 0)) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ (tables64.low[entry] ?? 0)
        high = (high >>> 8) ^ (tables64.high[entry] ?? 0)
      }
    },
    digest() {
      const bytes = Buffer.alloc(8)
      bytes.writeUInt32BE((high ^ 0xffffffff) >>> 0, 0)
      bytes.writeUInt32BE((low ^ 0xffffffff) >>> 0, 4)
      return bytes
    },
  }
}
