/** The platform's chance, and names made of it. */
import { describe, expect, test } from 'vitest'
import { newId, systemRandom } from './random.ts'

describe('systemRandom', () => {
  test.each([0, 1, 12, 26, 63, 64, 65, 5_000])('gives %i bytes, and never the same ones again', (length) => {
    const given = Array.from({ length: 400 }, () => systemRandom.bytes(length))
    expect(given.every((bytes) => bytes.length === length)).toBe(true)
    if (length >= 12) expect(new Set(given.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(400)
  })

  test('gives bytes that are nobody else’s: what is done to them stays with them', () => {
    const first = systemRandom.bytes(32)
    const second = systemRandom.bytes(32)
    const before = Buffer.from(second).toString('hex')
    first.fill(0)
    expect(Buffer.from(second).toString('hex')).toBe(before)
    expect(first.buffer.byteLength).toBe(32)
  })

  test('spreads over all values', () => {
    const seen = new Set(Array.from({ length: 1_000 }, () => [...systemRandom.bytes(26)]).flat())
    expect(seen.size).toBe(256)
  })
})

test('a name is its prefix and 26 characters', () => {
  expect(newId('dlv', systemRandom)).toMatch(/^dlv_[0-9a-hjkmnp-tv-z]{26}$/)
})
