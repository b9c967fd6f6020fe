/** Where each element stands in its text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { workGrowth } from '../../base/testing/growth.ts'
import { underline } from '../../terminal/index.ts'
import { parsePolicyText, pointerStep, readJsonWithPositions } from './index.ts'

/** Every value of a tree with its pointer. */
function* walk(value: unknown, pointer = ''): Generator<readonly [string, unknown]> {
  yield [pointer, value]
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) yield* walk(member, pointer + pointerStep(name))
}

describe('positions', () => {
  test('cut exactly the value and the name of every element out of the text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const read = readJsonWithPositions(text)
        if (!read.ok) throw new Error(read.error.message)
        const plain: unknown = JSON.parse(text)
        for (const [pointer, member] of walk(plain)) {
          const found = read.value.positions.at(pointer)
          if (found === null) throw new Error(`${pointer} is lost`)
          const cut = text.slice(found.value.offset, found.value.offset + found.value.length)
          expect(JSON.parse(cut)).toEqual(member)
          const before = text.slice(0, found.value.offset)
          expect(found.value.line).toBe(before.split('\n').length)
          expect(found.value.column).toBe(before.length - before.lastIndexOf('\n'))
          if (found.key === null) continue
          const name: unknown = JSON.parse(text.slice(found.key.offset, found.key.offset + found.key.length))
          expect(pointer.endsWith(pointerStep(String(name)))).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('of what is missing are those of what is around it', () => {
    const read = parsePolicyText('{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}')
    if (!read.ok) throw new Error('must be read')
    const { positions } = read.value
    expect(positions.at('/Statement/0/Sid')).toBeNull()
    expect(positions.nearest('/Statement/0/Sid')).toEqual(positions.at('/Statement/0'))
    expect(positions.nearest('/Nothing/at/all')).toEqual(positions.at(''))
  })

  test('stand in the problems of a text', () => {
    const read = parsePolicyText('{\n  "Statement": [\n    {"Effect": "allow", "Action": "*", "Resource": "*"}]}')
    expect(read).toMatchObject({ ok: false, error: [{ pointer: '/Statement/0/Effect', line: 3, column: 16 }] })
  })

  test('of deep and long texts cost no more than the text', () => {
    const reading = (size: number) => () => {
      const text = JSON.stringify({ ['k'.repeat(size)]: Array.from({ length: size }, () => 1) })
      return () => expect(readJsonWithPositions(text).ok).toBe(true)
    }
    // Sixteen times the text would be 256 times the work if every place carried the long name.
    expect(workGrowth(reading(4_000), reading(64_000), 100)).toBeLessThan(100)
  })
})

const text = JSON.stringify(
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'] }] },
  null,
  2,
)

describe('underline', () => {
  test('puts carets under a value, or under a name', () => {
    expect(underline(text, '/Statement/0/Action/0')).toBe('7 |         "s3:GetObject"\n  |         ^^^^^^^^^^^^^^')
    expect(underline(text, '/Version', 'key')).toBe('2 |   "Version": "2012-10-17",\n  |   ^^^^^^^^^')
  })

  test('shows up to three lines whole, and of more the first and the last', () => {
    expect(underline(text, '/Statement/0/Action')).toBe(
      [
        '6 |       "Action": [',
        '  |                 ^',
        '7 |         "s3:GetObject"',
        '  |         ^^^^^^^^^^^^^^',
        '8 |       ]',
        '  |       ^',
      ].join('\n'),
    )
    expect(underline(text, '/Statement')).toBe(
      [' 3 |   "Statement": [', '   |                ^', '   | …', '10 |   ]', '   |   ^'].join('\n'),
    )
  })

  test('cuts a long line around the place', () => {
    const long = `{"Sid": "${'x'.repeat(200)}", "Effect": "Deny", "Id": "${'y'.repeat(200)}"}`
    const [line = '', carets = ''] = underline(long, '/Effect').split('\n')
    expect(line.length).toBeLessThan(115)
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('"Deny"')
  })

  test('shows what is invisible, and keeps the carets below it', () => {
    const odd = '{"a\u202e": "\t\u200b日本", "b": "x"}'.replace('\t', ' ')
    const [line = '', carets = ''] = underline(odd, '/a\u202e').split('\n')
    expect(line).toContain('"a\\u202e": " \\u200b日本"')
    // Two quotes, a space, an escape of six and two wide characters of two columns each.
    expect(/\^+/.exec(carets)?.[0]).toHaveLength(2 + 1 + 6 + 4)
  })

  test('shows where a text stops being JSON', () => {
    expect(underline('{\n  "a": 1,\n}', '/a')).toBe('2 |   "a": 1,\n  |         ^')
  })

  test('answers for any text and pointer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 10 }), (any, pointer) => {
        expect(underline(any, pointer)).toMatch(/\^/)
      }),
    )
  })
})
