/** What is written as HCL, and that nothing in a value gets out of its quotes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hclAttributes, hclBlock, hclString, hclValue, raw } from './hcl.ts'
import { readHclValue } from './testing/read-hcl.ts'

const text = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', ' ', '"', '\\', '$', '%', '{', '}', '\n', '\t', '\b', '\f', 'ü', '€', '=', '#'),
  maxLength: 14,
})
const { tree } = fc.letrec<{ tree: string | number | boolean | object; leaf: string | number | boolean }>((tie) => ({
  leaf: fc.oneof(text, fc.integer(), fc.boolean()),
  tree: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom('Sid', 'aws:TagKeys', 'a/b', 'ünlich'), text), tie('tree'), { maxKeys: 4 }),
  ),
}))

describe('HCL', () => {
  it('says what was meant, whatever it is', () => {
    fc.assert(
      fc.property(tree, (value) => {
        // Attributes are looked up by name alone, as in JSON; a null prototype is of no interest.
        expect(readHclValue(hclValue(value as never, ''))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { numRuns: 300 },
    )
  })

  it('leaves nothing in a string for Terraform to replace', () => {
    expect(hclString(`a\${b}%{if c}d$`)).toBe(`"a$\${b}%%{if c}d$"`)
    expect(() => readHclValue(`"a\${b}"`)).toThrow('template')
  })

  it('puts the equals signs of neighbours below each other, and not across a longer value', () => {
    expect(hclAttributes({ a: 1, longer: 2, list: ['x'], b: true, 'x:y': 'z' }, '')).toEqual([
      'a      = 1',
      'longer = 2',
      'list = [\n  "x",\n]',
      'b     = true',
      '"x:y" = "z"',
    ])
  })

  it('writes blocks within blocks', () => {
    expect(hclBlock('a "b"', { c: raw('var.d') }, [hclBlock('e', { f: 1 })])).toBe(
      'a "b" {\n  c = var.d\n\n  e {\n    f = 1\n  }\n}',
    )
    expect(hclBlock('data "x" "y"', {})).toBe('data "x" "y" {}')
  })
})
