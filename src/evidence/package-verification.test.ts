/** Packages that are whole, tampered with, signed wrongly or hostile, and what verification says of each. */
import { sign } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { toBase64 } from './base64.ts'
import { canonicalJson } from './canonical-json.ts'
import { parseEnvelope, preAuthenticationEncoding, statementType, writeEnvelope } from './dsse.ts'
import { evidenceKeyId, exportPrivateKeyPem, exportPublicKeyPem } from './evidence-key.ts'
import { packageCheckIds, verifyPackage } from './package-verification.ts'
import { buildReceipt } from './receipt.ts'
import { packSidecar } from './sidecar.ts'
import type { SamplePackage } from './testing/sample-package.ts'
import {
  bytesOf,
  proofFor,
  sampleBag,
  sampleKey,
  samplePlainPackage,
  sha256,
  sourceOf,
} from './testing/sample-package.ts'
import { changed, firstBad, textOf } from './testing/tampered.ts'
import { parseTlogProof, writeTlogProof } from './tlog-proof.ts'

const [key, otherKey] = [sampleKey(1), sampleKey(2)]
const pem = exportPublicKeyPem(key.publicKey)
const otherPem = exportPublicKeyPem(otherKey.publicKey)

let plain: SamplePackage
let bag: SamplePackage
beforeAll(async () => {
  plain = await samplePlainPackage(key)
  bag = await sampleBag(key)
})

describe('a package as it was delivered', () => {
  test('passes every check, as a folder and beside a single file', async () => {
    for (const { files, facts } of [plain, bag]) {
      const verdict = await verifyPackage(sourceOf(files), pem)
      expect(verdict.checks.map(({ id, ok }) => [id, ok])).toEqual(packageCheckIds.map((id) => [id, true]))
      expect(verdict.receipt?.facts).toEqual(facts)
    }
  })

  test('passes with the sidecar alone, with the pinned key beside it, and under a set of keys', async () => {
    const [object] = plain.facts.objects
    const path = object?.path ?? ''
    const report = plain.files.get(path) ?? new Uint8Array()
    const folder = new Map([
      [path, report],
      [`${path}.receipt.json`, bytesOf(packSidecar(plain.receipt))],
    ])
    expect(await firstBad(folder)).toBeNull()
    expect(await firstBad(new Map([...plain.files, ...folder]))).toBeNull()
    expect(await firstBad(changed(plain.files, { 'evidence-key.pem': pem }))).toBeNull()
    expect(await firstBad(plain.files, [otherPem, pem])).toBeNull()
    expect(await firstBad(bag.files, [pem, otherPem])).toBeNull()
  })

  test('is the same bytes every time it is built', async () => {
    const again = await sampleBag(key)
    expect([...again.files]).toEqual([...bag.files])
  })

  test('hashes large files as a stream when the reader can', async () => {
    const { files } = bag
    const read: string[] = []
    const verdict = await verifyPackage(
      {
        list: () => [...files.keys()],
        read: (path) => {
          read.push(path)
          return files.get(path) ?? null
        },
        hash: async (path) => {
          const bytes = files.get(path) ?? new Uint8Array()
          return { sha256: sha256(bytes), sizeBytes: bytes.length }
        },
      },
      pem,
    )
    expect(verdict.ok).toBe(true)
    expect(read.filter((path) => path.startsWith('data/'))).toEqual([])
  })
})

