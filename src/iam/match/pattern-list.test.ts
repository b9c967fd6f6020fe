/** Many patterns at once must answer as each of them does by itself. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileArnPattern, compileArnPatterns } from './arn.ts'
import { compileGlobText, globMatches, globTokens } from './glob.ts'
import { PatternAutomaton } from './pattern-list.ts'

const none = { values: () => null }
const letters = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 10 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 })
const arn = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(part, { minLength: 5, maxLength: 7 }).map((parts) => parts.join(':'))
const short = fc.constantFrom('', 'a', 'b', 'ab')
const shortPattern = fc.constantFrom('', 'a', '*', '?', 'a*', '*b', '??')

test('plain patterns', () => {
  let fitting = 0
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), letters, (patterns, text) => {
      const set = new PatternAutomaton(patterns.map((one) => [globTokens(one)]))
      const expected = patterns.some((one) => globMatches(compileGlobText(one), text))
      if (expected) fitting++
      expect(set.matches(text)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
  expect(fitting).toBeGreaterThan(200)
})

test('ARN patterns, for few and for many texts', () => {
  let fitting = 0
  fc.assert(
    fc.property(fc.array(arn(shortPattern), { minLength: 40, maxLength: 60 }), arn(short), (patterns, text) => {
      const many = Array.from({ length: 60 }, () => text)
      const expected = patterns.some((one) => compileArnPattern(one, true)(text, none))
      if (expected) fitting++
      const several = compileArnPatterns(patterns, true)
      expect([several(none, [text])(text), several(none, many)(text)]).toEqual([expected, expected])
    }),
    { numRuns: 300 },
  )
  expect(fitting).toBeGreaterThan(30)
})
