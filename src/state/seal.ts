/**
 * Encryption at rest: AES-256-GCM under the root key of the data directory. A sealed value is bound to the place it
 * belongs to, so that a row moved to another tenant or connection does not open there.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DrawbridgeError, type Random } from '../base/index.ts'

const form = 1
const ivBytes = 12
const tagBytes = 16

/** Seals and opens values under one key. */
export class Sealer {
  readonly #key: KeyObject
  readonly #random: Random

  constructor(key: Uint8Array, random: Random) {
    if (key.length !== 32) throw new TypeError('a root key has 32 bytes')
    this.#key = createSecretKey(key)
    this.#random = random
  }

  /** Seals a text for one place: `[tenant, connection, field, version]`. */
  seal(place: readonly string[], text: string): Uint8Array {
    const iv = this.#random.bytes(ivBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(aad(place))
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([Buffer.of(form), iv, cipher.getAuthTag(), sealed])
  }

  /** Opens what was sealed for the same place. @throws data-directory-broken — another key, another place, or damage */
  unseal(place: readonly string[], bytes: Uint8Array): string {
    const head = 1 + ivBytes + tagBytes
    try {
      if (bytes.length < head || bytes[0] !== form) throw new Error('not a sealed value')
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(1, 1 + ivBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAAD(aad(place)).setAuthTag(bytes.subarray(1 + ivBytes, head))
      return Buffer.concat([decipher.update(bytes.subarray(head)), decipher.final()]).toString('utf8')
    } catch (cause) {
      throw new DrawbridgeError({
        code: 'data-directory-broken',
        message: 'a sealed value does not open: the root key is another one, or the value was moved or damaged',
        operation: 'state.unseal',
        help: 'restore `keys/root.key` and the database from the same backup',
        cause,
      })
    }
  }
}

/**
 * Reads the root key, or makes one when `mayMake` says that nothing is sealed yet.
 * @throws data-directory-broken — it is gone, malformed, or readable by others
 */
export async function rootKey(path: string, mayMake: boolean, random: Random): Promise<Uint8Array> {
  const facts = await stat(path).catch(() => null)
  if (facts === null) {
    if (!mayMake) {
      throw keyBroken(
        'the root key is gone',
        'restore `keys/root.key` from the backup of this data directory, or copy it from another machine of the deployment',
      )
    }
    return await makeKey(path, random)
  }
  if (process.platform !== 'win32' && (facts.mode & 0o077) !== 0) {
    throw keyBroken('the root key can be read by other users', 'chmod 600 keys/root.key, and think about who read it')
  }
  const text = (await readFile(path, 'utf8')).trim()
  if (!/^[0-9a-f]{64}$/.test(text)) {
    // A crash while the very first key was written: nothing was ever sealed with it.
    if (mayMake) {
      await rm(path)
      return await makeKey(path, random)
    }
    throw keyBroken('the root key has not the form of a key', 'restore `keys/root.key` from a backup')
  }
  return Buffer.from(text, 'hex')
}

async function makeKey(path: string, random: Random): Promise<Uint8Array> {
  const key = random.bytes(32)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(`${Buffer.from(key).toString('hex')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  // A key whose directory entry is lost in a power cut would leave sealed rows behind that nobody can open.
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
  return key
}

function aad(place: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(place), 'utf8')
}

function keyBroken(message: string, help: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'data-directory-broken', message, operation: 'state.open', help })
}
