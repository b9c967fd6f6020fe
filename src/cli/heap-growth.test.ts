/** That the young generation is bounded before the program loads what is large, in a process of its own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** Prints the size of the young generation, both halves, as the process ends. */
const probe = `
import { getHeapSpaceStatistics } from 'node:v8'
process.on('exit', () => {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  process.stderr.write('young ' + young.space_size)
})`

test('loading the program leaves the young generation small: V8 would keep the size that it takes then', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(probe)}`,
    main,
    '--help',
  ])
  expect(stdout).toContain('Usage: drawbridge')
  const [, youngBytes] = /^young (\d+)$/m.exec(stderr) ?? []
  expect(Number(youngBytes)).toBeGreaterThan(0)
  expect(Number(youngBytes)).toBeLessThanOrEqual(12 << 20)
})
