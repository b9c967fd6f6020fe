/** The platform's chance, and names made of it. */
import { describe, expect, test } from 'vitest'
import { newId, newTimedId, systemRandom } from './random.ts'

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

test('a name with its moment has the same form, and stands behind those of earlier moments', () => {
  const moments = [0, 1, 1_763_884_800_000, 1_763_884_800_001, 4_102_444_800_000].map((at) => new Date(at))
  const names = moments.map((at) => newTimedId('dlv', at, systemRandom))
  for (const name of names) expect(name).toMatch(/^dlv_[0-9a-hjkmnp-tv-z]{26}$/)
  expect(names.toSorted()).toEqual(names)
})

test('names of one moment differ, and of one before 1970 too', () => {
  for (const at of [new Date(1_763_884_800_000), new Date(-1)]) {
    const names = Array.from({ length: 1_000 }, () => newTimedId('upl', at, systemRandom))
    expect(new Set(names.map((name) => name.slice(0, 13))).size).toBe(1)
    expect(new Set(names).size).toBe(1_000)
  }
})
