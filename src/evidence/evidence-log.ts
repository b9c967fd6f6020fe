/**
 * The evidence log of every tenant: gives waiting entries their places, signs checkpoints, and proves where an entry
 * is. It keeps nothing itself; `LogStore` does. It refuses to sign a tree that contradicts what it signed before.
 */
import type { KeyObject } from 'node:crypto'
import type { Clock } from '../base/index.ts'
import { DrawbridgeError } from '../base/index.ts'
import type { VerifiedCheckpoint } from './checkpoint.ts'
import { isOrigin, parseDecimal, signCheckpoint } from './checkpoint.ts'
import { gathered } from './gathered-hashes.ts'
import { forked, rotated } from './log-faults.ts'
import type { LogProof, SignedCheckpoint } from './log-proof.ts'
import type { GrowingLog, LogSeal } from './log-seal.ts'
import type { LogStore } from './log-store.ts'
import { LogTip } from './log-tip.ts'
import { type LogKeys, LogTrust, type Verification } from './log-trust.ts'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './merkle-proof.ts'
import type { HashReader } from './merkle-tree.ts'
import { leafHash, treeHash } from './merkle-tree.ts'
import { writeTlogProof } from './tlog-proof.ts'
import { KnownTree } from './tree-proofs.ts'

/** What an `EvidenceLog` works with. */
export interface EvidenceLogOptions extends LogKeys {
  readonly store: LogStore
  /** Reads the keys again, when a checkpoint is met that none of them signed: another process may have rotated them. */
  readonly reloadKeys?: () => Promise<LogKeys>
  /** This deployment: a URL without a scheme, `drawbridge.example`. A tenant's log is `<origin>/<tenant>`. */
  readonly origin: string
  readonly clock: Clock
}

/** A tree that is compared with checkpoints. */
interface Tree {
  readonly tenant: string
  /** Which beginning of the log. */
  readonly epoch: number
  readonly treeSize: number
  readonly rootHash: Uint8Array
  readonly read: HashReader
  /** True: it stands in a transaction that is under way. */
  readonly isGrowing: boolean
}

type OfTree = Pick<Tree, 'tenant' | 'epoch' | 'isGrowing'>

const batchSize = 256
const maximumLosses = 16
const lossesBeforeWaiting = 6

/** The evidence log over a `LogStore`. Several may work on one store at the same time. */
export class EvidenceLog {
  readonly #options: EvidenceLogOptions
  readonly #trust: LogTrust
  readonly #turns = new Map<string, Promise<undefined>>()
  readonly #epochs = new Map<string, number>()
  /** What this process signed last, by tenant: a database that another one took the place of may not know it. */
  readonly #signed = new Map<string, string>()

  /** @throws TypeError when the signer is not a private Ed25519 key, or the origin can not name a key. */
  constructor(options: EvidenceLogOptions) {
    this.#trust = new LogTrust(options)
    if (!isOrigin(options.origin)) throw new TypeError(`\`${options.origin}\` can not be the origin of a log`)
    this.#options = options
  }

  /** The private key that signs now: receipts are signed with it too. */
  get signer(): KeyObject {
    return this.#trust.signer
  }

