/** docs/findings.md against the table of findings. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findingsPage, findingsPageFile } from './write-findings-page.ts'

test('docs/findings.md is what the table says', () => {
  expect(readFileSync(findingsPageFile, 'utf8')).toBe(findingsPage())
})
