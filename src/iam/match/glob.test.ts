/** Wildcards, against a matcher that is slow and plain; and patterns made to cost. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mostWorkGrowth, sizeGrowth, workGrowth } from '../../base/testing/growth.ts'
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
    const matching = (stars: number) => () => {
      const glob = compileGlobText(`b/${'*a'.repeat(stars)}X*`)
      const key = `b/${'a'.repeat(5 * stars)}`
      return () => expect(globMatches(glob, key)).toBe(false)
    }
    // A matcher that goes back comes to no end with either.
    expect(workGrowth(matching(80_000 / sizeGrowth), matching(80_000))).toBeLessThan(mostWorkGrowth)
  })

  test('a long piece that nearly matches everywhere', () => {
    expectLinear((length) => `*${'a'.repeat(length * 0.45)}b*`, 200_000)
  })

  test('a long piece with question marks that nearly matches everywhere', () => {
    expectLinear((length) => `*${'a?'.repeat(length * 0.2)}b*`, 20_000)
  })

  /** Every text is a new one, so that nothing is known of it from before. */
  function expectLinear(patternFor: (length: number) => string, length: number): void {
    let texts = 0
    const matching = (size: number) => () => {
      const glob = compileGlobText(patternFor(size))
      return () => expect(globMatches(glob, `${'a'.repeat(size)}${texts++}`)).toBe(false)
    }
    expect(workGrowth(matching(length / sizeGrowth), matching(length))).toBeLessThan(mostWorkGrowth)
  }
})
