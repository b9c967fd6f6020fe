/**
 * The promise to an inspector, kept with tools that are not ours: packages from a customer's bucket are accepted by
 * `sha256sum`, by `openssl` and by Go's golang.org/x/mod/sumdb, and what was changed is refused by them.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCheckpoint, proveConsistency, verifyConsistency } from '../../src/evidence/index.ts'
import { type Delivered, deliverAll, type Files, textOf } from './delivered.ts'
import { buildSumdb, type GoProgram, lacksGo } from './go.ts'

let delivered: Delivered
let root = ''
beforeAll(async () => {
  delivered = await deliverAll()
  root = mkdtempSync(join(tmpdir(), 'drawbridge-inspector-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function folderOf(name: string, files: Files): string {
  const folder = join(root, name)
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  return folder
}

/** The commands of the package's own VERIFY.md, as an inspector would copy them. */
function commandsOf(files: Files): string[] {
  return (
    textOf(files, 'VERIFY.md')
      .match(/^ {7}\S.*$/gmu)
      ?.map((line) => line.trim()) ?? []
  )
}

describe('a package from the bucket', () => {
  test('is accepted by sha256sum and openssl, with the commands that it brings', () => {
    for (const { name, files } of delivered.packages) {
      const folder = folderOf(`shell-${name}`, files)
      writeFileSync(join(folder, 'evidence-key.pem'), delivered.publicKeyPem)
      const commands = commandsOf(files)
      expect(commands).toHaveLength(6)
      const said = commands.map((line) =>
        execFileSync('sh', ['-c', line.replaceAll('/tmp/', './tmp-')], { cwd: folder, encoding: 'utf8' }),
      )
      expect(said[0]?.match(/: OK$/gmu)).toHaveLength(textOf(files, 'manifest-sha256.txt').split('\n').length - 1)
      const verified = 'Signature Verified Successfully\n'
      expect(said.slice(1)).toEqual([verified, '1\n', '', '', verified])
    }
  })
})

describe.skipIf(lacksGo())("Go's golang.org/x/mod/sumdb", () => {
  let sumdb: GoProgram
  beforeAll(() => {
    sumdb = buildSumdb()
  })
  afterAll(() => sumdb?.remove())

  function go(...[command = '', ...rest]: string[]): { ok: boolean; said: string } {
    const { status, stdout, stderr } = spawnSync(sumdb.path, [command, delivered.verifierKey, ...rest], {
      encoding: 'utf8',
    })
    return { ok: status === 0, said: status === 0 ? stdout.trim() : stderr.trim() }
  }

  function noteFile(nth: number): string {
    const path = join(root, `checkpoint-${nth}`)
    writeFileSync(path, delivered.checkpoints[nth] ?? '')
    return path
  }

  test('accepts every package, in both forms', () => {
    for (const { name, files } of delivered.packages) {
      const { ok, said } = go('package', folderOf(`go-${name}`, files))
      expect(said).toMatch(/^dlv_\S+: \d files, entry \d+ of evidence\.example\/default$/u)
      expect(ok).toBe(true)
    }
  })

  test('refuses a changed report, proof, entry and checkpoint, and another key', () => {
    const [first] = delivered.packages
    if (first === undefined) throw new Error('nothing was delivered')
    const report = [...first.objects.keys()].find((path) => path.endsWith('.csv')) ?? ''
    for (const path of [report, 'receipt.tlog-proof', 'receipt.entry.json', 'checkpoint', 'receipt.signed']) {
      const bytes = new Uint8Array(first.files.get(path) ?? [])
      const at = Math.floor(bytes.length / 2)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      const { ok, said } = go('package', folderOf(`go-spoiled-${path}`, new Map([...first.files, [path, bytes]])))
      expect(ok, path).toBe(false)
      expect(said).toMatch(/^refused: /u)
    }
    const other = delivered.verifierKey.replace(/^[^+]+/u, 'elsewhere.example/default')
    expect(spawnSync(sumdb.path, ['package', other, join(root, `go-${first.name}`)]).status).toBe(1)
  })

  test('accepts our consistency proofs between the checkpoints that customers hold, and no other', async () => {
    const sizes = delivered.checkpoints.map((note) => parseCheckpoint(note)).map((one) => (one.ok ? one.value : null))
    const notes = sizes.map((_, nth) => noteFile(nth))
    let pairs = 0
    for (const [old, before] of sizes.entries()) {
      for (const [at, after] of sizes.entries()) {
        if (before === null || after === null || before.treeSize >= after.treeSize) continue
        const proof = await proveConsistency(before.treeSize, after.treeSize, delivered.read)
        expect(verifyConsistency(before.treeSize, after.treeSize, before.rootHash, after.rootHash, proof)).toBe(true)
        const file = join(root, 'consistency')
        writeFileSync(file, proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join(''))
        const { ok, said } = go('continues', notes[old] ?? '', notes[at] ?? '', file)
        expect(said).toBe(`evidence.example/default: ${after.treeSize} entries continue ${before.treeSize}`)
        expect(ok).toBe(true)
        writeFileSync(file, proof.map((hash) => `${Buffer.from(hash).reverse().toString('base64')}\n`).join(''))
        expect(go('continues', notes[old] ?? '', notes[at] ?? '', file).ok).toBe(false)
        pairs++
      }
    }
    expect(pairs).toBeGreaterThanOrEqual(10)
  })

  test('hashes the exported log to every checkpoint, and to none when an entry was changed', () => {
    const file = join(root, 'evidence-log.jsonl')
    const notes = delivered.checkpoints.map((_, nth) => noteFile(nth))
    writeFileSync(file, delivered.entries.map((entry) => `${entry}\n`).join(''))
    expect(go('log', file, ...notes).said).toBe(`${delivered.entries.length} entries lead to 5 checkpoints`)
    const changed = delivered.entries.with(1, delivered.entries[1]?.replace('operator', 'someone') ?? '')
    writeFileSync(file, changed.map((entry) => `${entry}\n`).join(''))
    expect(go('log', file, ...notes)).toMatchObject({ ok: false })
    writeFileSync(
      file,
      delivered.entries
        .slice(0, -1)
        .map((entry) => `${entry}\n`)
        .join(''),
    )
    expect(go('log', file, ...notes)).toMatchObject({ ok: false })
  })
})
