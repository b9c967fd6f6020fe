/**
 * What the delivery room needs kept, free of any one database. Implemented by `state/`. Whoever holds a claim writes
 * `WHERE fence = mine`: a write with an old fence changes nothing and rejects with `LeaseLost`.
 */
import type { DrawbridgeError } from '../base/index.ts'
import type { Route } from '../contract/index.ts'
import type { PendingEntry, ReceiptFacts, ReceiptFile } from '../evidence/index.ts'
import type { DeliveryRecord, ItemRecord, SentPart, SpooledFile, TargetRecord } from './record.ts'

/** Something that happened, to be written in the same transaction as the change it tells of. */
export type NewEntry = Omit<PendingEntry, 'outboxId' | 'time'>

/** The right to work on one delivery, until the lease ends or somebody else claims it. */
export interface Claim {
  readonly tenant: string
  readonly delivery: string
  readonly fence: number
  /** At most `smallDeliveryBytes`. */
  readonly isSmall: boolean
  /** Claims before this one that ended without an answer. */
  readonly crashes: number
  /** How often somebody had asked for another attempt when it was claimed. */
  readonly nudges: number
}

/** What is claimed may come with all that its worker asks for first: where the database is near, one answer costs less than three. */
export interface Claimed extends Claim {
  /** Absent: the worker asks for it. */
  readonly found?: Found
}

/** A claimed delivery as it was when it was claimed. */
export interface Found {
  readonly record: DeliveryRecord
  /** The bytes of its one file, where they are kept in the database; null otherwise. */
  readonly report: Uint8Array | null
}

/** How a claim is given back. */
export interface ReleaseEnd {
  readonly state: DeliveryRecord['state']
  readonly availableAt: string | null
  readonly isCrash?: boolean
  /** Nothing needs the report's bytes any more: small ones are gone with this, files of the spool may be removed after. */
  readonly isUnspooled?: boolean
}

/** A target whose receipt has its copies beside the report. */
export interface CopiedReceipt {
  readonly connection: string
  readonly sidecarAttempts: number
}

/** What became of a commit. */
export interface Committed {
  /** As it is saved: its receipt `made`, or still `due`. */
  readonly target: TargetRecord
  /** The receipt's files; null: it is due, or its copies must wait. */
  readonly files: readonly ReceiptFile[] | null
  /** Why the copies of a receipt that is made must wait; null: they need not. */
  readonly fault: DrawbridgeError | null
}

/** How many deliveries a worker has room for. */
export interface ClaimLimit {
  readonly small: number
  readonly large: number
  /** Of these at most so many that ended `suspectAfter` claims in a row without an answer. Absent: 1. */
  readonly suspects?: number
}

/** From so many claims in a row without an answer on, a delivery may be what kills its workers: it is worked on alone. */
export const suspectAfter = 2

/** Deliveries up to this size cost a request more than they cost bytes: many of them are worked on at a time. */
export const smallDeliveryBytes = 1024 * 1024

/** The claim is not ours any more: stop at once, write nothing. */
export class LeaseLost extends Error {
  readonly delivery: string

  constructor({ delivery }: Pick<Claim, 'delivery'>) {
    super(`the claim on \`${delivery}\` is lost`)
    this.name = 'LeaseLost'
    this.delivery = delivery
  }
}

/** What is known of a delivery when it is accepted. */
export type NewDelivery = Omit<DeliveryRecord, 'state' | 'acceptedAt' | 'cancelledAt' | 'crashes' | 'isSpooled'>

/** A worker's hold on what it begins with in the moment of acceptance. */
export interface Hold {
  /** Names it in its claims. */
  readonly worker: string
  readonly leaseMs: number
}

/** The first claim on a small delivery: what an acceptance with a hold gives. */
export function firstClaim({ tenant, id }: Pick<NewDelivery, 'tenant' | 'id'>): Claim {
  return { tenant, delivery: id, fence: 1, isSmall: true, crashes: 0, nudges: 0 }
}

