/** Laws of the checksums: pieces do not matter, and those of parts make that of the whole. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checksumAlgorithms, combinedCrc, startChecksum } from './checksum.ts'

function whole(algorithm: (typeof checksumAlgorithms)[number], pieces: readonly Uint8Array[]): string {
  const running = startChecksum(algorithm)
  for (const piece of pieces) running.update(piece)
  return running.digest().toString('base64')
}

const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 })

// The check values of the CRC catalogue, over the text `123456789`.
test.each([
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
] as const)('%s has its catalogued check value', (algorithm, value) => {
  expect(Buffer.from(whole(algorithm, [Buffer.from('123456789')]), 'base64').toString('hex')).toBe(value)
})

test.each(checksumAlgorithms)('%s does not depend on how the bytes arrive', (algorithm) => {
  fc.assert(fc.property(pieces, (parts) => whole(algorithm, parts) === whole(algorithm, [Buffer.concat(parts)])))
})

test.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)('%s of an object follows from those of its parts', (algorithm) => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const known = parts.map((part) => ({ value: whole(algorithm, [part]), sizeBytes: part.length }))
      return combinedCrc(algorithm, known) === whole(algorithm, parts)
    }),
  )
})

test('hashes of parts can not be combined', () => {
  expect(combinedCrc('SHA256', [{ value: '', sizeBytes: 0 }])).toBeNull()
})
