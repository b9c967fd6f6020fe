/** Keys follow from the delivery alone and never leave the root path. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkPeriod, packageFolder, reportKey, reportSlug } from './keys.ts'
import { partSizeOf } from './plan.ts'

test.each([
  ['Audit 2026-10.pdf', 'audit-2026-10'],
  ['../../etc/passwd', 'etc-passwd'],
  ['Prüfbericht Köln.xlsx', 'pru-fbericht-ko-ln'],
  ['日本語', 'report'],
  ['v1.2', 'v1.2'],
  ['ledger.tar.gz', 'ledger'],
])('%s has the slug %s', (report, slug) => {
  expect(reportSlug(report)).toBe(slug)
})

test('whatever a report and its file are called, the key is one path under the root', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      (report, name) => {
        const parts = { rootPath: 'root/', report, period: '2026-10', delivery: 'dlv_1' }
        const key = reportKey(parts, { name, sha256: 'ab'.repeat(32) })
        expect(key).toMatch(/^root\/[a-z0-9._][a-z0-9._-]{0,79}\/2026-10\/dlv_1-(ab){8}(\.[a-z0-9.]+)?$/)
        expect(key.split('/')).not.toContain('..')
        expect(packageFolder(parts)).toMatch(/^root\/[^/]+\/2026-10\/dlv_1\/$/)
      },
    ),
  )
})

test.each(['..', '.', '', 'a/b', 'x'.repeat(41)])('`%s` is no period', (period) => {
  expect(() => checkPeriod(period)).toThrow(expect.objectContaining({ code: 'input-invalid' }))
})

test('parts are whole mebibytes, at least 8, and never more than the store counts', () => {
  const s3 = {
    conditionalWrite: true,
    multipart: true,
    maximumPutBytes: 5 * 2 ** 30,
    minimumPartBytes: 5 * 2 ** 20,
    maximumParts: 10_000,
  }
  expect(partSizeOf(20 * 2 ** 20, s3)).toBe(8 * 2 ** 20)
  fc.assert(
    fc.property(fc.maxSafeNat(), (raw) => {
      const size = (raw % (5 * 2 ** 40)) + 1
      const part = partSizeOf(size, s3)
      expect(part % 2 ** 20).toBe(0)
      expect(Math.ceil(size / part)).toBeLessThanOrEqual(10_000)
    }),
  )
})
