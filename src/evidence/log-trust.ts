/** Whom a log believes: the keys that sign its checkpoints now, and those that did. What a checkpoint says of the tree is not looked at here. */
import type { KeyObject } from 'node:crypto'
import type { VerifiedCheckpoint } from './checkpoint.ts'
import { verifyCheckpoint } from './checkpoint.ts'
import { evidenceKeyId, publicHalf } from './evidence-key.ts'
import { noteKeyId } from './signed-note.ts'

/** The keys of a log. */
export interface LogKeys {
  /** Ed25519, private. */
  readonly signer: KeyObject
  /** The private key before, while a rotation is under way: it signs beside the new one, and so vouches for it. */
  readonly retiring?: KeyObject | null
  /** Public keys that signed earlier checkpoints, before the key was rotated. */
  readonly formerKeys?: readonly KeyObject[]
}

/** What verifying a checkpoint showed. */
export type Verification = ReturnType<typeof verifyCheckpoint>

/** What became of the last checkpoint that was looked at, and under which keys. */
interface Verified {
  readonly note: string
  readonly origin: string
  readonly trusted: readonly KeyObject[]
  readonly verification: Verification
}

/** The keys of one process, which may be rotated while it runs. */
export class LogTrust {
  #keys: LogKeys
  #trusted: readonly KeyObject[]
  readonly #verified = new Map<string, Verified>()

  /** @throws TypeError when the signer is not a private Ed25519 key */
  constructor(keys: LogKeys) {
    if (keys.signer.type !== 'private') throw new TypeError('the signer is a private key')
    this.#keys = keys
    this.#trusted = trustedOf(keys)
  }

  /** The private key that signs now. */
  get signer(): KeyObject {
    return this.#keys.signer
  }

  /** All that sign a checkpoint now: the signer, and while a rotation is under way the one before. */
  get signers(): readonly [KeyObject, ...KeyObject[]] {
    const { signer, retiring } = this.#keys
    return retiring ? [signer, retiring] : [signer]
  }

  /** Goes on with other keys: the key was rotated. */
  use(keys: LogKeys): void {
    this.#keys = keys
    this.#trusted = trustedOf(keys)
  }

  /** Verifies a checkpoint of any origin. */
  verifyAny(note: string): Verification {
    return verifyCheckpoint(note, this.#trusted)
  }

  /** Verifies one of this origin. Each round of proofs meets the one of the round before, several times: it is verified once. */
  verify(tenant: string, note: string, origin: string): Verification {
    const known = this.#verified.get(tenant)
    if (known?.note === note && known.origin === origin && known.trusted === this.#trusted) return known.verification
    const verification = verifyCheckpoint(note, this.#trusted, origin)
    this.#verified.set(tenant, { note, origin, trusted: this.#trusted, verification })
    return verification
  }

  /** Tells whether a key that is not known here signed, so that the key was rotated elsewhere. */
  isByStranger(verification: Verification): boolean {
    if (!verification.ok) return verification.error === 'unsigned'
    const { origin, note } = verification.value
    const known = new Set(this.#trusted.map((key) => noteKeyId(origin, key)))
    return note.signatures.some(({ name, keyId }) => name === origin && !known.has(keyId))
  }

  /** Tells whether the key that signs now signed it. */
  isSignedNow(checkpoint: VerifiedCheckpoint): boolean {
    const keyId = evidenceKeyId(this.signer)
    return checkpoint.signedBy.some((key) => evidenceKeyId(key) === keyId)
  }
}

function trustedOf({ signer, retiring, formerKeys = [] }: LogKeys): KeyObject[] {
  return [signer, ...(retiring ? [retiring] : []), ...formerKeys].map(publicHalf)
}
