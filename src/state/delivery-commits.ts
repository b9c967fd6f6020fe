/**
 * Commits of delivered reports with their receipts. All that are asked for at the same time share one transaction, in which
 * the log is signed once. Nothing that is signed here is told before the transaction is durable.
 */
import { DrawbridgeError } from '../base/index.ts'
import { type Claim, type Committed, LeaseLost, type TargetRecord } from '../delivery/index.ts'
import { deliveredEntry, type LogSeal, type LogSealer, type ReceiptFacts } from '../evidence/index.ts'
import { passFence, updateItem, updateTarget } from './delivery-writes.ts'
import { gatheredWrites } from './gathered-writes.ts'
import type { GroupCommit } from './group-commit.ts'
import { enqueueAt } from './log.ts'
import { tipIn } from './log-rows.ts'
import { keepReceipt, readWritten, writeReceipt } from './receipts.ts'
import type { Executor } from './schema.ts'
import { Growth, type Provable, sealReceipts } from './sealing.ts'
import type { Instant, Store } from './store.ts'

/** One delivered target. */
interface Commit {
  readonly claim: Claim
  readonly target: TargetRecord
  readonly facts: ReceiptFacts
  /** What the keepers of checkpoints held before the transaction; null: nobody could ask them. */
  readonly witnessed: readonly string[] | null
}

/** A commit as it was written. */
export interface WrittenCommit extends Pick<Committed, 'fault'> {
  /** The outbox id of its entry. */
  readonly entry: number
  /** The receipt as `writeReceipt` wrote it, the one that stands; null: it is due. */
  readonly receipt: Uint8Array | null
}

/** What was written of a commit, and under which seal; null: its claim was lost. */
type Ended = { readonly entry: number; readonly receipt: Uint8Array | null; readonly seal: LogSeal | null } | null

/** Commits targets of an embedded database. */
export class DeliveryCommits {
  readonly #store: Pick<Store, 'now'>
  readonly #commit: (one: Commit) => Promise<Ended>
  #sealer: LogSealer | null = null
  /** Of each tenant a checkpoint that a keeper did not take. */
  readonly #unkept = new Map<string, LogSeal>()
  readonly #asked = new Map<string, Promise<readonly string[] | null>>()
  readonly #sealed = new WeakMap<LogSeal, Promise<DrawbridgeError | null>>()

  constructor(commits: GroupCommit, store: Pick<Store, 'now'>) {
    this.#store = store
    this.#commit = gatheredWrites(commits, (transaction, all) => this.#commitAll(transaction, all))
  }

  /** From now on this signs; before, all receipts are due. */
  sealWith(sealer: LogSealer): void {
    this.#sealer = sealer
  }

  /** Commits one target. @throws LeaseLost */
  async commit(claim: Claim, target: TargetRecord, facts: ReceiptFacts): Promise<WrittenCommit> {
    const witnessed = await this.#witnessed(claim.tenant)
    const ended = await this.#commit({ claim, target, facts, witnessed })
    if (ended === null) throw new LeaseLost(claim)
    const { entry, receipt, seal } = ended
    return { entry, receipt, fault: seal === null ? null : await this.#tellSealed(seal) }
  }

  /** Asked before the transaction, which waits for nobody; once for all who ask meanwhile. */
  async #witnessed(tenant: string): Promise<readonly string[] | null> {
    const sealer = this.#sealer
    if (sealer === null) return null
    const asked = this.#asked.get(tenant) ?? this.#ask(sealer, tenant).finally(() => this.#asked.delete(tenant))
    this.#asked.set(tenant, asked)
    return await asked
  }