describe('a package that was tampered with', () => {
  test('is refused for every flipped bit of a sample over all files', async () => {
    for (const { files } of [plain, bag]) {
      const bits = [...files].flatMap(([path, bytes]) =>
        // Every bit of the small files, and a stride over the longer ones, prime so that all bit places are met.
        Array.from({ length: Math.min(bytes.length * 8, 61) }, (_, nth) => ({
          path,
          bit:
            bytes.length * 8 <= 61 ? nth : (nth * Math.floor((bytes.length * 8) / 61) + (nth % 8)) % (bytes.length * 8),
        })),
      )
      expect(bits.length).toBeGreaterThan(500)
      for (const { path, bit } of bits) {
        const verdict = await verifyPackage(sourceOf(new Map([...files, [path, flip(files.get(path), bit)]])), pem)
        if (verdict.ok) expect.fail(`bit ${bit} of ${path} was flipped and not noticed`)
      }
    }
  })

  test('is refused for random cuts, insertions and swaps', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...plain.files.keys()),
        fc.nat(),
        fc.uint8Array({ maxLength: 4 }),
        fc.integer({ min: 0, max: 5 }),
        async (path, at, inserted, cut) => {
          const bytes = plain.files.get(path) ?? new Uint8Array()
          const place = at % (bytes.length + 1)
          const mutant = Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place + cut)])
          fc.pre(!mutant.equals(bytes))
          expect(await firstBad(changed(plain.files, { [path]: new Uint8Array(mutant) }))).not.toBeNull()
        },
      ),
      { numRuns: 500 },
    )
  })

  test('is refused when any file is missing, whichever it is', async () => {
    for (const { files } of [plain, bag]) {
      for (const path of files.keys()) expect(await firstBad(changed(files, { [path]: null }))).not.toBeNull()
    }
  })

  test('is refused when a file was added', async () => {
    expect(await firstBad(changed(bag.files, { 'data/more.csv': 'x' }))).toBe('payload-set')
    expect(await firstBad(changed(bag.files, { 'notes.txt': 'x' }))).toBe('payload-set')
    expect(await firstBad(changed(plain.files, { 'more.csv': 'x' }))).toBe('payload-set')
    expect(await firstBad(changed(plain.files, { 'x.receipt.json': packSidecar(plain.receipt) }))).toBe('payload-set')
  })

  test('names what was changed', async () => {
    const { files } = bag
    expect(await firstBad(changed(files, { 'data/controls.csv': 'forged' }))).toBe('payload')
    expect(await firstBad(changed(files, { 'bag-info.txt': 'forged' }))).toBe('tags')
    expect(await firstBad(changed(files, { 'VERIFY.md': 'trust us' }))).toBe('tags')
    expect(await firstBad(changed(files, { 'manifest-sha256.txt': '' }))).toBe('manifest')
    expect(await firstBad(changed(files, { 'receipt.sig': new Uint8Array(64) }))).toBe('signature')
    expect(await firstBad(changed(files, { 'receipt.dsse.json': '{}' }))).toBe('envelope')
    expect(await firstBad(changed(files, { checkpoint: 'forged' }))).toBe('checkpoint')
    expect(await firstBad(changed(files, { 'receipt.entry.json': '{}' }))).toBe('inclusion')
  })

  test('is refused with the hash and size of the report forged everywhere but in what was signed', async () => {
    const [path, forged] = ['dlv_01-0a1b.csv', bytesOf('control,state\nAC-1,MET\n')]
    const manifest = `${sha256(forged)}  ${path}\n`
    expect(await firstBad(changed(plain.files, { [path]: forged, 'manifest-sha256.txt': manifest }))).toBe('manifest')
  })

  test('is refused when it was signed again with another key', async () => {
    expect(await firstBad((await samplePlainPackage(otherKey)).files)).toBe('signature')
    expect(await firstBad((await sampleBag(otherKey)).files)).toBe('signature')
    const withKey = changed((await sampleBag(otherKey)).files, { 'evidence-key.pem': otherPem })
    expect(await firstBad(withKey)).toBe('files')
  })

  test('is refused when only the log, or only the receipt, is of the pinned key', async () => {
    const { facts } = plain
    const ourReceipt = buildReceipt(facts, await proofFor(facts, otherKey), key.privateKey)
    const ourLog = buildReceipt(facts, await proofFor(facts, key), otherKey.privateKey)
    const withReceipt = (receipt: typeof ourReceipt) =>
      new Map([...plain.files, ...receipt.map(({ path, bytes }) => [path, bytes] as const)])
    expect(await firstBad(withReceipt(ourReceipt))).toBe('checkpoint')
    expect(await firstBad(withReceipt(ourLog))).toBe('signature')
  })

  test('is refused when the parts come from two packages', async () => {
    const other = { ...plain.facts, delivery: 'dlv_2' }
    const receipt = buildReceipt(other, await proofFor(other, key), key.privateKey)
    for (const { path, bytes } of receipt) {
      const isSame = Buffer.from(bytes).equals(plain.files.get(path) ?? new Uint8Array())
      if (!isSame) expect(await firstBad(changed(plain.files, { [path]: bytes }))).not.toBeNull()
    }
  })
})

