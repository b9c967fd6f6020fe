/** The commands of docs/evidence.md for receipts that small reports share, run on an object from a bucket. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyReceipt } from '../../src/operations/receipt.ts'
import { needs } from '../needs.ts'
import { type Delivered, deliverAll } from './delivered.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/evidence.md', import.meta.url)), 'utf8')
const blockOf = (label: string): string =>
  new RegExp(`^\`\`\`sh ${label}\\n([\\s\\S]*?)^\`\`\`$`, 'mu').exec(page)?.[1] ?? ''

let delivered: Delivered
let root = ''
beforeAll(async () => {
  delivered = await deliverAll()
  root = mkdtempSync(join(tmpdir(), 'drawbridge-shared-'))
  writeFileSync(
    join(root, delivered.shared.key.slice(delivered.shared.key.lastIndexOf('/') + 1)),
    delivered.shared.text,
  )
  writeFileSync(join(root, 'evidence-key.pem'), delivered.publicKeyPem)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

test.skipIf(needs('/usr/bin/jq', 'jq'))('a report of many is verified by hand and by Drawbridge', async () => {
  const reports = [...delivered.shared.reports]
  expect(reports.length).toBeGreaterThanOrEqual(8)
  for (const [name, bytes] of [reports[0], reports.at(-1)].flatMap((each) => (each === undefined ? [] : [each]))) {
    const folder = join(root, `of-${name}`)
    mkdirSync(folder)
    writeFileSync(join(folder, name), bytes)
    const run = (label: string): string => {
      expect(blockOf(label)).not.toBe('')
      return execFileSync('sh', ['-c', blockOf(label)], { cwd: folder, encoding: 'utf8' })
    }
    expect(run('shared')).toBe('')
    expect(run('shared-name')).toMatch(/^\.\.\/receipts-[0-9a-f]{16}\.jsonl is whole\n$/u)
    expect(await verifyReceipt({ folder, key: join(root, 'evidence-key.pem') })).toMatchObject({ ok: true })
    run('unpack')
    writeFileSync(join(folder, 'evidence-key.pem'), delivered.publicKeyPem)
    expect(run('check')).toBe(`${name}: OK\nSignature Verified Successfully\n1\n`)
    writeFileSync(join(folder, name), 'forged\n')
    expect(spawnSync('sh', ['-c', blockOf('check')], { cwd: folder, encoding: 'utf8' }).stdout).toContain('FAILED')
  }
})
