/** The promise to an inspector: `sha256sum` and `openssl` alone accept what was delivered and refuse what was changed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evidenceKeyId, exportPublicKeyPem } from './evidence-key.ts'
import { leafHash } from './merkle-tree.ts'
import type { SamplePackage } from './testing/sample-package.ts'
import { sampleBag, sampleKey, samplePlainPackage } from './testing/sample-package.ts'
import { verifyInstructions } from './verify-instructions.ts'

const key = sampleKey(1)
const isShellHere = ['openssl version', 'sha256sum --version', 'base64 --version'].every(
  (line) => spawnSync('sh', ['-c', line]).status === 0,
)
if (!isShellHere) {
  process.stderr.write(
    '\nNOT TESTED: openssl or sha256sum is missing here, so nobody knows whether VERIFY.md works\n\n',
  )
}

/** The shell lines of VERIFY.md, in order, exactly as they are printed there. */
const lines = verifyInstructions.match(/^ {7}\S.*$/gmu)?.map((line) => line.trim()) ?? []
const [manifestLine, signatureLine, boundLine, checkpointText, checkpointSig, checkpointLine] = lines

function run(folder: string, line = ''): { status: number | null; output: string } {
  const { status, stdout } = spawnSync('sh', ['-c', line.replaceAll('/tmp/', './tmp-')], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, output: stdout }
}

describe.skipIf(!isShellHere)('the shell lines of VERIFY.md', () => {
  let root = ''
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'drawbridge-evidence-'))
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  function folderOf(name: string, { files }: SamplePackage): string {
    const folder = join(root, name)
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), bytes)
    }
    writeFileSync(join(folder, 'evidence-key.pem'), exportPublicKeyPem(key.publicKey))
    return folder
  }

  test('are six', () => {
    expect(lines).toHaveLength(6)
    expect(signatureLine).toBe(
      'openssl pkeyutl -verify -pubin -inkey evidence-key.pem -rawin -in receipt.signed -sigfile receipt.sig',
    )
    expect(manifestLine).toBe('sha256sum -c manifest-sha256.txt')
  })

  test('accept both forms of a package', async () => {
    for (const folder of [folderOf('bag', await sampleBag(key)), folderOf('plain', await samplePlainPackage(key))]) {
      expect(run(folder, manifestLine)).toMatchObject({ status: 0, output: expect.stringContaining(': OK') })
      expect(run(folder, signatureLine)).toEqual({ status: 0, output: 'Signature Verified Successfully\n' })
      expect(run(folder, boundLine)).toEqual({ status: 0, output: '1\n' })
      expect(run(folder, checkpointText).status).toBe(0)
      expect(run(folder, checkpointSig).status).toBe(0)
      expect(run(folder, checkpointLine)).toEqual({ status: 0, output: 'Signature Verified Successfully\n' })
    }
    expect(run(join(root, 'bag'), 'sha256sum -c tagmanifest-sha256.txt').status).toBe(0)
  })

  test('refuse changed files, receipts, manifests and checkpoints, and another key', async () => {
    const sample = await samplePlainPackage(key)
    const spoiled = (name: string, path: string, text: string): string => {
      const folder = folderOf(name, sample)
      writeFileSync(join(folder, path), text)
      return folder
    }
    expect(run(spoiled('file', 'dlv_01-0a1b.csv', 'forged'), manifestLine).status).not.toBe(0)
    expect(run(spoiled('signed', 'receipt.signed', 'forged'), signatureLine).status).not.toBe(0)
    expect(run(spoiled('manifest', 'manifest-sha256.txt', ''), boundLine)).toEqual({ status: 1, output: '0\n' })
    const otherPem = exportPublicKeyPem(sampleKey(2).publicKey)
    expect(run(spoiled('key', 'evidence-key.pem', otherPem), signatureLine).status).not.toBe(0)
    const note = Buffer.from(sample.files.get('checkpoint') ?? []).toString()
    const folder = spoiled('checkpoint', 'checkpoint', note.replace('\n9\n', '\n8\n'))
    for (const line of [checkpointText, checkpointSig]) run(folder, line)
    expect(run(folder, checkpointLine).status).not.toBe(0)
  })

  test('name a key as we do', () => {
    const folder = join(root, 'bag')
    const printed = execFileSync('sh', ['-c', 'openssl pkey -pubin -in evidence-key.pem -outform DER | sha256sum'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(printed.slice(0, 64)).toBe(evidenceKeyId(key.publicKey))
  })

  test('compute the leaf of the log as we do', async () => {
    const folder = join(root, 'bag')
    const leaf = run(folder, "(printf '\\0'; cat receipt.entry.json) | sha256sum").output.slice(0, 64)
    const { files } = await sampleBag(key)
    expect(leaf).toBe(Buffer.from(leafHash(files.get('receipt.entry.json') ?? '')).toString('hex'))
  })
})
