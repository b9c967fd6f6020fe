/** The policy language is to stay small enough for a page: what it weighs in a browser, the tables of actions left out. */
import { expect, test } from 'vitest'
import { bundleIam } from '../../bench/bundle.ts'

test('the policy language weighs at most 60,000 bytes, packed, without the tables of actions', async () => {
  const { gzipBytes, left } = await bundleIam(false)
  expect(left).toEqual(['src/iam/data/index.ts'])
  expect(gzipBytes).toBeLessThanOrEqual(60_000)
  // A bundler that left more than the tables outside would make it light.
  expect(gzipBytes).toBeGreaterThan(40_000)
})
