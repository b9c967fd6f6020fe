/**
 * Deliveries in the database. The delivery's row is the truth about who may work on it: a claim is a lease on the
 * database's clock and a fence that only rises, and every write of a worker asks for its fence in the same transaction.
 */
import type {
  Accepted,
  Claim,
  Claimed,
  ClaimLimit,
  Committed,
  CopiedReceipt,
  DeliveryRecord,
  DeliveryRepository,
  Hold,
  ItemRecord,
  NewDelivery,
  NewEntry,
  ReleaseEnd,
  SentPart,
  SpooledFile,
  TargetRecord,
} from '../delivery/index.ts'
import { LeaseLost } from '../delivery/index.ts'
import { deliveredEntry, type LogSealer, type ReceiptFacts, type ReceiptFile } from '../evidence/index.ts'
import { coalescedByTenant } from './coalesced.ts'
import { cancelDelivery, makeDue } from './delivery-asks.ts'
import { claimDue, nextDue } from './delivery-claims.ts'
import { committedOf, DeliveryCommits, type WrittenCommit } from './delivery-commits.ts'
import { type ClaimEnd, endClaim, endClaims } from './delivery-ends.ts'
import { deleteParts, keepPart, partsOf } from './delivery-parts.ts'
import { recordsById, recordsOf } from './delivery-rows.ts'
import {
  deleteItems,
  insertDelivery,
  insertItem,
  insertTarget,
  passFence,
  updateItem,
  updateTarget,
} from './delivery-writes.ts'
import { gatheredWrites } from './gathered-writes.ts'
import { type GroupCommit, locking } from './group-commit.ts'
import { enqueue } from './log.ts'
import { mendTimes, setBack } from './mended-times.ts'
import { dueAt, heldBytes, newestTo, owedCount, owedIds } from './owed.ts'
import { keepReceipt, receiptOf, writeReceipt } from './receipts.ts'
import type { Executor } from './schema.ts'
import { everyTenant, type Store } from './store.ts'
import { addUpload, findUploads, forgetOrphans, smallReports, takeFiles } from './uploads.ts'

/** Deliveries that are made due in one transaction. */
const owedAtATime = 500

/** Keeps deliveries in the database. */
export class SqlDeliveries implements DeliveryRepository {
  readonly #store: Store
  readonly #commits: GroupCommit
  readonly #end: (ended: ClaimEnd) => Promise<boolean>
  readonly #receipted: DeliveryCommits

  constructor(store: Store, commits: GroupCommit) {
    this.#store = store
    this.#commits = commits
    this.#end = gatheredWrites(commits, (transaction, ends) => endClaims(transaction, ends, store.now()))
    this.#receipted = new DeliveryCommits(commits, store)
  }

  /** From now on receipts of small reports are made with their commits, unless other processes share the database. */
  sealWith(sealer: LogSealer): void {
    this.#receipted.sealWith(sealer)
  }

  async addUpload(tenant: string, file: SpooledFile, bytes: Uint8Array | null): Promise<void> {
    await this.#commits.run(tenant, (transaction) => addUpload(transaction, tenant, file, bytes, this.#store.now()))
  }

  async smallReport(tenant: string, upload: string): Promise<Uint8Array | null> {
    return await this.#smallReport(tenant, upload)
  }

