/** The fault matrix names tests that exist, and docs/faults.md says what it says. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faultMatrix } from './matrix.ts'
import { faultPage } from './page.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

test('has every row once, and each has a test or says why not', () => {
  expect(Object.keys(faultMatrix).map(Number)).toEqual(Array.from({ length: 49 }, (_, index) => index + 1))
  for (const { tests, gap } of Object.values(faultMatrix)) expect(tests.length > 0 || gap !== undefined).toBe(true)
})

test.each(Object.entries(faultMatrix))('names tests that exist (row %s)', (_number, { tests }) => {
  for (const [, file, title] of tests) expect(read(file), `${file}: ${title}`).toContain(title)
})

test('docs/faults.md says the same', () => {
  // `node scripts/write-faults-page.ts` writes it anew.
  expect(read('docs/faults.md')).toBe(faultPage())
})
