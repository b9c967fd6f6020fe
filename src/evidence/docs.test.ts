/** docs/evidence.md says what the code does: its examples are built here, and its commands are run here. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportPublicKeyPem } from './evidence-key.ts'
import { packageCheckIds } from './package-verification.ts'
import { receiptPaths } from './receipt.ts'
import { packSidecar } from './sidecar.ts'
import { verifierKey } from './signed-note.ts'
import { MemoryLogStore } from './testing/memory-log-store.ts'
import type { SamplePackage } from './testing/sample-package.ts'
import { logOf, sampleKey, samplePlainPackage } from './testing/sample-package.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/evidence.md', import.meta.url)), 'utf8')
const key = sampleKey(1)
const blockOf = (label: string): string =>
  new RegExp(`^\`\`\`${label}\\n([\\s\\S]*?)^\`\`\`$`, 'mu').exec(page)?.[1] ?? ''

let sample: SamplePackage
let folder = ''
beforeAll(async () => {
  sample = await samplePlainPackage(key)
  folder = mkdtempSync(join(tmpdir(), 'drawbridge-docs-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('docs/evidence.md', () => {
  test('names every file of a receipt', () => {
    for (const path of receiptPaths) expect(page).toContain(`\`${path}\``)
  })

  test('lists the checks in their order', () => {
    const section = page.split(/^## /mu).find((one) => one.startsWith('Checking it with Drawbridge')) ?? ''
    const checks = [...section.matchAll(/^\| `([a-z-]+)` \|/gmu)].map(([, id]) => id)
    expect(checks).toEqual([...packageCheckIds])
  })

  test('shows a checkpoint, a verifier key and an entry that the code makes', async () => {
    expect(page).toContain(Buffer.from(sample.files.get('checkpoint') ?? []).toString())
    expect(page).toContain(`\n${verifierKey('drawbridge.example/acme', key.publicKey)}\n`)
    const store = new MemoryLogStore()
    store.add('acme')
    store.add('acme')
    await logOf(store, key).integrate('acme')
    expect(blockOf('json entry')).toBe(`${store.of('acme').placed[1]?.json}\n`)
  })

  const missing = ['openssl version', 'sha256sum --version', 'jq --version'].filter(
    (line) => spawnSync('sh', ['-c', line]).status !== 0,
  )
  if (missing.length > 0) process.stderr.write(`\nNOT TESTED: the commands of docs/evidence.md need ${missing}\n\n`)

  test.skipIf(missing.length > 0)(
    'has commands that unpack a sidecar and accept it, and refuse what was changed',
    () => {
      for (const [path, bytes] of sample.files) if (path.endsWith('.csv')) writeFileSync(join(folder, path), bytes)
      writeFileSync(join(folder, 'dlv_01-0a1b.csv.receipt.json'), packSidecar(sample.receipt))
      writeFileSync(join(folder, 'evidence-key.pem'), exportPublicKeyPem(key.publicKey))
      const run = (label: string): string => {
        const script = blockOf(`sh ${label}`).replaceAll('/tmp/', './tmp-')
        expect(script).not.toBe('')
        return spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' }).stdout
      }
      expect(run('unpack')).toBe('')
      for (const { path, bytes } of sample.receipt) {
        expect(readFileSync(join(folder, path)).equals(bytes), path).toBe(true)
      }
      expect(page).toContain(`\n\`\`\`\n${run('check')}\`\`\`\n`)
      expect(run('checkpoint')).toBe('Signature Verified Successfully\n')
      expect(run('inclusion')).toBe('the entry is in the log\n')
      writeFileSync(join(folder, 'receipt.entry.json'), '{}')
      expect(run('inclusion')).toBe('')
    },
  )
})