  readonly #smallReport = coalescedByTenant((tenant, uploads: readonly string[]) =>
    this.#store.read(tenant, (executor) => smallReports(executor, uploads)),
  )

  async uploads(tenant: string, ids: readonly string[]): Promise<{ file: SpooledFile; delivery: string | null }[]> {
    const found = await Promise.all(ids.map((id) => this.#upload(tenant, id)))
    return found.filter((upload) => upload !== null)
  }

  readonly #upload = coalescedByTenant((tenant, ids: readonly string[]) =>
    this.#store.read(tenant, (executor) => findUploads(executor, tenant, ids)),
  )

  async forgetOrphanUploads(olderThanMs: number): Promise<string[]> {
    return await this.#commits.run(everyTenant, (transaction) =>
      forgetOrphans(transaction, this.#store.now(-olderThanMs)),
    )
  }

  async spooledUploads(): Promise<string[]> {
    const rows = await this.#store.read(everyTenant, (executor) =>
      executor.selectFrom('uploads').select('id').where('is_spooled', '=', 1).where('is_small', '=', 0).execute(),
    )
    return rows.map((row) => row.id)
  }

  async accept(
    delivery: NewDelivery,
    entries: readonly NewEntry[],
    handed: readonly (Uint8Array | null)[] = [],
    hold?: Hold,
  ): Promise<Accepted> {
    const now = this.#store.now()
    const held = hold === undefined ? null : { worker: hold.worker, until: this.#store.now(hold.leaseMs) }
    return await this.#commits.run<Accepted>(delivery.tenant, async (transaction) => {
      const acceptedAt = await insertDelivery(transaction, delivery, now, held)
      if (acceptedAt === null) {
        const earlier = await this.#earlier(transaction, delivery.tenant, delivery.idempotencyKey ?? '')
        if (earlier === null) throw new TypeError('the delivery exists already')
        return { isNew: false, earlier }
      }
      await takeFiles(transaction, delivery, handed, now)
      for (const target of delivery.targets) {
        await insertTarget(transaction, delivery.id, target)
        for (const item of target.items) {
          await insertItem(transaction, { delivery: delivery.id }, target.connection, item)
        }
      }
      await enqueue(transaction, delivery.tenant, entries, now)
      if (held === null) await this.#store.announce(transaction)
      return { isNew: true, acceptedAt }
    })
  }

  async byId(tenant: string, id: string): Promise<DeliveryRecord | null> {
    return await this.#byId(tenant, id)
  }

  readonly #byId = coalescedByTenant((tenant, ids: readonly string[]) =>
    this.#store.read(tenant, (executor) => recordsById(executor, tenant, ids)),
  )

  async byIdempotencyKey(tenant: string, key: string): Promise<DeliveryRecord | null> {
    return await this.#store.read(tenant, (executor) => this.#earlier(executor, tenant, key))
  }

  async #earlier(executor: Executor, tenant: string, key: string): Promise<DeliveryRecord | null> {
    const row = await executor
      .selectFrom('deliveries')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('idempotency_key', '=', key)
      .executeTakeFirst()
    const [record] = await recordsOf(executor, row === undefined ? [] : [row])
    // Whoever handed it in was perhaps never answered. What is answered now has to be as safe as if it came in now.
    if (record !== undefined) await this.#store.confirm(executor)
    return record ?? null
  }

  async list(
    tenant: string,
    filter: { readonly route?: string; readonly limit: number; readonly isCanary?: boolean },
  ): Promise<DeliveryRecord[]> {
    const { route, limit, isCanary = false } = filter
    return await this.#store.read(tenant, async (executor) => {
      const rows = await executor
        .selectFrom('deliveries')
        .selectAll()
        .where('tenant', '=', tenant)
        // Literally, so that the index of the few canaries serves.
        .where((eb) => eb('is_probe', '=', eb.lit(isCanary ? 1 : 0)))
        .$if(route !== undefined, (query) => query.where('route', '=', route ?? ''))
        .orderBy('ordinal', 'desc')
        .limit(limit)
        .execute()
      return await recordsOf(executor, rows)
    })
  }

  async claim(worker: string, limit: ClaimLimit, leaseMs: number): Promise<Claimed[]> {
    return await this.#commits.run(everyTenant, (transaction) =>
      claimDue(transaction, this.#store, { worker, limit, leaseMs }),
    )
  }

  async mendTimes(leaseMs: number, setBackMs: number): Promise<number> {
    return await this.#commits.run(everyTenant, async (transaction) => {
      await setBack(transaction, this.#store, setBackMs)
      return await mendTimes(transaction, this.#store, leaseMs)
    })
  }

  async heartbeat(claim: Claim, leaseMs: number): Promise<boolean> {
    return await this.#commits.run(locking(claim.tenant, claim.delivery), async (transaction) => {
      const kept = await transaction
        .updateTable('deliveries')
        .set({ lease_until: this.#store.now(leaseMs) })
        .where('id', '=', claim.delivery)
        .where('fence', '=', claim.fence)
        // A beat that comes behind the end of its claim prolongs nothing.
        .where('worker', 'is not', null)
        .executeTakeFirst()
      return kept.numUpdatedRows === 1n
    })
  }

  async nextDueAt(limit: Pick<ClaimLimit, 'small' | 'large'> = { small: 1, large: 1 }): Promise<Date | null> {
    return await this.#store.read(everyTenant, (executor) => nextDue(executor, this.#store.now(), limit))
  }

  async saveItem(claim: Claim, connection: string, item: ItemRecord): Promise<void> {
    await this.#fenced(claim, (transaction) => updateItem(transaction, claim, connection, item))
  }

  async saveItems(
    claim: Claim,
    connection: string,
    items: readonly ItemRecord[],
    target?: TargetRecord,
  ): Promise<void> {
    await this.#fenced(claim, async (transaction) => {
      if (target !== undefined) await updateTarget(transaction, claim, target)
      await deleteItems(transaction, claim, connection)
      for (const item of items) await insertItem(transaction, claim, connection, item)
    })
  }

  async savePart(claim: Claim, connection: string, item: number, part: SentPart): Promise<void> {
    await this.#fenced(claim, (transaction) => keepPart(transaction, { claim, connection, item }, part))
  }

  async parts(claim: Claim, connection: string, item: number): Promise<SentPart[]> {
    return await this.#store.read(claim.tenant, (executor) => partsOf(executor, { claim, connection, item }))
  }

  async dropParts(claim: Claim, connection: string, item: number): Promise<void> {
    await this.#fenced(claim, (transaction) => deleteParts(transaction, { claim, connection, item }))
  }

  async saveTarget(claim: Claim, target: TargetRecord, entries: readonly NewEntry[]): Promise<void> {
    await this.#fenced(claim, async (transaction) => {
      await updateTarget(transaction, claim, target)
      await enqueue(transaction, claim.tenant, entries, this.#store.now())
    })
  }

  async commitTarget(claim: Claim, target: TargetRecord, entry: NewEntry): Promise<TargetRecord> {
    return await this.#fenced(claim, async (transaction) => {
      const [id = null] = await enqueue(transaction, claim.tenant, [entry], this.#store.now())
      const committed: TargetRecord = { ...target, entry: id }
      await updateTarget(transaction, claim, committed)
      const [only, ...others] = target.items
      if (only !== undefined && others.length === 0) await updateItem(transaction, claim, target.connection, only)
      return committed
    })
  }

  async commitWithReceipt(claim: Claim, target: TargetRecord, facts: ReceiptFacts): Promise<Committed> {
    return committedOf(target, await this.commitWritten(claim, target, facts))
  }

  /** As `commitWithReceipt`, and answers what is not known before. */
  async commitWritten(claim: Claim, target: TargetRecord, facts: ReceiptFacts): Promise<WrittenCommit> {
    if (!this.#store.isShared) return await this.#receipted.commit(claim, target, facts)
    const due: TargetRecord = { ...target, receipt: 'due' }
    const { entry } = await this.commitTarget(claim, due, deliveredEntry(facts))
    if (entry === null) throw new TypeError('a committed target has an entry')
    return { entry, receipt: null, fault: null }
  }

  async note(claim: Claim, entries: readonly NewEntry[]): Promise<void> {
    await this.#fenced(claim, async (transaction) => {
      await enqueue(transaction, claim.tenant, entries, this.#store.now())
    })
  }

  async release(
    claim: Claim,
    end: ReleaseEnd,
    entries: readonly NewEntry[],
    copied: readonly CopiedReceipt[] = [],
  ): Promise<void> {
    const ended = { claim, end, entries, copied }
    if (this.#store.isShared) {
      await this.#commits.run(claim.tenant, (transaction) => endClaim(transaction, ended, this.#store.now()))
    } else if (!(await this.#end(ended))) throw new LeaseLost(claim)
  }

  async makeDue(
    tenant: string,
    id: string,
    connections: readonly string[],
    entries: readonly NewEntry[],
  ): Promise<boolean> {
    const now = this.#store.now()
    return await this.#commits.run(locking(tenant, id), (transaction) =>
      makeDue(transaction, this.#store, { tenant, id, entries, now }, connections),
    )
  }

  async cancel(tenant: string, id: string, entries: readonly NewEntry[]): Promise<boolean> {
    const now = this.#store.now()
    return await this.#commits.run(locking(tenant, id), (transaction) =>
      cancelDelivery(transaction, this.#store, { tenant, id, entries, now }),
    )
  }

  async isCancelled(claim: Claim): Promise<boolean> {
    const row = await this.#store.read(claim.tenant, (executor) =>
      executor.selectFrom('deliveries').select('cancelled_at').where('id', '=', claim.delivery).executeTakeFirst(),
    )
    return row !== undefined && row.cancelled_at !== null
  }

  async owedTo(tenant: string, connection: string): Promise<string[]> {
    return await this.#store.read(tenant, (executor) => owedIds(executor, tenant, connection))
  }

  async owedCount(tenant: string, connection: string): Promise<number> {
    return await this.#store.read(tenant, (executor) => owedCount(executor, tenant, connection))
  }

  async makeOwedDue(tenant: string, connection: string, spacingMs: number): Promise<number> {
    const owed = await this.owedTo(tenant, connection)
    for (let start = 0; start < owed.length; start += owedAtATime) {
      await this.#commits.run(tenant, async (transaction) => {
        for (const [index, id] of owed.slice(start, start + owedAtATime).entries()) {
          await dueAt(transaction, id, connection, this.#store.now((start + index) * spacingMs), this.#store.now())
        }
      })
    }
    return owed.length
  }

  async heldBytes(tenant: string, route: string): Promise<number> {
    return await this.#store.read(tenant, (executor) => heldBytes(executor, tenant, route))
  }

  async newestTo(tenant: string, connection: string): Promise<DeliveryRecord | null> {
    return await this.#store.read(tenant, async (executor) => {
      const row = await newestTo(executor, tenant, connection)
      const [record] = await recordsOf(executor, row === null ? [] : [row])
      return record ?? null
    })
  }

  async saveReceipt(
    claim: Claim,
    target: TargetRecord,
    files: readonly ReceiptFile[],
  ): Promise<readonly ReceiptFile[]> {
    return (await this.saveWrittenReceipt(claim, target, writeReceipt(files))) ?? files
  }

  /** As `saveReceipt`, of a receipt as `writeReceipt` wrote it. Null: it is kept; otherwise the one that stands. */
  async saveWrittenReceipt(
    claim: Claim,
    target: TargetRecord,
    written: Uint8Array,
  ): Promise<readonly ReceiptFile[] | null> {
    return await this.#fenced(claim, async (transaction) => {
      await updateTarget(transaction, claim, target)
      return await keepReceipt(transaction, claim, target.connection, written, this.#store.now())
    })
  }

  async receipt(tenant: string, delivery: string, connection: string): Promise<readonly ReceiptFile[] | null> {
    return await this.#store.read(tenant, (executor) => receiptOf(executor, tenant, delivery, connection))
  }

  /** Voids every lease: whoever holds the data directory's lock knows that the workers of before are gone. */
  async voidLeases(): Promise<void> {
    await this.#store.write(everyTenant, (executor) =>
      executor
        .updateTable('deliveries')
        .set((eb) => ({ lease_until: null, worker: null, fence: eb('fence', '+', 1) }))
        .where('lease_until', 'is not', null)
        .execute(),
    )
  }

  /** INVARIANT: every write of a claim goes through here; nobody else changes the row until the transaction ends. */
  async #fenced<T>(claim: Claim, work: (transaction: Executor) => Promise<T>): Promise<T> {
    return await this.#commits.run(locking(claim.tenant, claim.delivery), async (transaction) => {
      await passFence(transaction, claim, this.#store.isShared)
      return await work(transaction)
    })
  }
}
