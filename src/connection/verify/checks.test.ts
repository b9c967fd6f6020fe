/** docs/checks.md against the checks that there are. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkIds, checks } from './checks.ts'

it('docs/checks.md lists exactly the checks of the table, with what each proves', () => {
  const page = readFileSync(new URL('../../../docs/checks.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows).toEqual(
    checkIds.map((id) => `| \`${id}\` | ${checks[id].link} | ${checks[id].title} | ${checks[id].proves} |`),
  )
})