/** What became of an acceptance. */
export type Accepted =
  | { readonly isNew: true; readonly acceptedAt: string }
  /** Its idempotency key was used before: by this delivery. */
  | { readonly isNew: false; readonly earlier: DeliveryRecord }

/** The record of a delivery that was accepted just now. */
export function acceptedRecord(delivery: NewDelivery, acceptedAt: string): DeliveryRecord {
  return { ...delivery, state: 'accepted', acceptedAt, cancelledAt: null, crashes: 0, isSpooled: true }
}

export interface DeliveryRepository {
  /** Remembers a file that no delivery owns yet; of a small report it keeps the bytes too. */
  addUpload(tenant: string, file: SpooledFile, bytes: Uint8Array | null): Promise<void>
  /** The bytes of a small report, as they were handed over; null when they are gone. */
  smallReport(tenant: string, upload: string): Promise<Uint8Array | null>
  /** The uploads of these ids that the tenant has, owned by a delivery or not. */
  uploads(tenant: string, ids: readonly string[]): Promise<{ file: SpooledFile; delivery: string | null }[]>
  /** Forgets, and names, the uploads that no delivery has taken for `olderThanMs`; the caller removes the files. */
  forgetOrphanUploads(olderThanMs: number): Promise<string[]>
  /** All uploads whose bytes the spool must still hold. */
  spooledUploads(): Promise<string[]>

  /**
   * One transaction: the delivery, its hold on the uploads, and its entries. With an idempotency key that was used
   * before, nothing is written and the earlier delivery is returned.
   *
   * @param handed - the bytes of small files that come with the acceptance, by their place among the delivery's files;
   * null or absent: that file is an upload already
   * @param hold - it is claimed with its acceptance (`firstClaim`), a crash counted before the work; the items of its
   * targets are kept with it
   * @throws input-invalid — an upload was taken by another delivery in the meantime
   */
  accept(
    delivery: NewDelivery,
    entries: readonly NewEntry[],
    handed?: readonly (Uint8Array | null)[],
    hold?: Hold,
  ): Promise<Accepted>
  byId(tenant: string, id: string): Promise<DeliveryRecord | null>
  byIdempotencyKey(tenant: string, key: string): Promise<DeliveryRecord | null>
  /** The newest first; reports, or canaries where those are asked for. */
  list(
    tenant: string,
    filter: { readonly route?: string; readonly limit: number; readonly isCanary?: boolean },
  ): Promise<DeliveryRecord[]>

