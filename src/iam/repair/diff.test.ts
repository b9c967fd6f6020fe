/** Two policies as a diff that a person pastes. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffPolicies } from './diff.ts'

/** Applies a unified diff strictly, as `patch` would. */
function applyUnified(text: string, diff: string): string {
  const source = text === '' ? [] : text.split('\n')
  const result: string[] = []
  let at = 0
  for (const line of diff.split('\n').slice(2, -1)) {
    const hunk = /^@@ -(\d+),(\d+) \+\d+,\d+ @@$/.exec(line)
    if (hunk) {
      const start = Number(hunk[2]) === 0 ? Number(hunk[1]) : Number(hunk[1]) - 1
      result.push(...source.slice(at, start))
      at = start
    } else if (line.startsWith('+')) {
      result.push(line.slice(1))
    } else {
      expect(source[at]).toBe(line.slice(1))
      if (line.startsWith(' ')) result.push(line.slice(1))
      at += 1
    }
  }
  return [...result, ...source.slice(at)].join('\n')
}

test('shows one changed value as one line out and one line in', () => {
  const policy = (id: string): object => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Condition: { StringEquals: { 'sts:ExternalId': id } } }],
  })
  expect(diffPolicies(policy('old'), policy('new'), 'trust.json')).toBe(
    [
      '--- a/trust.json',
      '+++ b/trust.json',
      '@@ -5,7 +5,7 @@',
      '       "Effect": "Allow",',
      '       "Condition": {',
      '         "StringEquals": {',
      '-          "sts:ExternalId": "old"',
      '+          "sts:ExternalId": "new"',
      '         }',
      '       }',
      '     }',
      '',
    ].join('\n'),
  )
})

test('is empty for equal values, and names /dev/null for none', () => {
  expect(diffPolicies({ a: 1 }, { a: 1 }, 'x')).toBe('')
  expect(diffPolicies(null, { a: 1 }, 'x')).toBe('--- /dev/null\n+++ b/x\n@@ -0,0 +1,3 @@\n+{\n+  "a": 1\n+}\n')
  expect(diffPolicies({ a: 1 }, null, 'x')).toContain('+++ /dev/null\n@@ -1,3 +0,0 @@')
})

test('applied to the old text, the diff of any two values gives the new text', () => {
  const value = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }),
  )
  fc.assert(
    fc.property(value, value, (before, after) => {
      const diff = diffPolicies(before, after, 'x')
      const old = JSON.stringify(before, null, 2)
      expect(diff === '' ? old : applyUnified(old, diff)).toBe(JSON.stringify(after, null, 2))
    }),
  )
})

test('stays quick on large values that share nothing', () => {
  const list = (from: number): number[] => Array.from({ length: 20_000 }, (_, index) => from + index)
  const diff = diffPolicies(list(0), list(100_000), 'x')
  expect(diff.split('\n').length).toBeGreaterThan(40_000)
})
