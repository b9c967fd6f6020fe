/** RFC 8785: one text for one value. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts'

describe('canonical JSON', () => {
  test('sorts members by UTF-16 code units (RFC 8785 section 3.2.3)', () => {
    const value = {
      '€': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    }
    const order = [...canonicalJson(value).matchAll(/:"([^"]+)"/gu)].map((match) => match[1])
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  test('escapes strings and writes literals as the example of RFC 8785 section 3.2.2', () => {
    const value = JSON.parse(
      String.raw`{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
    )
    expect(canonicalJson(value)).toBe(String.raw`{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}`)
  })

  test('writes integers as ECMAScript does, and both zeroes as 0 (RFC 8785 appendix B)', () => {
    const numbers = [0, -0, 1, -1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]
    expect(canonicalJson(numbers)).toBe('[0,0,1,-1,9007199254740991,-9007199254740991]')
  })

  test.each([
    ['a fraction', 4.5],
    ['an unsafe integer', 2 ** 53],
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a hole', new Array(1)],
    ['a big integer', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['bytes', Uint8Array.of(1)],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError)
    expect(() => canonicalJson({ nested: [value] })).toThrow(TypeError)
  })

  test('refuses circles and deep nesting without exhausting the stack', () => {
    const circle: unknown[] = []
    circle.push(circle)
    expect(() => canonicalJson(circle)).toThrow(TypeError)
    expect(parseCanonicalJson(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toEqual({
      ok: false,
      error: 'not-canonical',
    })
  })

  test('keeps a member called __proto__', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}')
    expect(canonicalJson(value)).toBe('{"__proto__":{"a":1}}')
  })

  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary' }),
      fc.array(tie('value')),
      fc.dictionary(fc.string({ unit: 'binary' }), tie('value')),
    ),
  })).value

  test('says the same as JSON, once, whatever the order of members', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(canonicalJson(reversed(value))).toBe(text)
        const parsed = parseCanonicalJson(text)
        expect(parsed.ok && canonicalJson(parsed.value)).toBe(text)
      }),
      { numRuns: 300 },
    )
  })

  test.each(['{"a":1, "b":2}', '{"b":1,"a":2}', '{"a":1,"a":1}', '1.0', '1e0', '-0', '"\\u0041"', '"\\/"', ' 1'])(
    'refuses to read the other spelling %s',
    (text) => {
      expect(parseCanonicalJson(text)).toEqual({ ok: false, error: 'not-canonical' })
    },
  )

  test('tells what is no JSON at all', () => {
    expect(parseCanonicalJson('{"a":')).toEqual({ ok: false, error: 'not-json' })
  })
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).reverse()
  return Object.fromEntries(members.map(([key, member]) => [key, reversed(member)]))
}
