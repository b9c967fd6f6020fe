/**
 * The evidence log of every tenant: gives waiting entries their places, signs checkpoints, and proves where an entry
 * is. It keeps nothing itself; `LogStore` does. It refuses to sign a tree that contradicts what it signed before.
 */
import type { KeyObject } from 'node:crypto'
import type { Clock } from '../base/index.ts'
import { DrawbridgeError } from '../base/index.ts'
import type { VerifiedCheckpoint } from './checkpoint.ts'
import { isOrigin, parseDecimal, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { evidenceKeyId, publicHalf } from './evidence-key.ts'
import type { LogProof, SignedCheckpoint } from './log-proof.ts'
import type { LogStore } from './log-store.ts'
import { LogTip } from './log-tip.ts'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './merkle-proof.ts'
import type { HashReader } from './merkle-tree.ts'
import { leafHash, treeHash } from './merkle-tree.ts'
import { noteKeyId } from './signed-note.ts'
import { writeTlogProof } from './tlog-proof.ts'

/** The keys of a log. */
export interface LogKeys {
  /** Ed25519, private. */
  readonly signer: KeyObject
  /** The private key before, while a rotation is under way: it signs beside the new one, and so vouches for it. */
  readonly retiring?: KeyObject | null
  /** Public keys that signed earlier checkpoints, before the key was rotated. */
  readonly formerKeys?: readonly KeyObject[]
}

/** What an `EvidenceLog` works with. */
export interface EvidenceLogOptions extends LogKeys {
  readonly store: LogStore
  /** Reads the keys again, when a checkpoint is met that none of them signed: another process may have rotated them. */
  readonly reloadKeys?: () => Promise<LogKeys>
  /** This deployment: a URL without a scheme, `drawbridge.example`. A tenant's log is `<origin>/<tenant>`. */
  readonly origin: string
  readonly clock: Clock
}

type Verification = ReturnType<typeof verifyCheckpoint>

/** What became of the last checkpoint that was looked at, and under which keys. */
interface Verified {
  readonly note: string
  readonly origin: string
  readonly trusted: readonly KeyObject[]
  readonly verification: Verification
}

const batchSize = 256
const maximumLosses = 16
const lossesBeforeWaiting = 6

/** The evidence log over a `LogStore`. Several may work on one store at the same time. */
export class EvidenceLog {
  readonly #options: EvidenceLogOptions
  #keys: LogKeys
  #trusted: readonly KeyObject[]
  readonly #turns = new Map<string, Promise<undefined>>()
  readonly #epochs = new Map<string, number>()
  readonly #verified = new Map<string, Verified>()
  /** What this process signed last, by tenant: a database that another one took the place of may not know it. */
  readonly #signed = new Map<string, string>()

  /** @throws TypeError when the signer is not a private Ed25519 key, or the origin can not name a key. */
  constructor(options: EvidenceLogOptions) {
    if (options.signer.type !== 'private') throw new TypeError('the signer is a private key')
    if (!isOrigin(options.origin)) throw new TypeError(`\`${options.origin}\` can not be the origin of a log`)
    this.#options = options
    this.#keys = options
    this.#trusted = trustedOf(options)
  }

  /** The private key that signs now: receipts are signed with it too. */
  get signer(): KeyObject {
    return this.#keys.signer
  }

  /** Goes on with other keys: the key was rotated. */
  signWith(keys: LogKeys): void {
    this.#keys = keys
    this.#trusted = trustedOf(keys)
  }

  /**
   * The origin of a tenant's log; no two tenants share one. A log that had to begin anew, because a database was lost, has
   * an origin of its own each time: `<origin>/<tenant>/2` and so on.
   *
   * @param epoch - which beginning of the log, counted from 1; absent: the present one
   */
  async originOf(tenant: string, epoch?: number): Promise<string> {
    return this.#originAt(tenant, epoch ?? (await this.#epoch(tenant)))
  }

  async #epoch(tenant: string): Promise<number> {
    const known = this.#epochs.get(tenant)
    if (known !== undefined) return known
    const note = await this.#options.store.lastCheckpoint(tenant)
    const epoch = (note === null ? null : this.epochOf(tenant, note)) ?? 1
    this.#epochs.set(tenant, epoch)
    return epoch
  }

  #originAt(tenant: string, epoch: number): string {
    const first = `${this.#options.origin}/${encodeURIComponent(tenant)}`
    return epoch === 1 ? first : `${first}/${epoch}`
  }

  /** How often a tenant's log had begun, counted from 1, when it signed this; null when it did not sign it. */
  epochOf(tenant: string, note: string): number | null {
    const verified = verifyCheckpoint(note, this.#trusted)
    if (!verified.ok) return null
    const { origin } = verified.value
    const first = this.#originAt(tenant, 1)
    if (origin === first) return 1
    const epoch = origin.startsWith(`${first}/`) ? parseDecimal(origin.slice(first.length + 1)) : null
    return epoch !== null && epoch > 1 ? epoch : null
  }

  /**
   * Signs the tree as it stands under the next origin, because what was signed under the former one is lost. The former
   * log has ended then, and no checkpoint contradicts another.
   */
  async beginAnew(tenant: string, epoch: number): Promise<SignedCheckpoint> {
    await this.integrate(tenant)
    const treeSize = await this.#options.store.size(tenant)
    const rootHash = await treeHash(treeSize, this.#reader(tenant))
    const checkpoint = await this.#sign(tenant, this.#originAt(tenant, epoch), treeSize, rootHash)
    this.#epochs.set(tenant, epoch)
    return checkpoint
  }

  async #sign(tenant: string, origin: string, treeSize: number, rootHash: Uint8Array): Promise<SignedCheckpoint> {
    const { store } = this.#options
    const { signer, retiring } = this.#keys
    const note = signCheckpoint({ origin, treeSize, rootHash }, signer, ...(retiring ? [retiring] : []))
    await store.saveCheckpoint(tenant, treeSize, note)
    this.#signed.set(tenant, note)
    return { origin, treeSize, rootHash, note }
  }

  /**
   * Gives every waiting entry its place, and answers how many were placed by this call. Idempotent; when another
   * sequencer was faster, it goes on from there.
   *
   * @throws write-conflict — other sequencers were faster, many times in a row
   */
  integrate(tenant: string): Promise<number> {
    // In turn within one process: two that race each other only do the same work twice.
    const turn = (this.#turns.get(tenant) ?? Promise.resolve()).then(() => this.#integrateInTurn(tenant))
    const end = turn.then(
      () => undefined,
      () => undefined,
    )
    this.#turns.set(tenant, end)
    void end.then(() => {
      if (this.#turns.get(tenant) === end) this.#turns.delete(tenant)
    })
    return turn
  }

  async #integrateInTurn(tenant: string): Promise<number> {
    const { store, clock } = this.#options
    let placed = 0
    for (let losses = 0; losses < maximumLosses; ) {
      // INVARIANT: the size is read before the entries. An entry that somebody else places in between has then changed
      // the size too, so that the store refuses, and no entry gets two places.
      const size = await store.size(tenant)
      const pending = await store.pending(tenant, batchSize)
      if (pending.length === 0) return placed
      const tip = await LogTip.read(tenant, size, this.#reader(tenant))
      const entries = pending.map((entry) => tip.place(entry))
      if (await store.integrate(tenant, size, entries)) {
        placed += entries.length
        losses = 0
        continue
      }
      losses++
      if (losses >= lossesBeforeWaiting) await clock.sleep(2 ** losses)
    }
    throw new DrawbridgeError({
      code: 'write-conflict',
      retry: 'later',
      message: 'other sequencers kept placing entries into the evidence log first',
      operation: 'evidence.integrate',
      context: { tenant, losses: maximumLosses },
    })
  }

  /**
   * Signs the tree as it stands in the store, so only after the transaction that grew it. When nothing was added since,
   * answers the last checkpoint again.
   *
   * @throws evidence-forked — the tree is smaller than, or does not begin with, the tree of the last checkpoint
   */
  async checkpoint(tenant: string): Promise<SignedCheckpoint> {
    const { store } = this.#options
    const origin = await this.originOf(tenant)
    // INVARIANT: checkpoints are read before the size. Sizes only grow, so a smaller size is a loss and not a race.
    const signed = this.#signed.get(tenant)
    const witnessed = (await store.witnessed?.(tenant)) ?? []
    const note = await store.lastCheckpoint(tenant)
    const treeSize = await store.size(tenant)
    const rootHash = await treeHash(treeSize, this.#reader(tenant))
    if (signed !== undefined && signed !== note) await this.#continues(tenant, signed, treeSize, rootHash)
    // What other processes signed, this one can know from the witnesses alone when a standby without it has taken over.
    for (const kept of witnessed) {
      if (kept === note || kept === signed || (await this.#isOfFormerLog(tenant, kept))) continue
      await this.#continues(tenant, kept, treeSize, rootHash)
    }
    if (note !== null) {
      const last = await this.#continues(tenant, note, treeSize, rootHash)
      if (last.treeSize === treeSize && this.#isSignedNow(last)) return { origin, treeSize, rootHash, note }
    }
    return await this.#sign(tenant, origin, treeSize, rootHash)
  }

  /**
   * Compares the log with a checkpoint that somebody else kept: a customer's bucket, a witness, a printed page. To be
   * called at start with the newest that can be found, because a restored database does not know what it lost.
   *
   * A checkpoint from before the log began anew belongs to a log that has ended, and says nothing of this one.
   *
   * @throws evidence-forked — the log is smaller than, or does not begin with, the tree of that checkpoint
   */
  async assertContinues(tenant: string, note: string): Promise<void> {
    if (await this.#isOfFormerLog(tenant, note)) return
    const treeSize = await this.#options.store.size(tenant)
    await this.#continues(tenant, note, treeSize, await treeHash(treeSize, this.#reader(tenant)))
  }

  async #isOfFormerLog(tenant: string, note: string): Promise<boolean> {
    const epoch = this.epochOf(tenant, note)
    return epoch !== null && epoch < (await this.#epoch(tenant))
  }

  /**
   * Proves where an entry is. Places it first when it has no place yet, and signs a checkpoint when none covers it.
   *
   * @throws not-found — the tenant's log has no such entry
   * @throws evidence-forked — what the store holds does not lead to what was signed
   */
  async proofOf(tenant: string, outboxId: number): Promise<LogProof> {
    const [proof] = await this.proofsOf(tenant, [outboxId])
    if (proof === undefined) throw new TypeError('one entry has one proof')
    return proof
  }

  /**
   * Proves where entries are, all under one checkpoint, in the order asked for.
   *
   * @throws not-found — the tenant's log lacks one of them
   * @throws evidence-forked — what the store holds does not lead to what was signed
   */
  async proofsOf(tenant: string, outboxIds: readonly number[]): Promise<LogProof[]> {
    if (outboxIds.length === 0) return []
    const { store } = this.#options
    const seqs = await this.#placesOf(tenant, outboxIds)
    const checkpoint = await this.#covering(tenant, Math.max(...seqs))
    const read = gathered(this.#reader(tenant))
    return await Promise.all(
      seqs.map(async (seq) => {
        const [[json], proof] = await Promise.all([
          store.entries(tenant, seq, seq + 1),
          proveInclusion(checkpoint.treeSize, seq, read),
        ])
        if (json === undefined) throw forked(tenant, 'an entry of the evidence log is gone', { seq })
        if (!verifyInclusion(leafHash(json), seq, checkpoint.treeSize, proof, checkpoint.rootHash)) {
          throw forked(tenant, 'an entry of the evidence log is not the one that was signed', { seq })
        }
        const tlogProof = writeTlogProof({ index: seq, hashes: proof, checkpoint: checkpoint.note })
        return { seq, entryJson: json, checkpoint, proof, tlogProof }
      }),
    )
  }

  async #placesOf(tenant: string, outboxIds: readonly number[]): Promise<number[]> {
    const { store } = this.#options
    const look = async (): Promise<(number | null)[]> =>
      await Promise.all(outboxIds.map((outboxId) => store.placeOf(tenant, outboxId)))
    let places = await look()
    if (places.includes(null)) {
      await this.integrate(tenant)
      places = await look()
    }
    return places.map((place, index) => {
      if (place !== null) return place
      throw new DrawbridgeError({
        code: 'not-found',
        message: 'the evidence log has no such entry',
        operation: 'evidence.proofOf',
        context: { tenant, outboxId: outboxIds[index] ?? -1 },
      })
    })
  }

  /** The last checkpoint when it covers the entry under the present key, otherwise a new one. */
  async #covering(tenant: string, seq: number): Promise<SignedCheckpoint> {
    const note = await this.#options.store.lastCheckpoint(tenant)
    const last = note === null ? null : await this.#verify(tenant, note)
    if (note !== null && last?.ok && last.value.treeSize > seq && this.#isSignedNow(last.value)) {
      const { origin, treeSize, rootHash } = last.value
      return { origin, treeSize, rootHash, note }
    }
    return this.checkpoint(tenant)
  }

  async #continues(tenant: string, note: string, size: number, root: Uint8Array): Promise<VerifiedCheckpoint> {
    const verified = await this.#verify(tenant, note)
    if (!verified.ok) {
      throw forked(tenant, `the checkpoint to continue from is not ours (${verified.error})`, { treeSize: size })
    }
    const old = verified.value
    const context = { treeSize: size, checkpointSize: old.treeSize }
    if (old.treeSize > size) throw forked(tenant, 'the evidence log is smaller than a checkpoint says', context)
    const proof = await proveConsistency(old.treeSize, size, this.#reader(tenant))
    if (!verifyConsistency(old.treeSize, size, old.rootHash, root, proof)) {
      throw forked(tenant, 'the evidence log does not begin as a checkpoint says', context)
    }
    return old
  }

  /** Verifies a checkpoint of ours. One that a key signed which is not known here tells that the key was rotated. */
  async #verify(tenant: string, note: string): Promise<Verification> {
    const origin = await this.originOf(tenant)
    const { reloadKeys } = this.#options
    const verified = this.#verifyOnce(tenant, note, origin)
    if (
      reloadKeys === undefined ||
      (verified.ok ? !this.#hasStranger(verified.value) : verified.error !== 'unsigned')
    ) {
      return verified
    }
    this.signWith(await reloadKeys())
    return this.#verifyOnce(tenant, note, origin)
  }

  /** Each round of proofs meets the checkpoint of the round before, several times: the same text under the same keys. */
  #verifyOnce(tenant: string, note: string, origin: string): Verification {
    const known = this.#verified.get(tenant)
    if (known?.note === note && known.origin === origin && known.trusted === this.#trusted) return known.verification
    const verification = verifyCheckpoint(note, this.#trusted, origin)
    this.#verified.set(tenant, { note, origin, trusted: this.#trusted, verification })
    return verification
  }

  #hasStranger({ origin, note }: VerifiedCheckpoint): boolean {
    const known = new Set(this.#trusted.map((key) => noteKeyId(origin, key)))
    return note.signatures.some(({ name, keyId }) => name === origin && !known.has(keyId))
  }

  #isSignedNow(checkpoint: VerifiedCheckpoint): boolean {
    const keyId = evidenceKeyId(this.signer)
    return checkpoint.signedBy.some((key) => evidenceKeyId(key) === keyId)
  }

  #reader(tenant: string): HashReader {
    return (indexes) => this.#options.store.readHashes(tenant, indexes)
  }
}

function trustedOf({ signer, retiring, formerKeys = [] }: LogKeys): KeyObject[] {
  return [signer, ...(retiring ? [retiring] : []), ...formerKeys].map(publicHalf)
}

/** Reads for many that ask at the same time in one reading, every hash once. */
function gathered(read: HashReader): HashReader {
  let asked = new Set<number>()
  let reading: Promise<Map<number, Uint8Array>> | null = null
  const readAll = async (): Promise<Map<number, Uint8Array>> => {
    await Promise.resolve()
    const indexes = [...asked]
    asked = new Set()
    reading = null
    const hashes = await read(indexes)
    if (hashes.length !== indexes.length) return new Map()
    return new Map(indexes.map((index, at) => [index, hashes[at] ?? new Uint8Array()]))
  }
  return async (indexes) => {
    for (const index of indexes) asked.add(index)
    reading ??= readAll()
    const known = await reading
    return indexes.flatMap((index) => known.get(index) ?? [])
  }
}

function forked(tenant: string, message: string, context: Readonly<Record<string, number>>): DrawbridgeError {
  return new DrawbridgeError({
    code: 'evidence-forked',
    message,
    operation: 'evidence.checkpoint',
    context: { tenant, ...context },
    help: 'was the database restored from an older backup? restore a newer one; the log never signs two histories',
  })
}
