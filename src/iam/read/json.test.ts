/** The reader of JSON, against the language's own. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePolicy } from './index.ts'
import { readJson } from './json.ts'

function parsedOrNull(text: string): unknown {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return null
  }
}

describe('the reader', () => {
  test('reads back what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) })
      }),
      { numRuns: 500 },
    )
  })

  test('takes no text that JSON.parse refuses, and refuses only double members besides', () => {
    const texts = fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0e1-.tnul a\n'), maxLength: 14 })
    fc.assert(
      fc.property(texts, (text) => {
        const mine = readJson(text)
        const theirs = parsedOrNull(text)
        if (mine.ok) expect(theirs).toEqual({ value: mine.value })
        else if (theirs !== null) expect(mine.error.message).toContain('stands twice')
      }),
      { numRuns: 4000 },
    )
  })

  test('names a line and column inside the text, or just after it', () => {
    const texts = fc.string({ unit: fc.constantFrom(...'{}[]",:1a\n'), maxLength: 30 })
    fc.assert(
      fc.property(texts, (text) => {
        const result = readJson(text)
        if (result.ok) return
        const lines = text.split('\n')
        expect(result.error.line).toBeLessThanOrEqual(lines.length)
        expect(result.error.column).toBeLessThanOrEqual((lines[result.error.line - 1] ?? '').length + 1)
      }),
    )
  })
})

describe('parsePolicy', () => {
  test('answers for any value and never throws', () => {
    const names = fc.constantFrom(
      'Version',
      'Statement',
      'Effect',
      'Action',
      'Resource',
      'Principal',
      'Condition',
      'Null',
      'x',
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'medium' },
        fc.constantFrom('Allow', '2012-10-17', '*', 's3:*', '', 'true'),
        fc.constantFrom(null, true, 1, undefined, Number.NaN),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(names, tie('tree'), { maxKeys: 5 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        const result = parsePolicy(value)
        if (!result.ok) expect(result.error.length).toBeGreaterThan(0)
      }),
      { numRuns: 1000 },
    )
  })
})
