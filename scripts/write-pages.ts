/** Writes the reference pages into docs/. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { referencePages } from '../src/cli/testing/reference-pages.ts'

const docs = join(import.meta.dirname, '..', 'docs')
mkdirSync(docs, { recursive: true })
for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(docs, name), text)
