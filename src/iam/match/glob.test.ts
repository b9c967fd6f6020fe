import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlobText, globMatches } from './glob.ts'

const matches = (pattern: string, text: string): boolean => globMatches(compileGlobText(pattern), text)

/** The plain definition, slow and sure: a table over all prefixes. */
function modelMatches(pattern: string, text: string): boolean {
  let row = Array.from({ length: text.length + 1 }, (_, i) => i === 0)
  for (const char of pattern) {
    const next: boolean[] = [char === '*' && row[0] === true]
    for (let i = 1; i <= text.length; i++) {
      if (char === '*') next.push(next[i - 1] === true || row[i] === true)
      else next.push(row[i - 1] === true && (char === '?' || char === text[i - 1]))
    }
    row = next
  }
  return row[text.length] === true
}

function milliseconds(run: () => void): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

describe('wildcards', () => {
  test.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['?', '', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aab', false],
    ['a?c*', 'abc', true],
    ['*?', '', false],
    ['**', 'x', true],
    ['a*b*c', 'a\nb:c', true],
  ])('%j against %j is %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  test('agree with the plain definition', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 24 })
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 12 })
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => matches(pattern, text) === modelMatches(pattern, text)),
      { numRuns: 3000 },
    )
  })

  test('agree with the plain definition for long pieces', () => {
    const run = fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'b'), minLength: 33, maxLength: 70 })
    const masked = fc.string({ unit: fc.constantFrom('a', 'a', '?'), minLength: 33, maxLength: 70 })
    fc.assert(
      fc.property(fc.oneof(run, masked), run, run, (piece, before, after) => {
        const inside = piece.replaceAll('?', 'b')
        for (const text of [before + inside + after, before + after, inside]) {
          expect(matches(`*${piece}*`, text)).toBe(modelMatches(`*${piece}*`, text))
          expect(matches(`a*${piece}*a`, text)).toBe(modelMatches(`a*${piece}*a`, text))
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('hostile patterns cost little', () => {
  test('many stars against a long key', () => {
    const glob = compileGlobText(`b/${'*a'.repeat(60)}X`)
    const key = `b/${'a'.repeat(300)}`
    globMatches(glob, key)
    const spent = milliseconds(() => {
      for (let i = 0; i < 1000; i++) if (globMatches(glob, key)) throw new Error('must not match')
    })
    // A thousand matches in well under a second; a backtracking matcher needs longer than this for one.
    expect(spent).toBeLessThan(500)
  })

  test('a long piece that nearly matches everywhere', () => {
    const text = 'a'.repeat(200_000)
    const spent = milliseconds(() => expect(matches(`*${'a'.repeat(90_000)}b*`, text)).toBe(false))
    expect(spent).toBeLessThan(1000)
  })

  test('a long piece with question marks that nearly matches everywhere', () => {
    const text = 'a'.repeat(20_000)
    const spent = milliseconds(() => expect(matches(`*${'a?'.repeat(4_000)}b*`, text)).toBe(false))
    expect(spent).toBeLessThan(1000)
  })
})
