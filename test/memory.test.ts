/** A report of a gibibyte goes through a process that holds a quarter of it at the most. `docs/benchmarks.md` has larger ones. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const mostMebibytes = 256

test('a report of a gibibyte takes no more memory than was promised, whichever way it goes', async () => {
  const bench = [fileURLToPath(new URL('../bench/main.ts', import.meta.url)), 'delivery', '--only', 'memory']
  const { stdout } = await promisify(execFile)(process.execPath, [...bench, '--size', '1GiB'])
  const peaks = new Map<string, number>()
  for (const line of stdout.split('\n')) {
    const [, way, peak] = /^(\S.*\S) +1,024 +[\d.]+ +[\d.]+ +(\d+)$/.exec(line) ?? []
    if (way !== undefined) peaks.set(way, Number(peak))
  }
  expect([...peaks.keys()]).toEqual(['S3, in parts', 'Azure, in blocks', 'Azure, in one request'])
  for (const [way, peak] of peaks) expect(peak, way).toBeLessThanOrEqual(mostMebibytes)
})
