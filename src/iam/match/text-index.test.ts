/** Long texts are searched through an index; it must find what a plain search finds. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileGlob, globMatches } from './glob.ts'
import type { GlobToken } from './glob-token.ts'
import { indexOfText, TextIndex } from './text-index.ts'

/** Text and pieces of few letters, in runs, so that near misses are everywhere. */
const runs = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.constantFrom('a', 'a', 'b', 'é'), fc.integer({ min: 1, max: 40 })), { maxLength })
    .map((parts) => parts.map(([letter, times]) => letter.repeat(times)).join(''))
const tokens: fc.Arbitrary<readonly Exclude<GlobToken, 'star'>[]> = fc.array(
  fc.oneof(
    fc.constant('any' as const),
    fc.record({ text: runs(3), isValue: fc.boolean() }),
    fc.record({ text: fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }) }),
  ),
  { maxLength: 5 },
)

function lengthOf(piece: readonly GlobToken[]): number {
  return piece.reduce((sum, token) => sum + (typeof token === 'string' ? 1 : token.text.length), 0)
}

function findPlainly(text: string, piece: readonly GlobToken[], from: number): number {
  const length = lengthOf(piece)
  const wanted = piece.map((token) => (typeof token === 'string' ? '?' : token.text)).join('')
  for (let at = from; at + length <= text.length; at++) {
    let isThere = true
    for (let i = 0; i < length && isThere; i++) isThere = wanted[i] === '?' || wanted[i] === text[at + i]
    if (isThere) return at
  }
  return -1
}

test('it finds what a plain search finds', () => {
  let found = 0
  fc.assert(
    fc.property(runs(40), tokens, fc.nat({ max: 100 }), (text, piece, from) => {
      const expected = findPlainly(text, piece, from)
      if (expected >= 0) found++
      expect(new TextIndex(text).find(piece, lengthOf(piece), from)).toBe(expected)
    }),
    { numRuns: 1500 },
  )
  expect(found).toBeGreaterThan(150)
})

test('patterns fit a long text as they fit piece by piece, with values between the stars', () => {
  const value: GlobToken = { text: 'a'.repeat(200), isValue: true }
  const text = `${'b'.repeat(300)}${'a'.repeat(201)}c${'b'.repeat(300)}`
  const fits = (...pattern: readonly GlobToken[]): boolean => globMatches(compileGlob(pattern), text)
  expect(fits('star', value, { text: 'ac' }, 'star')).toBe(true)
  expect(fits('star', value, 'any', { text: 'c' }, 'star')).toBe(true)
  expect(fits('star', value, 'any', 'any', { text: 'c' }, 'star')).toBe(false)
  expect(fits('star', { text: 'c' }, 'star', value, 'star')).toBe(false)
  expect(fits('star', value, 'star', { text: 'cb' }, 'star', { text: 'b'.repeat(299) })).toBe(true)
  expect(fits('star', value, 'star', { text: 'cb' }, 'star', { text: 'b'.repeat(300) })).toBe(false)
})

test('short texts get an index only when they are searched again and again', () => {
  const text = 'arn:aws:s3:::bucket/some/key'
  expect(indexOfText(text)).toBeNull()
  for (let i = 0; i < 100; i++) indexOfText(text)
  expect(indexOfText(text)).not.toBeNull()
})