  async #ask(sealer: LogSealer, tenant: string): Promise<readonly string[] | null> {
    try {
      const unkept = this.#unkept.get(tenant)
      if (unkept !== undefined) await sealer.sealed(unkept)
      this.#unkept.delete(tenant)
      return await sealer.witnessed(tenant)
    } catch (error) {
      if (error instanceof DrawbridgeError) return null
      throw error
    }
  }

  /** INVARIANT: only after the transaction. Once for all that stand under one seal. */
  #tellSealed(seal: LogSeal): Promise<DrawbridgeError | null> {
    const known = this.#sealed.get(seal)
    if (known !== undefined) return known
    const told = this.#sealer?.sealed(seal).then(
      () => null,
      (error: unknown) => {
        if (!(error instanceof DrawbridgeError)) throw error
        this.#unkept.set(seal.tenant, seal)
        return error
      },
    )
    this.#sealed.set(seal, told ?? Promise.resolve(null))
    return told ?? Promise.resolve(null)
  }

  async #commitAll(transaction: Executor, all: readonly Commit[]): Promise<Ended[]> {
    const ended = new Map<Commit, Ended>()
    for (const [tenant, commits] of Map.groupBy(all, ({ claim }) => claim.tenant)) {
      await this.#commitOf(transaction, tenant, commits, ended)
    }
    return all.map((one) => ended.get(one) ?? null)
  }

  async #commitOf(
    transaction: Executor,
    tenant: string,
    commits: readonly Commit[],
    ended: Map<Commit, Ended>,
  ): Promise<void> {
    const now = this.#store.now()
    const tip = await tipIn(transaction, tenant)
    const growth = tip === null ? null : new Growth(transaction, tenant, tip)
    const entries = new Map<Commit, number>()
    const provable = new Map<Commit, Provable>()
    for (const commit of commits) {
      const { claim, facts } = commit
      if (!(await isHeld(transaction, claim))) continue
      const entry = deliveredEntry(facts)
      const { id, placed } = await enqueueAt(transaction, tenant, { entry, time: now, tip })
      entries.set(commit, id)
      if (placed === null) continue
      growth?.add(placed)
      provable.set(commit, { facts, placed })
    }
    // Who asked last knows most.
    const witnessed = commits.at(-1)?.witnessed ?? null
    const sealed =
      this.#sealer === null || growth === null || witnessed === null || provable.size === 0
        ? null
        : await sealReceipts(this.#sealer, growth.log(now), witnessed, [...provable.values()])
    const written = new Map([...provable.keys()].map((commit, at) => [commit, sealed?.written[at] ?? null]))
    for (const [commit, entry] of entries) {
      const receipt = await writeCommit(transaction, commit, { entry, receipt: written.get(commit) ?? null, now })
      ended.set(commit, { entry, receipt, seal: sealed?.seal ?? null })
    }
  }
}

async function isHeld(transaction: Executor, claim: Claim): Promise<boolean> {
  try {
    await passFence(transaction, claim, false)
    return true
  } catch (error) {
    if (error instanceof LeaseLost) return false
    throw error
  }
}

/** Writes the rows of a commit, and answers the receipt that stands. */
async function writeCommit(
  transaction: Executor,
  { claim, target }: Commit,
  { entry, receipt, now }: { readonly entry: number; readonly receipt: Uint8Array | null; readonly now: Instant },
): Promise<Uint8Array | null> {
  const { connection, items } = target
  await updateTarget(transaction, claim, committedTarget(target, entry, receipt))
  const [only] = items
  if (only !== undefined) await updateItem(transaction, claim, connection, only)
  if (receipt === null) return null
  const standing = await keepReceipt(transaction, claim, connection, receipt, now)
  return standing === null ? receipt : writeReceipt(standing)
}

/** A target as it is saved with its commit. */
function committedTarget(target: TargetRecord, entry: number, receipt: Uint8Array | null): TargetRecord {
  return { ...target, entry, receipt: receipt === null ? 'due' : 'made' }
}

/** What a commit answers, of what was written. */
export function committedOf(target: TargetRecord, { entry, receipt, fault }: WrittenCommit): Committed {
  const files = receipt === null || fault !== null ? null : readWritten(receipt)
  return { target: committedTarget(target, entry, receipt), files, fault }
}
