/** The table of actions, condition keys and resources that is committed, against the package that it is made of. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tableSource } from '../src/iam/data/index.ts'
import { buildTableFile, tableFile } from './build-iam-data.ts'

const root = join(import.meta.dirname, '..')

test('the committed table is what the installed package gives, and small', async () => {
  const committed = readFileSync(tableFile, 'utf8')
  expect(committed).toBe(await buildTableFile())
  expect(committed.length).toBeLessThan(60_000)
})

test('the package is named with its version and its license in docs/third-party.md', () => {
  const page = readFileSync(join(root, 'docs', 'third-party.md'), 'utf8')
  expect(page).toContain(`${tableSource.package} ${tableSource.version}`)
  const license = readFileSync(join(root, 'node_modules', tableSource.package, 'LICENSE.txt'), 'utf8')
  expect(page).toContain(license.trim())
})
