/** Signed notes and checkpoints, as the C2SP specifications have them. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Secret } from '../base/index.ts'
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import {
  evidenceKeyId,
  exportPrivateKeyPem,
  exportPublicKeyPem,
  generateEvidenceKey,
  importPrivateKeyPem,
  importPublicKeyPem,
} from './evidence-key.ts'
import { noteKeyId, parseNote, parseVerifierKey, signNote, verifierKey, verifyNote } from './signed-note.ts'
import { sampleKey } from './testing/sample-package.ts'
import { parseTlogProof, writeTlogProof } from './tlog-proof.ts'

const [key, otherKey] = [sampleKey(1), sampleKey(2)]
const origin = 'drawbridge.example/acme'
const root = new Uint8Array(32).fill(7)
const head = { origin, treeSize: 42, rootHash: root }

describe('signed notes', () => {
  // The note and the key with which Go's golang.org/x/mod/sumdb/note shows the format.
  const known = {
    key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    note:
      'If you think cryptography is the answer to your problem,\n' +
      "then you don't know what your problem is.\n\n" +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
  }

  test('are read and verified as other implementations write them', () => {
    const verifier = parseVerifierKey(known.key)
    const note = parseNote(known.note)
    expect(verifier.ok && note.ok && verifyNote(note.value, [verifier.value]).ok).toBe(true)
    const changed = parseNote(known.note.replace('answer', 'anzwer'))
    expect(verifier.ok && changed.ok && verifyNote(changed.value, [verifier.value])).toEqual({
      ok: false,
      error: 'forged',
    })
  })

  test('give the Go checksum database the key ID that it has', () => {
    const text = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'
    const verifier = parseVerifierKey(text)
    expect(verifier.ok && verifierKey(verifier.value.name, verifier.value.publicKey)).toBe(text)
    expect(verifier.ok && noteKeyId(verifier.value.name, verifier.value.publicKey)).toBe('033de0ae')
    expect(parseVerifierKey(text.replace('033de0ae', '033de0af')).ok).toBe(false)
    expect(parseVerifierKey(text.replace('sum.', 'sun.')).ok).toBe(false)
  })

  test('ignore unknown signatures and refuse a wrong one of a known key', () => {
    const signed = signNote('text\n', 'a.example', [key.privateKey, otherKey.privateKey])
    const note = parseNote(signed)
    const verifier = { name: 'a.example', publicKey: otherKey.publicKey }
    expect(note.ok && verifyNote(note.value, [verifier])).toEqual({ ok: true, value: [verifier] })
    expect(note.ok && verifyNote(note.value, [{ ...verifier, name: 'b.example' }])).toEqual({
      ok: false,
      error: 'unsigned',
    })
    const forged = parseNote(signed.replace('text', 'test'))
    expect(forged.ok && verifyNote(forged.value, [verifier])).toEqual({ ok: false, error: 'forged' })
  })

  test.each([
    ['no blank line', 'text\n— a AAAAAAAA\n'],
    ['no signature', 'text\n\n'],
    ['no last newline', 'text\n\n— a AAAAAAAA'],
    ['a control character', 'te\rxt\n\n— a AAAAAAAA\n'],
    ['a hyphen for the dash', 'text\n\n- a AAAAAAAA\n'],
    ['a short signature', 'text\n\n— a AAAAAA==\n'],
    ['loose base64', 'text\n\n— a AAAAAAB=\n'],
    ['a plus in the name', 'text\n\n— a+b AAAAAAAA\n'],
    ['a fourth word', 'text\n\n— a AAAAAAAA b\n'],
    ['too many signatures', `text\n\n${'— a AAAAAAAA\n'.repeat(33)}`],
    ['too much text', `${'x'.repeat(70_000)}\n\n— a AAAAAAAA\n`],
  ])('with %s are refused', (_, note) => {
    expect(parseNote(note)).toEqual({ ok: false, error: 'malformed' })
  })

  test('may carry sixteen signatures', () => {
    expect(parseNote(`text\n\n${'— a AAAAAAAA\n'.repeat(16)}`).ok).toBe(true)
  })
})

describe('checkpoints', () => {
  test('have the three lines of C2SP, and read back', () => {
    const note = signCheckpoint(head, key.privateKey)
    expect(note).toMatch(
      /^drawbridge\.example\/acme\n42\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n— drawbridge\.example\/acme \S+\n$/u,
    )
    const verified = verifyCheckpoint(note, [key.publicKey], origin)
    expect(verified.ok && { ...verified.value, note: undefined, signedBy: undefined }).toMatchObject(head)
  })

  test('are believed only from a trusted key, and for the origin asked for', () => {
    const note = signCheckpoint(head, key.privateKey)
    expect(verifyCheckpoint(note, [otherKey.publicKey])).toEqual({ ok: false, error: 'unsigned' })
    expect(verifyCheckpoint(note, [key.publicKey], 'drawbridge.example/other')).toEqual({
      ok: false,
      error: 'wrong-origin',
    })
    expect(verifyCheckpoint(note.replace('42', '43'), [key.publicKey])).toEqual({ ok: false, error: 'forged' })
  })

  test('tell which of several trusted keys signed', () => {
    const note = signCheckpoint(head, key.privateKey, otherKey.privateKey)
    const verified = verifyCheckpoint(note, [otherKey.publicKey, sampleKey(3).publicKey])
    expect(verified.ok && verified.value.signedBy).toEqual([otherKey.publicKey])
  })

  test.each([
    ['a leading zero', ['042', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=']],
    ['a sign', ['+42', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=']],
    ['too large a size', ['9007199254740993', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=']],
    ['a short hash', ['42', 'BwcH']],
    ['loose base64', ['42', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd=']],
    ['no hash', ['42']],
    ['an empty extension', ['42', 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=', '', 'x']],
  ])('with %s are refused', (_, lines) => {
    const note = signNote(`${[origin, ...lines].join('\n')}\n`, origin, [key.privateKey])
    expect(parseCheckpoint(note)).toEqual({ ok: false, error: 'malformed' })
  })

  test('are not made of nonsense', () => {
    expect(() => signCheckpoint({ ...head, origin: 'a b' }, key.privateKey)).toThrow(TypeError)
    expect(() => signCheckpoint({ ...head, treeSize: -1 }, key.privateKey)).toThrow(TypeError)
    expect(() => signCheckpoint({ ...head, rootHash: root.subarray(1) }, key.privateKey)).toThrow(TypeError)
    expect(() => signCheckpoint(head)).toThrow(TypeError)
  })
})

describe('tlog-proof files', () => {
  const checkpoint = signCheckpoint(head, key.privateKey)

  test('have the lines of C2SP', () => {
    const text = writeTlogProof({ index: 5, hashes: [root], checkpoint, extra: Uint8Array.of(1) })
    const expected = `c2sp.org/tlog-proof@v1\nextra AQ==\nindex 5\n${Buffer.from(root).toString('base64')}\n\n${checkpoint}`
    expect(text).toBe(expected)
    expect(parseTlogProof(text)).toEqual({
      ok: true,
      value: { index: 5, hashes: [root], checkpoint, extra: Uint8Array.of(1) },
    })
  })

  test('may have no hashes, for a tree of one', () => {
    const text = writeTlogProof({ index: 0, hashes: [], checkpoint })
    expect(parseTlogProof(text)).toEqual({ ok: true, value: { index: 0, hashes: [], checkpoint } })
  })

  test.each([
    ['another header', (text: string) => text.replace('@v1', '@v2')],
    ['no index', (text: string) => text.replace('index 5\n', '')],
    ['a padded index', (text: string) => text.replace('index 5', 'index 05')],
    ['a short hash', (text: string) => text.replace('BwcHBwcH', 'BwcH')],
    [
      'fifty-three hashes',
      (text: string) => text.replace('index 5\n', `index 5\n${`${'A'.repeat(43)}=\n`.repeat(52)}`),
    ],
    ['no checkpoint', (text: string) => text.slice(0, text.indexOf('\n\n') + 2)],
    ['loose extra data', (text: string) => text.replace('index 5', 'extra !\nindex 5')],
  ])('with %s are refused', (_, spoil) => {
    const text = writeTlogProof({ index: 5, hashes: [root], checkpoint })
    expect(parseTlogProof(spoil(text))).toEqual({ ok: false, error: 'malformed' })
  })
})

describe('evidence keys', () => {
  test('are those of RFC 8032 section 7.1, test 1', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    const { publicKey } = generateEvidenceKey({ bytes: () => new Uint8Array(seed) })
    const raw = publicKey.export({ format: 'jwk' }).x
    expect(raw).toBe('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo')
  })

  test('survive PEM, and keep their name', () => {
    const made = generateEvidenceKey()
    const secret = exportPrivateKeyPem(made.privateKey)
    const back = importPrivateKeyPem(secret)
    expect(String(secret)).toBe('[redacted]')
    expect(back.ok && evidenceKeyId(back.value.privateKey)).toBe(evidenceKeyId(made.publicKey))
    const pem = exportPublicKeyPem(made.privateKey)
    const publicKey = importPublicKeyPem(pem)
    expect(publicKey.ok && exportPublicKeyPem(publicKey.value)).toBe(pem)
    expect(pem).not.toContain('PRIVATE')
  })

  test('of other kinds, or no keys at all, are refused', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const rsaPem = String(rsa.publicKey.export({ format: 'pem', type: 'spki' }))
    expect(importPublicKeyPem(rsaPem)).toEqual({ ok: false, error: 'not-ed25519' })
    expect(importPublicKeyPem(exportPrivateKeyPem(key.privateKey).reveal())).toEqual({ ok: false, error: 'not-pem' })
    for (const text of ['', 'hello', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n']) {
      expect(importPublicKeyPem(text)).toEqual({ ok: false, error: 'not-pem' })
    }
    expect(importPrivateKeyPem(new Secret(exportPublicKeyPem(key.publicKey)))).toEqual({ ok: false, error: 'not-pem' })
    expect(() => evidenceKeyId(rsa.publicKey)).toThrow(TypeError)
  })
})
