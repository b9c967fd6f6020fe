/** Receipts and their sidecars: what they say, and what they can not be made to say. */
import { beforeAll, describe, expect, test } from 'vitest'
import { toBase64 } from './base64.ts'
import { canonicalJson } from './canonical-json.ts'
import { buildReceipt } from './receipt.ts'
import { deliveredEntry } from './receipt-statement.ts'
import { packSidecar, packSidecarLines, packSidecarOctets, unpackSidecar } from './sidecar.ts'
import { MemoryLogStore } from './testing/memory-log-store.ts'
import type { SamplePackage } from './testing/sample-package.ts'
import {
  bytesOf,
  logOf,
  proofFor,
  sampleBag,
  sampleFacts,
  sampleKey,
  samplePlainPackage,
} from './testing/sample-package.ts'
import { changed, firstBad, textOf } from './testing/tampered.ts'

const [key, _otherKey] = [sampleKey(1), sampleKey(2)]

let plain: SamplePackage
let bag: SamplePackage
beforeAll(async () => {
  plain = await samplePlainPackage(key)
  bag = await sampleBag(key)
})

describe('a receipt', () => {
  test('is an in-toto statement in DSSE, whose subjects are the objects', () => {
    const envelope = JSON.parse(textOf(bag.files, 'receipt.dsse.json'))
    expect(envelope.payloadType).toBe('application/vnd.in-toto+json')
    const payload = Buffer.from(envelope.payload, 'base64').toString()
    expect(textOf(bag.files, 'receipt.signed')).toBe(
      `DSSEv1 28 application/vnd.in-toto+json ${Buffer.byteLength(payload)} ${payload}`,
    )
    const statement = JSON.parse(payload)
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://drawbridge.dev/receipt/v1',
      subject: bag.facts.objects.map(({ key: objectKey, sha256: hash }) => ({
        name: `s3://customer-exports/${objectKey}`,
        digest: { sha256: hash },
      })),
      predicate: { delivery: bag.facts.delivery, log: { origin: 'drawbridge.example/acme', seq: 5, treeSize: 9 } },
    })
    expect(statement.predicate.tags.map((tag: { path: string }) => tag.path)).toEqual([
      'bagit.txt',
      'bag-info.txt',
      'manifest-sha256.txt',
      'tagmanifest-sha256.txt',
      'VERIFY.md',
    ])
  })

  test('percent-encodes keys in a URL', async () => {
    const { facts } = plain
    const azure = { ...facts, target: { service: 'azblob', location: 'https://acct.blob.core.windows.net/box' } }
    const objects = facts.objects.map((object) => ({ ...object, key: 'a b/ü.csv' }))
    const receipt = buildReceipt({ ...azure, objects }, await proofFor({ ...azure, objects }, key), key.privateKey)
    const signed = receipt.find(({ path }) => path === 'receipt.signed')
    expect(Buffer.from(signed?.bytes ?? []).toString()).toContain(
      '"name":"https://acct.blob.core.windows.net/box/a%20b/%C3%BC.csv"',
    )
  })

  test('may belong to an entry that says less or more, but not to one that contradicts it', async () => {
    const { facts } = plain
    const full = deliveredEntry(facts)
    const bare = facts.objects.map(({ key: objectKey, sizeBytes, sha256: hash }) => ({
      key: objectKey,
      sizeBytes,
      sha256: hash,
    }))
    const proofOf = async (entry: Partial<typeof full>) => {
      const store = new MemoryLogStore()
      return logOf(store, key).proofOf('acme', store.add('acme', { ...full, ...entry }))
    }
    const build = async (entry: Partial<typeof full>) => buildReceipt(facts, await proofOf(entry), key.privateKey)
    const files = await build({ fields: { objects: [...bare, { key: 'bagit.txt' }], connection: 'acme-exports' } })
    const packed = new Map([...plain.files, ...files.map(({ path, bytes }) => [path, bytes] as const)])
    expect(await firstBad(packed)).toBeNull()
    await expect(build({ fields: {} })).rejects.toThrow(TypeError)
    await expect(build({ fields: { objects: [] } })).rejects.toThrow(TypeError)
    await expect(build({ fields: { objects: [{ ...bare[0], sha256: '0'.repeat(64) }] } })).rejects.toThrow(TypeError)
    await expect(build({ fields: { objects: bare, period: '2026-11' } })).rejects.toThrow(TypeError)
    await expect(build({ actor: 'operator:local' })).rejects.toThrow(TypeError)
    await expect(build({ subject: 'dlv_2' })).rejects.toThrow(TypeError)
    await expect(build({ action: 'delivery.accepted' })).rejects.toThrow(TypeError)
  })

  test.each([
    ['no object', []],
    ['two plain names', ['a.csv', 'b.csv']],
    ['a mixture', ['data/a.csv', 'b.csv']],
    ['a folder that is not data', ['x/a.csv']],
    ['a path that leaves', ['data/../a']],
    ['a name that the evidence needs', ['checkpoint']],
    ['the same in another case', ['verify.MD']],
    ['the name of the key', ['evidence-key.pem']],
    ['the name of a sidecar', ['a.receipt.json']],
    ['the same path twice', ['data/a', 'data/A']],
  ])('is not built for %s', async (_, paths) => {
    const facts = sampleFacts(paths.map((path, at) => ({ path, key: `k${at}`, sizeBytes: 1, sha256: 'a'.repeat(64) })))
    await expect(proofFor(facts, key).then((proof) => buildReceipt(facts, proof, key.privateKey))).rejects.toThrow(
      TypeError,
    )
  })
})