describe('a package that the pinned key signed wrongly', () => {
  type Predicate = {
    period: string
    log: { seq: number; treeSize: number; rootHash: string }
    tags: { path: string; sha256: string }[]
    objects: { path: string; sizeBytes: number }[]
    more?: string
  }
  type Statement = { subject: { digest: { sha256: string } }[]; predicate: Predicate }

  /** Signs the receipt of a bag again, with our own key, after its statement was changed. */
  function signedAgain(change: (statement: Statement) => void, files = bag.files): Map<string, Uint8Array> {
    const envelope = parseEnvelope(textOf(files, 'receipt.dsse.json'))
    const statement: Statement = JSON.parse(Buffer.from(envelope?.payload ?? []).toString())
    change(statement)
    const payload = bytesOf(canonicalJson(statement))
    const signed = preAuthenticationEncoding(statementType, payload)
    const signature = new Uint8Array(sign(null, signed, key.privateKey))
    return changed(files, {
      'receipt.dsse.json': writeEnvelope({ payload, keyId: evidenceKeyId(key.publicKey), signature }),
      'receipt.signed': signed,
      'receipt.sig': signature,
    })
  }

  test('passes when nothing was changed: the ground of the tests below', async () => {
    expect(await firstBad(signedAgain(() => undefined))).toBeNull()
  })

  test.each<[string, string, (statement: Statement) => void]>([
    ['statement', 'subjects that are not the objects', ({ subject }) => subject.pop()],
    ['statement', 'a member that nobody knows', ({ predicate }) => Object.assign(predicate, { more: 'x' })],
    ['statement', 'a size below zero', ({ predicate }) => Object.assign(predicate.objects[0] ?? {}, { sizeBytes: -1 })],
    ['checkpoint', 'another tree size', ({ predicate }) => Object.assign(predicate.log, { treeSize: 8 })],
    [
      'checkpoint',
      'another root',
      ({ predicate }) => Object.assign(predicate.log, { rootHash: toBase64(new Uint8Array(32)) }),
    ],
    ['inclusion', 'another place', ({ predicate }) => Object.assign(predicate.log, { seq: 4 })],
    ['entry', 'another period than its entry', ({ predicate }) => Object.assign(predicate, { period: '2026-11' })],
    ['tags', 'fewer tag files', ({ predicate }) => predicate.tags.pop()],
    [
      'tags',
      'a tag file by another hash',
      ({ predicate }) => Object.assign(predicate.tags[1] ?? {}, { sha256: '0'.repeat(64) }),
    ],
  ])('fails at %s for %s', async (id, _, change) => {
    expect(await firstBad(signedAgain(change))).toBe(id)
  })

  test.each([
    ['bagit.txt', 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n'],
    ['tagmanifest-sha256.txt', ''],
  ])('fails when %s is signed but not that of a bag', async (path, text) => {
    const forged = changed(bag.files, { [path]: text })
    const files = signedAgain(({ predicate }) => {
      const tag = predicate.tags.find((one) => one.path === path)
      Object.assign(tag ?? {}, { sha256: sha256(bytesOf(text)) })
    }, forged)
    expect(await firstBad(files)).toBe('tags')
  })

  test('fails when the receipt and the entry agree on a size that the file has not', async () => {
    const objects = plain.facts.objects.map((object) => ({ ...object, sizeBytes: object.sizeBytes + 1 }))
    const facts = { ...plain.facts, objects }
    const receipt = buildReceipt(facts, await proofFor(facts, key), key.privateKey)
    const files = new Map([...plain.files, ...receipt.map(({ path, bytes }) => [path, bytes] as const)])
    expect(await firstBad(files)).toBe('payload')
  })

  test('fails when its proof carries extra data, which nobody signs', async () => {
    const proof = parseTlogProof(textOf(bag.files, 'receipt.tlog-proof'))
    if (!proof.ok) expect.fail('the sample has no proof')
    const extra = writeTlogProof({ ...proof.value, extra: Uint8Array.of(1) })
    expect(await firstBad(changed(bag.files, { 'receipt.tlog-proof': extra }))).toBe('inclusion')
  })
})

describe('a hostile package', () => {
  test.each([
    ['a path that leaves', ['../checkpoint']],
    ['an absolute path', ['/etc/passwd']],
    ['a path with a newline', ['a\nb']],
    ['a path listed twice', ['checkpoint', 'checkpoint']],
    ['two receipts', ['a.receipt.json', 'b.receipt.json']],
    ['more files than any package', Array.from({ length: 20_000 }, (_, index) => `f${index}`)],
    ['nothing in it', []],
  ])('with %s is refused by its listing, unread', async (_, paths) => {
    let reads = 0
    const read = () => {
      reads++
      return null
    }
    const verdict = await verifyPackage({ list: () => paths, read }, pem)
    expect(verdict.checks.map(({ id, ok }) => [id, ok])).toEqual([
      ['key', true],
      ['files', false],
    ])
    expect(reads).toBe(0)
  })

  test('that can not be listed or read fails a check and rejects nothing', async () => {
    const broken = async (): Promise<never> => {
      throw new Error('EIO at a path that nobody should see')
    }
    const unlistable = await verifyPackage({ list: broken, read: () => null }, pem)
    const unreadable = await verifyPackage({ list: () => [...bag.files.keys()], read: broken }, pem)
    for (const verdict of [unlistable, unreadable]) {
      expect(verdict.ok).toBe(false)
      expect(JSON.stringify(verdict)).not.toContain('EIO')
    }
  })

  test('can not make the reader swallow a huge file', async () => {
    const huge = new Uint8Array(33 * 1024 * 1024)
    for (const path of ['checkpoint', 'receipt.signed', 'receipt.tlog-proof']) {
      expect(await firstBad(changed(bag.files, { [path]: huge }))).not.toBeNull()
    }
  })

  test('of arbitrary bytes never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bag.files.keys()), fc.uint8Array({ maxLength: 300 }), async (path, bytes) => {
        fc.pre(!Buffer.from(bytes).equals(bag.files.get(path) ?? new Uint8Array()))
        expect(await firstBad(changed(bag.files, { [path]: bytes }))).not.toBeNull()
      }),
      { numRuns: 200 },
    )
  })

  test('does not write its own lines into the verdict', async () => {
    const verdict = await verifyPackage({ list: () => ['a\n\u001b[2J`ok`\u202e'], read: () => null }, pem)
    expect(verdict.checks.at(-1)?.detail).toBe('`a??[2J?ok??` is not a safe path')
  })

  test.each([['', 'hello', exportPrivateKeyPem(key.privateKey).reveal()]])(
    'is not measured with %j for a key',
    async (text) => {
      const verdict = await verifyPackage(sourceOf(plain.files), text)
      expect(verdict).toMatchObject({ ok: false, checks: [{ id: 'key', ok: false }] })
      expect((await verifyPackage(sourceOf(plain.files), [])).ok).toBe(false)
    },
  )
})

function flip(bytes: Uint8Array | undefined, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes ?? [])
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