  /** Goes on with other keys: the key was rotated. */
  signWith(keys: LogKeys): void {
    this.#trust.use(keys)
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

  async #epoch(tenant: string, lastCheckpoint = () => this.#options.store.lastCheckpoint(tenant)): Promise<number> {
    const known = this.#epochs.get(tenant)
    if (known !== undefined) return known
    const note = await lastCheckpoint()
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
    const verified = this.#trust.verifyAny(note)
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
    const note = signCheckpoint({ origin, treeSize, rootHash }, ...this.#trust.signers)
    await this.#options.store.saveCheckpoint(tenant, treeSize, note)
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
    const epoch = await this.#epoch(tenant)
    // INVARIANT: checkpoints are read before the size. Sizes only grow, so a smaller size is a loss and not a race.
    const signed = this.#signed.get(tenant)
    const witnessed = await this.witnessed(tenant)
    const note = await store.lastCheckpoint(tenant)
    const tree = await this.#treeOf(tenant, epoch)
    const { treeSize, rootHash } = tree
    const last = await this.#continuesAll(tree, { signed, witnessed, note })
    const origin = this.#originAt(tenant, epoch)
    if (note !== null && last?.treeSize === treeSize && this.#trust.isSignedNow(last)) {
      return { origin, treeSize, rootHash, note }
    }
    return await this.#sign(tenant, origin, treeSize, rootHash)
  }

  /** The newest checkpoints that are kept outside of the store. @throws unavailable — a keeper can not be asked */
  async witnessed(tenant: string): Promise<readonly string[]> {
    return (await this.#options.store.witnessed?.(tenant)) ?? []
  }

  /**
   * Signs the tree as it will stand when the transaction that grows it is committed, after the same comparisons as
   * `checkpoint`, and saves the checkpoint in it. Nothing of it may be given out before `sealed`; a seal of a transaction
   * that was taken back is thrown away, and nobody remembers it.
   *
   * @param witnessed - from before the transaction
   * @throws evidence-forked — as `checkpoint`
   * @throws write-conflict — the key was rotated elsewhere, and must be read anew first
   */
  async seal(log: GrowingLog, witnessed: readonly string[]): Promise<LogSeal> {
    const { tenant, size: treeSize, known } = log
    const note = await log.lastCheckpoint()
    const epoch = await this.#epoch(tenant, async () => note)
    const rootHash = new KnownTree(treeSize, (index) => known.get(index)).root()
    const read: HashReader = (indexes) => log.readHashes(indexes)
    const tree = { tenant, epoch, treeSize, rootHash, read, isGrowing: true }
    await this.#continuesAll(tree, { signed: this.#signed.get(tenant), witnessed, note })
    const origin = this.#originAt(tenant, epoch)
    const { signer, signers } = this.#trust
    const sealed = signCheckpoint({ origin, treeSize, rootHash }, ...signers)
    await log.saveCheckpoint(treeSize, sealed)
    return { tenant, checkpoint: { origin, treeSize, rootHash, note: sealed }, signer }
  }

  /** Remembers what was signed in a transaction that is durable now, and has the keepers outside of the store keep it. @throws unavailable */
  async sealed({ tenant, checkpoint }: LogSeal): Promise<void> {
    const { treeSize, note } = checkpoint
    this.#signed.set(tenant, note)
    await this.#options.store.keepWitnessed?.(tenant, treeSize, note)
  }

  /** Compares a tree with all that was signed before, and answers the last checkpoint of the store. */
  async #continuesAll(
    tree: Tree,
    { signed, witnessed, note }: { signed: string | undefined; witnessed: readonly string[]; note: string | null },
  ): Promise<VerifiedCheckpoint | null> {
    if (signed !== undefined && signed !== note) await this.#continues(tree, signed)
    // What other processes signed, this one can know from the witnesses alone when a standby without it has taken over.
    for (const kept of witnessed) {
      if (kept === note || kept === signed || this.#isBefore(tree.tenant, kept, tree.epoch)) continue
      await this.#continues(tree, kept)
    }
    return note === null ? null : await this.#continues(tree, note)
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
    await this.#continues(await this.#treeOf(tenant, await this.#epoch(tenant)), note)
  }

  async #isOfFormerLog(tenant: string, note: string): Promise<boolean> {
    return this.#isBefore(tenant, note, await this.#epoch(tenant))
  }

  #isBefore(tenant: string, note: string, present: number): boolean {
    const epoch = this.epochOf(tenant, note)
    return epoch !== null && epoch < present
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
    const epoch = await this.#epoch(tenant)
    const last = note === null ? null : await this.#verify({ tenant, epoch, isGrowing: false }, note)
    if (note !== null && last?.ok && last.value.treeSize > seq && this.#trust.isSignedNow(last.value)) {
      const { origin, treeSize, rootHash } = last.value
      return { origin, treeSize, rootHash, note }
    }
    return this.checkpoint(tenant)
  }

  async #continues(tree: Tree, note: string): Promise<VerifiedCheckpoint> {
    const { tenant, treeSize, rootHash, read } = tree
    const verified = await this.#verify(tree, note)
    if (!verified.ok) {
      throw forked(tenant, `the checkpoint to continue from is not ours (${verified.error})`, { treeSize })
    }
    const old = verified.value
    const context = { treeSize, checkpointSize: old.treeSize }
    if (old.treeSize > treeSize) throw forked(tenant, 'the evidence log is smaller than a checkpoint says', context)
    const proof = await proveConsistency(old.treeSize, treeSize, read)
    if (!verifyConsistency(old.treeSize, treeSize, old.rootHash, rootHash, proof)) {
      throw forked(tenant, 'the evidence log does not begin as a checkpoint says', context)
    }
    return old
  }

  /** Verifies a checkpoint of ours. One that a key signed which is not known here tells that the key was rotated. */
  async #verify({ tenant, epoch, isGrowing }: OfTree, note: string): Promise<Verification> {
    const { reloadKeys } = this.#options
    const origin = this.#originAt(tenant, epoch)
    const verified = this.#trust.verify(tenant, note, origin)
    if (reloadKeys === undefined || !this.#trust.isByStranger(verified)) return verified
    // A transaction waits for nobody.
    if (isGrowing) throw rotated(tenant)
    this.signWith(await reloadKeys())
    return this.#trust.verify(tenant, note, origin)
  }

  async #treeOf(tenant: string, epoch: number): Promise<Tree> {
    const read = this.#reader(tenant)
    const treeSize = await this.#options.store.size(tenant)
    return { tenant, epoch, treeSize, rootHash: await treeHash(treeSize, read), read, isGrowing: false }
  }

  #reader(tenant: string): HashReader {
    return (indexes) => this.#options.store.readHashes(tenant, indexes)
  }
}