  /**
   * Claims deliveries that are due and not under a living lease, counting a crash before the work: up to `limit.small`
   * of at most `smallDeliveryBytes`, and up to `limit.large` others; of suspects the ones with the fewest crashes first.
   */
  claim(worker: string, limit: ClaimLimit, leaseMs: number): Promise<Claimed[]>
  /**
   * Takes back what a clock put off that stood ahead and was set right since: a delivery that was accepted in what is the
   * future now is due, and no lease lasts longer than one that begins now. Returns how many deliveries became due.
   *
   * @param setBackMs - by so much the clock was seen to be set back: whatever waits goes on waiting for as long as it would
   * have. Where others share the database its own clock counts, and this changes nothing.
   */
  mendTimes(leaseMs: number, setBackMs: number): Promise<number>
  /** Prolongs the lease. False: the claim is lost. */
  heartbeat(claim: Claim, leaseMs: number): Promise<boolean>
  /**
   * When the next delivery becomes due or its lease ends, of the sizes that there is room for (absent: of all); null:
   * nothing is waiting.
   */
  nextDueAt(limit?: Pick<ClaimLimit, 'small' | 'large'>): Promise<Date | null>
  /** @throws LeaseLost */
  saveItem(claim: Claim, connection: string, item: ItemRecord): Promise<void>
  /** Saves a part that the store took; counts as progress, so earlier crashes are forgiven. @throws LeaseLost */
  savePart(claim: Claim, connection: string, item: number, part: SentPart): Promise<void>
  /** The saved parts of an item's present upload, in order. */
  parts(claim: Claim, connection: string, item: number): Promise<SentPart[]>
  /** Forgets the saved parts of an item, for a new upload. @throws LeaseLost */
  dropParts(claim: Claim, connection: string, item: number): Promise<void>
  /** Replaces all items of a target: the plan, before anything is sent. With `target`, saves that too. @throws LeaseLost */
  saveItems(claim: Claim, connection: string, items: readonly ItemRecord[], target?: TargetRecord): Promise<void>
  /** Saves a target without its items, with entries. @throws LeaseLost */
  saveTarget(claim: Claim, target: TargetRecord, entries: readonly NewEntry[]): Promise<void>
  /** Saves a target as delivered, with the entry that tells of it; the record's `entry` becomes its outbox id. @throws LeaseLost */
  commitTarget(claim: Claim, target: TargetRecord, entry: NewEntry): Promise<TargetRecord>
  /**
   * As `commitTarget` of the entry that says what the receipt will say. Where the log is at hand the receipt of a report of
   * one file is made and saved in the same transaction; where it is not, or can not be signed now, the receipt stays due.
   * @throws LeaseLost
   */
  commitWithReceipt(claim: Claim, target: TargetRecord, facts: ReceiptFacts): Promise<Committed>
  /** Writes entries that belong to no other change. @throws LeaseLost */
  note(claim: Claim, entries: readonly NewEntry[]): Promise<void>
  /**
   * Gives the delivery back, with its state and when it is due again (null: when somebody asks); at once when somebody
   * asked in the meantime. Forgives earlier crashes unless `isCrash`. Notes of the targets in `copied` that their receipts
   * are copied, and that nothing of them is due any more.
   * @throws LeaseLost
   */
  release(claim: Claim, end: ReleaseEnd, entries: readonly NewEntry[], copied?: readonly CopiedReceipt[]): Promise<void>

  /**
   * Makes these targets due now and forgives earlier crashes. While the delivery is at work it is looked at again right
   * after. False: no such delivery.
   */
  makeDue(tenant: string, id: string, connections: readonly string[], entries: readonly NewEntry[]): Promise<boolean>
  /**
   * Asks for the end of a delivery, with the entries that tell of it: it becomes due, and whoever works on it learns of it
   * by `isCancelled`. False: no such delivery, or it was cancelled before.
   */
  cancel(tenant: string, id: string, entries: readonly NewEntry[]): Promise<boolean>
  /** Tells whether somebody asked for the end of a claimed delivery. */
  isCancelled(claim: Claim): Promise<boolean>
  /** Ids of deliveries that are still owed to this connection, in the order of acceptance. */
  owedTo(tenant: string, connection: string): Promise<string[]>
  /** How many those are. */
  owedCount(tenant: string, connection: string): Promise<number>
  /** Makes all that is owed to a connection due, one after the other in the order of acceptance. Returns how many. */
  makeOwedDue(tenant: string, connection: string, spacingMs: number): Promise<number>
  /** The bytes of accepted reports of a route that no target has yet. */
  heldBytes(tenant: string, route: string): Promise<number>
  /** The delivery accepted last for this connection, by a route that leads there now. */
  newestTo(tenant: string, connection: string): Promise<DeliveryRecord | null>

  /** Saves the target, and its receipt's files unless there are some already; returns those that stand. @throws LeaseLost */
  saveReceipt(claim: Claim, target: TargetRecord, files: readonly ReceiptFile[]): Promise<readonly ReceiptFile[]>
  receipt(tenant: string, delivery: string, connection: string): Promise<readonly ReceiptFile[] | null>
}

export interface RouteRepository {
  /** @throws already-exists | not-found — a target is no connection of the tenant */
  add(tenant: string, route: Route): Promise<void>
  byName(tenant: string, name: string): Promise<Route | null>
  list(tenant: string): Promise<Route[]>
  /** Replaces targets, policy and what is said of its canaries. Deliveries accepted before keep theirs. @throws not-found */
  update(tenant: string, route: Route): Promise<void>
  /** @throws not-found */
  remove(tenant: string, name: string): Promise<void>
}
