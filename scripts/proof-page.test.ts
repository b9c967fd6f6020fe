/** PROOF.md against the results that it is written from. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { proofText } from './proof-page.ts'

test('PROOF.md follows from the JSON in proof/', () => {
  expect(readFileSync(new URL('../PROOF.md', import.meta.url), 'utf8')).toBe(proofText())
})
