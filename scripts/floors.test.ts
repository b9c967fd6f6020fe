/** The canary of the floors rule: each planted violation must be caught, and what is allowed must pass. */
import { expect, test } from 'vitest'
import { floorViolations } from './floors.ts'

test.each([
  ['a room above', 'src/iam/evaluate/a.ts', `import { sign } from '../../credentials/index.ts'`],
  ['a type from a room above', 'src/storage/a.ts', `import type { Route } from '../delivery/index.ts'`],
  ['a re-export from a room above', 'src/storage/a.ts', `export { x } from '../delivery/index.ts'`],
  ['a same-floor neighbour', 'src/delivery/a.ts', `import { verify } from '../connection/index.ts'`],
  ['a dynamic import', 'src/iam/a.ts', `const m = await import('../cli/index.ts')`],
  ['an import in type position', 'src/iam/a.ts', `type T = import('../cli/index.ts').T`],
  ['past the front door', 'src/connection/a.ts', `import { x } from '../iam/evaluate/match.ts'`],
  ['an unlisted package', 'src/iam/a.ts', `import { readFileSync } from 'node:fs'`],
  ['the clock in a pure room', 'src/iam/a.ts', 'export const now = Date.now()'],
  ['require', 'src/storage/a.ts', `const fs = require('fs')`],
  ['the environment below the CLI', 'src/storage/a.ts', 'export const home = process.env.HOME'],
  ['the sandbox using its counterpart', 'src/sandbox/a.ts', `import { s3Store } from '../storage/index.ts'`],
  [
    'the ticket reaching past the engine',
    'web/ticket/src/a.ts',
    `import { x } from '../../../src/connection/index.ts'`,
  ],
  ['the web reaching past the contract', 'web/api.ts', `import { x } from '../src/operations/index.ts'`],
])('catches %s', (_what, file, source) => {
  expect(floorViolations(file, source)).toHaveLength(1)
})

test('lets pass what the floors allow', () => {
  const source = `import { ok } from '../../base/index.ts'\nimport type { Policy } from '../types.ts'\nimport { a } from '../match/a.ts'\n// import('../cli/index.ts')`
  expect(floorViolations('src/iam/evaluate/a.ts', source)).toEqual([])
  expect(floorViolations('web/api.ts', `import { operations } from '../src/contract/index.ts'`)).toEqual([])
})
