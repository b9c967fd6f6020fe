/**
 * Signed notes (C2SP signed-note) with Ed25519 signatures, type 0x01: a text, a blank line, and a line per signature.
 * What the text says is not looked at here; `checkpoint.ts` does.
 */
import type { KeyObject } from 'node:crypto'
import { createHash, sign, verify } from 'node:crypto'
import type { Result } from '../base/index.ts'
import { err, ok } from '../base/index.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { publicHalf, publicKeyFromRaw, rawPublicKey } from './evidence-key.ts'

/** One line beneath a note. */
export interface NoteSignature {
  readonly name: string
  /** Eight lower-case hex digits. */
  readonly keyId: string
  readonly signature: Uint8Array
}

/** A note that was taken apart. Nothing is verified yet. */
export interface SignedNote {
  /** With its last newline; the bytes that are signed. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A key that a reader trusts, under the name that it signs with. */
export interface NoteVerifier {
  readonly name: string
  readonly publicKey: KeyObject
}

/** `malformed`: not a note. `unsigned`: no signature of a trusted key. `forged`: a trusted key's signature is wrong. */
export type NoteProblem = 'malformed' | 'unsigned' | 'forged'

const ed25519Type = 1
const maximumNoteLength = 64 * 1024
const maximumSignatures = 32
const controlCharacter = /[^\P{Cc}\n]/u

/** Tells whether a key may have this name: not empty, without Unicode spaces, plus signs and control characters. */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\s\p{White_Space}\p{Cc}+]/u.test(name)
}

/** Computes the key ID: the first four bytes, as hex, of SHA-256 over name, newline, type 0x01 and the public key. */
export function noteKeyId(name: string, key: KeyObject): string {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Uint8Array.of(ed25519Type))
    .update(rawPublicKey(key))
    .digest('hex')
    .slice(0, 8)
}

/** Writes the verifier key as other implementations take it: `<name>+<key ID>+<base64 of type and public key>`. */
export function verifierKey(name: string, key: KeyObject): string {
  if (!isKeyName(name)) throw new TypeError(`\`${name}\` can not be the name of a key`)
  return `${name}+${noteKeyId(name, key)}+${toBase64(Uint8Array.of(ed25519Type, ...rawPublicKey(key)))}`
}

/** Reads a verifier key. */
export function parseVerifierKey(text: string): Result<NoteVerifier, 'malformed' | 'not-ed25519'> {
  const parts = /^([^+]{1,512})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,4096})$/u.exec(text)
  const [, name, keyId, base64] = parts ?? []
  if (name === undefined || keyId === undefined || base64 === undefined || !isKeyName(name)) return err('malformed')
  const bytes = fromBase64(base64)
  if (bytes === null) return err('malformed')
  if (bytes[0] !== ed25519Type || bytes.length !== 33) return err('not-ed25519')
  const publicKey = publicKeyFromRaw(bytes.subarray(1))
  return noteKeyId(name, publicKey) === keyId ? ok({ name, publicKey }) : err('malformed')
}

/**
 * Signs a text with every signer, in that order, all of them under one name.
 *
 * @throws TypeError when the text does not end in a newline or holds other control characters, or the name is unusable.
 */
export function signNote(text: string, name: string, signers: readonly KeyObject[]): string {
  if (!isNoteText(text)) throw new TypeError('the text of a note ends in a newline and has no other control character')
  if (!isKeyName(name)) throw new TypeError(`\`${name}\` can not be the name of a key`)
  if (signers.length === 0) throw new TypeError('a note needs a signer')
  const lines = signers.map((signer) => {
    const signature = sign(null, Buffer.from(text), signer)
    return `— ${name} ${toBase64(Buffer.concat([Buffer.from(noteKeyId(name, signer), 'hex'), signature]))}\n`
  })
  return `${text}\n${lines.join('')}`
}

/** Takes a note apart. The text must not be believed before `verifyNote` said so. */
export function parseNote(note: string): Result<SignedNote, 'malformed'> {
  if (note.length > maximumNoteLength || !isNoteText(note)) return err('malformed')
  const split = note.lastIndexOf('\n\n')
  if (split < 0) return err('malformed')
  const text = note.slice(0, split + 1)
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > maximumSignatures) return err('malformed')
  const signatures: NoteSignature[] = []
  for (const line of lines) {
    const signature = parseSignatureLine(line)
    if (signature === null) return err('malformed')
    signatures.push(signature)
  }
  return ok({ text, signatures })
}

/**
 * Verifies a note: every signature of a trusted key must be right, and there must be one. Signatures of other keys are
 * ignored, so that witnesses and rotated keys can sign too. Answers which of the verifiers signed.
 */
export function verifyNote(note: SignedNote, verifiers: readonly NoteVerifier[]): Result<NoteVerifier[], NoteProblem> {
  const text = Buffer.from(note.text)
  const signedBy = new Set<NoteVerifier>()
  for (const { name, keyId, signature } of note.signatures) {
    const verifier = verifiers.find((one) => one.name === name && noteKeyId(one.name, one.publicKey) === keyId)
    if (verifier === undefined) continue
    if (!verify(null, text, publicHalf(verifier.publicKey), signature)) return err('forged')
    signedBy.add(verifier)
  }
  return signedBy.size > 0 ? ok([...signedBy]) : err('unsigned')
}

function parseSignatureLine(line: string): NoteSignature | null {
  const [dash, name, base64, ...rest] = line.split(' ')
  if (dash !== '—' || name === undefined || base64 === undefined || rest.length > 0 || !isKeyName(name)) return null
  const bytes = fromBase64(base64)
  if (bytes === null || bytes.length < 5) return null
  return { name, keyId: Buffer.from(bytes.subarray(0, 4)).toString('hex'), signature: bytes.subarray(4) }
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && text.isWellFormed() && !controlCharacter.test(text)
}
