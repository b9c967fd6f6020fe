/** Many patterns at once must answer as each of them does by itself. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileArnPattern, compileArnPatterns } from './arn.ts'
import { compileGlobText, globMatches, globTokens } from './glob.ts'
import { toSteps } from './steps.ts'
import { TextSet } from './text-set.ts'

/** Fixed, for how often something fits is chance too, and a test that fails by chance gets its limit lowered. */
const seed = 20261122

const none = { values: () => null }
const letters = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 10 })
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 })
const arn = (part: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(part, { minLength: 5, maxLength: 7 }).map((parts) => parts.join(':'))
const short = fc.constantFrom('', 'a', 'b', 'ab')
const shortPattern = fc.constantFrom('', 'a', '*', '?', 'a*', '*b', '??')

/** The texts that any pattern fits, in order: patterns as written, and cut as those with variables are. */
function fittingOf(texts: readonly string[], patterns: readonly string[]): readonly string[] {
  const set = new TextSet(texts, (text) => [text])
  const written = set.fitting(toSteps(patterns.map((one) => [one])))
  const cut = set.fitting(toSteps(patterns.map((one) => [globTokens(one)])))
  expect(texts.map((_, at) => cut(at))).toEqual(texts.map((_, at) => written(at)))
  return [...new Set(texts.filter((_, at) => written(at)))].sort()
}

test('plain patterns', () => {
  let fitting = 0
  // Some texts go past a word of bits, and blocks begin anywhere in one.
  const texts = fc.array(
    fc.oneof(
      letters,
      letters.map((text) => text.repeat(9)),
    ),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), texts, (patterns, some) => {
      const found = fittingOf(some, patterns)
      const expected = some.filter((text) => patterns.some((one) => globMatches(compileGlobText(one), text)))
      fitting += expected.length
      expect(found).toEqual([...new Set(expected)].sort())
    }),
    { numRuns: 3000, seed },
  )
  expect(fitting).toBeGreaterThan(2000)
})

test('long patterns on long texts', () => {
  let fitting = 0
  const long = fc.string({ unit: fc.constantFrom('a', 'a', 'b'), minLength: 20, maxLength: 120 })
  // Patterns are made from the texts, for others would hardly ever fit.
  const pair = fc.tuple(fc.array(long, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat(9)))
  fc.assert(
    fc.property(pair, ([texts, picks]) => {
      const pick = (): number => picks.next().value ?? 0
      const blurred = (text: string): string =>
        [...text].map((char) => ['*', '?', '**', 'b'][pick() === 0 ? pick() % 4 : 9] ?? char).join('')
      const patterns = texts.map(blurred)
      const found = fittingOf(texts, patterns)
      const expected = texts.filter((text) => patterns.some((one) => globMatches(compileGlobText(one), text)))
      fitting += expected.length
      expect(found).toEqual([...new Set(expected)].sort())
    }),
    { numRuns: 1000, seed },
  )
  expect(fitting).toBeGreaterThan(300)
})

test('ARN patterns, for few and for many texts', () => {
  let fitting = 0
  fc.assert(
    fc.property(fc.array(arn(shortPattern), { minLength: 40, maxLength: 60 }), arn(short), (patterns, text) => {
      const many = Array.from({ length: 60 }, () => text)
      const expected = patterns.some((one) => compileArnPattern(one, true)(text, none))
      if (expected) fitting++
      const several = compileArnPatterns(patterns, true)
      expect([several(none, [text])(text, 0), several(none, many)(text, 9)]).toEqual([expected, expected])
    }),
    { numRuns: 300, seed },
  )
  expect(fitting).toBeGreaterThanOrEqual(30)
})

/** Enough different texts that a step is taken where its run stands rather than text by text. */
const numbered = fc.array(fc.nat(400), { minLength: 70, maxLength: 160 })
const numberPattern = fc
  .tuple(fc.nat(400), fc.constantFrom('', '*', '?', '*x', '?*', '/*', '*/x'), fc.constantFrom('', '', '*', 'b*', '*b'))
  .map(([number, end, start]) => `${start}b${number}${end}`)

test('many texts that differ, under plain patterns', () => {
  let fitting = 0
  fc.assert(
    fc.property(fc.array(numberPattern, { minLength: 20, maxLength: 60 }), numbered, (patterns, numbers) => {
      const texts = [...new Set(numbers)].map((number) => `b${number}/x`)
      const expected = texts.filter((text) => patterns.some((one) => globMatches(compileGlobText(one), text)))
      fitting += expected.length
      const found = fittingOf(texts, patterns)
      expect(found).toEqual(expected.sort())
    }),
    { numRuns: 300, seed },
  )
  expect(fitting).toBeGreaterThan(2000)
})

test('many ARNs that differ, under ARN patterns', () => {
  let fitting = 0
  const part = fc.constantFrom('*', 's3', 's?', '*3')
  const arnPattern = fc.tuple(part, fc.constantFrom('', '*', '1', '?'), numberPattern)
  fc.assert(
    fc.property(fc.array(arnPattern, { minLength: 20, maxLength: 60 }), numbered, (patterns, numbers) => {
      const written = patterns.map(([service, account, resource]) => `arn:aws:${service}::${account}:${resource}`)
      const texts = [...new Set(numbers)].map((number) => `arn:aws:s3::${number % 3 === 0 ? '1' : ''}:b${number}/x`)
      const expected = texts.filter((text) => written.some((one) => compileArnPattern(one, true)(text, none)))
      fitting += expected.length
      const several = compileArnPatterns(written, true)(none, texts)
      expect(texts.filter(several)).toEqual(expected)
    }),
    { numRuns: 300, seed },
  )
  expect(fitting).toBeGreaterThan(1000)
})