describe('a sidecar', () => {
  test('holds every file of the receipt, byte for byte', () => {
    const text = packSidecar(plain.receipt)
    const files = unpackSidecar(text)
    const byPath = (receipt: typeof plain.receipt) =>
      Object.fromEntries(receipt.map((file) => [file.path, toBase64(file.bytes)]))
    expect(files.ok && byPath(files.value)).toEqual(byPath(plain.receipt))
    expect(JSON.parse(text).files['receipt.entry.json'].text).toBe(textOf(plain.files, 'receipt.entry.json'))
  })

  test('is the same in octets, whatever bytes it holds', () => {
    const odd = [
      '\u2014 \u{1f5dd} \u0080\u00ff "\\\n',
      Uint8Array.of(0xff, 0x00),
      Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
    ]
    const receipt = plain.receipt.map((file, at) => {
      const given = odd[at]
      return given === undefined ? file : { ...file, bytes: typeof given === 'string' ? bytesOf(given) : given }
    })
    const text = packSidecar(receipt)
    expect(text).toContain('\u2014 \u{1f5dd} \u0080\u00ff \\"\\\\\\n')
    expect(Buffer.from(packSidecarOctets(receipt), 'latin1')).toEqual(Buffer.from(text))
    const line = JSON.stringify({ key: 'audit/\u00fc "a".csv', receipt: text })
    const lines = packSidecarLines([{ key: 'audit/\u00fc "a".csv', files: receipt }])
    expect(Buffer.from(lines).toString()).toBe(`${line}\n`)
    expect(unpackSidecar(text)).toEqual({ ok: true, value: expect.arrayContaining(receipt) })
  })

  test('is the same whether its files were just made or come from elsewhere, one after another', async () => {
    const later = { ...plain.facts, report: 'r\u00e9sum\u00e9 \u2014 "1"', period: '2026-11' }
    const other = buildReceipt(later, await proofFor(later, key), key.privateKey)
    for (const made of [plain.receipt, other, plain.receipt]) {
      const read = made.map(({ path, role, bytes }) => ({ path, role, bytes: new Uint8Array(bytes) }))
      expect(packSidecar(made)).toBe(packSidecar(read))
      const lines = [made, read].map((files) => ({ key: 'a.csv', files }))
      const line = `${JSON.stringify({ key: 'a.csv', receipt: packSidecar(read) })}\n`
      expect(Buffer.from(packSidecarLines(lines)).toString()).toBe(line + line)
      const members = [...read]
        .sort((a, b) => (a.path < b.path ? -1 : 1))
        .map(({ path, bytes }) => {
          const file = Buffer.from(bytes)
          return [path, path === 'receipt.sig' ? { base64: file.toString('base64') } : { text: file.toString() }]
        })
      const format = 'https://drawbridge.dev/receipt-sidecar/v1'
      expect(packSidecar(made)).toBe(`${JSON.stringify({ files: Object.fromEntries(members), format }, null, 2)}\n`)
    }
  })

  test('does not hold the receipt of a bag', () => {
    expect(() => packSidecar(bag.receipt)).toThrow(TypeError)
    expect(() => packSidecarLines([{ key: 'a.csv', files: bag.receipt }])).toThrow(TypeError)
    expect(() => packSidecar([...plain.receipt, ...plain.receipt.slice(0, 1)])).toThrow(TypeError)
  })

  test.each([
    ['no JSON', () => '{'],
    ['another format', (text: string) => text.replace('sidecar/v1', 'sidecar/v2')],
    ['other white space', (text: string) => canonicalJson(JSON.parse(text))],
    ['a missing file', (text: string) => text.replace('"checkpoint"', '"checkpoints"')],
    ['a file that leaves', (text: string) => text.replace('"checkpoint"', '"../checkpoint"')],
    ['a file more', (text: string) => text.replace('"files": {', '"files": {\n    "a": {\n      "text": ""\n    },')],
    ['text as base64', (text: string) => text.replace('"text"', '"base64"')],
    ['too much of it', (text: string) => text + ' '.repeat(9_000_000)],
  ])('with %s is refused', (_, spoil) => {
    expect(unpackSidecar(spoil(packSidecar(plain.receipt)))).toEqual({ ok: false, error: 'malformed' })
  })

  test('that contradicts the files beside it is refused', async () => {
    const other = { ...plain.facts, period: '2026-11' }
    const receipt = buildReceipt(other, await proofFor(other, key), key.privateKey)
    const [object] = plain.facts.objects
    const beside = changed(plain.files, { [`${object?.path}.receipt.json`]: packSidecar(receipt) })
    expect(await firstBad(beside)).toBe('files')
  })
})
