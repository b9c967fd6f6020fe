/** The Ed25519 key that signs checkpoints and receipts: made, written as PEM, read back, named. Where it is kept is not decided here. */
import type { KeyObject } from 'node:crypto'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { Random, Result } from '../base/index.ts'
import { err, ok, Secret, systemRandom } from '../base/index.ts'

/** Both halves of an evidence key. */
export interface EvidenceKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** Why a text is no key: not PEM of that kind, or a key of another algorithm. */
export type KeyProblem = 'not-pem' | 'not-ed25519'

const maximumPemLength = 4096

/** What stands before the 32-byte seed in the PKCS #8 form of every Ed25519 key (RFC 8410 section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Makes an Ed25519 key from 32 random bytes. */
export function generateEvidenceKey(random: Random = systemRandom): EvidenceKey {
  const der = Buffer.concat([pkcs8Prefix, random.bytes(32)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

/** Writes the private half as PKCS #8 PEM. */
export function exportPrivateKeyPem(privateKey: KeyObject): Secret {
  return new Secret(String(ed25519(privateKey, 'private').export({ format: 'pem', type: 'pkcs8' })))
}

/** Writes the public half as SPKI PEM; of a private key, its public half. This is what the set-up kit carries. */
export function exportPublicKeyPem(key: KeyObject): string {
  return String(publicHalf(key).export({ format: 'pem', type: 'spki' }))
}

/** Reads a private key from PKCS #8 PEM. */
export function importPrivateKeyPem(pem: Secret): Result<EvidenceKey, KeyProblem> {
  const text = pem.reveal()
  if (!isPem(text, 'PRIVATE KEY')) return err('not-pem')
  try {
    const privateKey = createPrivateKey(text)
    if (privateKey.asymmetricKeyType !== 'ed25519') return err('not-ed25519')
    return ok({ privateKey, publicKey: createPublicKey(privateKey) })
  } catch {
    return err('not-pem')
  }
}

/** Reads a public key from SPKI PEM. A private key is refused, although its public half could be had from it. */
export function importPublicKeyPem(pem: string): Result<KeyObject, KeyProblem> {
  if (!isPem(pem, 'PUBLIC KEY')) return err('not-pem')
  try {
    const publicKey = createPublicKey(pem)
    return publicKey.asymmetricKeyType === 'ed25519' ? ok(publicKey) : err('not-ed25519')
  } catch {
    return err('not-pem')
  }
}

/**
 * Names a key: lower-case hex SHA-256 of the public half's SPKI DER, which is what
 * `openssl pkey -pubin -in evidence-key.pem -outform DER | sha256sum` prints.
 */
export function evidenceKeyId(key: KeyObject): string {
  return publicForm(key).id
}

/** Returns the 32 bytes of the public half (RFC 8032). */
export function rawPublicKey(key: KeyObject): Uint8Array {
  // The SPKI form of every Ed25519 key is a fixed prefix and these bytes (RFC 8410 section 4).
  return new Uint8Array(publicForm(key).spki.subarray(-32))
}

/** Exporting a key takes longer than signing with it, so it is done once for each. */
const publicForms = new WeakMap<KeyObject, { readonly spki: Buffer; readonly id: string }>()

function publicForm(key: KeyObject): { readonly spki: Buffer; readonly id: string } {
  const known = publicForms.get(key)
  if (known !== undefined) return known
  const spki = publicHalf(key).export({ format: 'der', type: 'spki' })
  const form = { spki, id: createHash('sha256').update(spki).digest('hex') }
  publicForms.set(key, form)
  return form
}

/** Makes a public key of its 32 bytes (RFC 8032). @throws TypeError when they are not 32. */
export function publicKeyFromRaw(raw: Uint8Array): KeyObject {
  if (raw.length !== 32) throw new TypeError('an Ed25519 public key has 32 bytes')
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
  return createPublicKey({ key: der, format: 'der', type: 'spki' })
}

/** Returns the public half of either half. @throws TypeError when it is not an Ed25519 key. */
export function publicHalf(key: KeyObject): KeyObject {
  if (key.type === 'private') return createPublicKey(ed25519(key, 'private'))
  return ed25519(key, 'public')
}

function ed25519(key: KeyObject, type: 'private' | 'public'): KeyObject {
  if (key.type !== type || key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(`an Ed25519 ${type} key is needed`)
  }
  return key
}

function isPem(text: string, label: string): boolean {
  return text.length <= maximumPemLength && text.trimStart().startsWith(`-----BEGIN ${label}-----`)
}
