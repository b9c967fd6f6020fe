/**
 * Runs deliveries: claims what is due, keeps the lease alive, and gives the work back. What is done with a claim is the
 * pass's business; the delivery row is the truth, and waking up is only a hint.
 */
import { type Clock, noTracing, type Random, type Tracing } from '../base/index.ts'
import type { BegunDelivery, Reservation } from './begin.ts'
import type { Circuits } from './circuit.ts'
import { type PassEnd, runPass } from './pass.ts'
import type { ReceiptMaker } from './receipts.ts'
import { type Claim, type ClaimLimit, type DeliveryRepository, LeaseLost, suspectAfter } from './repository.ts'
import { SidecarWriter } from './sidecars.ts'
import type { Spool } from './spool/spool.ts'
import type { TargetAccess } from './target-access.ts'
import { comeWith, DeliveryCancelled, type DeliveryEvent, WorkerStopping, type WorkTools } from './work.ts'

const leaseMs = 15_000
const heartbeatMs = 5_000
const longestNapMs = 5_000
const orphanUploadMs = 24 * 60 * 60_000
const houseKeepingMs = 60 * 60_000
/** A clock that was set back is noticed by the next look at it, or after this long. */
const clockCheckMs = 60_000

/** So many times as many small deliveries as are sent at a time may be at work, most of them waiting for their receipts. */
const settlingShare = 4

/** Made once: an error of its own for every nap and every claim costs more than the rest of their end. */
const napEnded = new Error('the nap is over')
const workEnded = new LeaseLost({ delivery: 'a delivery that was given back' })

/** What a worker works with. */
export interface DeliveryWorkerParts {
  readonly clock: Clock
  readonly random: Random
  readonly repository: DeliveryRepository
  readonly access: TargetAccess
  readonly spool: Spool
  readonly receipts: ReceiptMaker
  /** Names the worker in its claims. */
  readonly name?: string
  /** Large deliveries at work at the same time; 4 unless said otherwise. */
  readonly concurrency?: number
  /** Small deliveries at work beside them; 128 unless said otherwise. */
  readonly smallConcurrency?: number
  /** Claims without an answer, one after the other, before a delivery is put into quarantine; 5 unless said otherwise. */
  readonly quarantineAfter?: number
  /** True: other processes use the same spool, which is then swept by age. */
  readonly isSpoolShared?: boolean
  /** Absent: every target is always tried. */
  readonly circuits?: Circuits
  /** Absent: what is owed to a target that is well again goes at once. */
  readonly backfillSpacingMs?: (connection: string) => number
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing
  /** Called as things happen. It must not throw. */
  readonly onEvent?: (event: DeliveryEvent) => void
}

/** Works deliveries off, in one process among any number. */
export class DeliveryWorker {
  readonly #parts: DeliveryWorkerParts
  readonly #tools: WorkTools
  readonly #running = new Map<Promise<void>, Claim>()
  /** Of these, the small ones that wait for their receipts. */
  readonly #arrived = new Set<Claim>()
  readonly #aborts = new Set<AbortController>()
  /** Places that are kept for reports which are being accepted. */
  readonly #reserved = new Set<Promise<void>>()
  /** True: more small ones may wait in the database than were claimed. They come first. */
  #isBehind = true
  /** How often somebody asked for a look. */
  #asked = 0
  #isInterrupted = false
  #wake: () => void = () => {}
  #isWoken = false
  #loop: Promise<void> | null = null
  #isStopping = false
  #houseKeptAt = Number.NEGATIVE_INFINITY
  #timesMendedAt = Number.NEGATIVE_INFINITY
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(parts: DeliveryWorkerParts) {
    this.#parts = parts
    const { clock, random, repository, access, spool, receipts } = parts
    const tell = parts.onEvent ?? (() => {})
    const sidecars = new SidecarWriter(access)
    const { circuits, backfillSpacingMs = () => 0, tracing = noTracing } = parts
    const shared = { clock, random, repository, access, spool, receipts, sidecars, backfillSpacingMs, tracing, tell }
    this.#tools = circuits === undefined ? shared : { ...shared, circuits }
  }

  /** Starts the loop. A second call does nothing. */
  start(): void {
    if (this.#isStopping) throw new TypeError('a stopped worker can not be started again')
    this.#loop ??= this.#run()
  }

  /**
   * Claims nothing more, lets what is at work end for up to `drainMs` (30 s unless said otherwise), then interrupts the
   * rest and gives it back. Resolves when nothing runs any more.
   */
  async stop(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#isStopping = true
    this.wake()
    const { clock } = this.#parts
    const drained = new AbortController()
    const idle = this.#idle().then(() => drained.abort())
    const drainMs = options.drainMs ?? 30_000
    if (drainMs > 0) await Promise.race([idle, clock.sleep(drainMs, drained.signal).catch(() => {})])
    this.#isInterrupted = true
    for (const abort of this.#aborts) abort.abort(new WorkerStopping())
    await idle
    await this.#loop
  }

  /** Looks for due work now instead of at the end of the nap. */
  wake(): void {
    this.#asked += 1
    this.#lookAgain()
  }

  #lookAgain(): void {
    this.#isWoken = true
    this.#wake()
  }

  /**
   * Keeps a place for a small report that is being accepted, so that the work on it begins with the acceptance. Null: this
   * worker does not run, has no room, or others were there first.
   */
  reserve(): Reservation | null {
    if (this.#loop === null || this.#isStopping || this.#isBehind) return null
    const { small, all } = this.#places()
    if (small <= 0 || all <= 0) {
      // What is accepted now waits in the database.
      this.#isBehind = true
      return null
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#reserved.add(promise)
    const leave = (): void => {
      this.#reserved.delete(promise)
      resolve()
    }
    const begin = (claim: Claim, begun: BegunDelivery): void => {
      leave()
      this.#begin(claim, begun)
    }
    return { worker: this.#name, leaseMs, begin, leave }
  }

  get #name(): string {
    return this.#parts.name ?? 'worker'
  }

  /** Works off everything that is due at this moment and returns how many claims that were. For tests and commands. */
  async runOnce(): Promise<number> {
    await this.#mendTimes()
    let claims = 0
    for (;;) {
      const started = await this.#claimMore()
      if (started === 0 && this.#running.size === 0) return claims
      claims += started
      await Promise.all(this.#running.keys())
    }
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      this.#isWoken = false
      try {
        await this.#mendTimes()
        await this.#keepHouseInTime()
        const { suspects } = this.#room()
        const claimed = await this.#claimMore()
        const room = this.#room()
        // Nothing more can be begun before something ends, and that wakes.
        if (room.small === 0) this.#isBehind = true
        const isFull = (room.small === 0 && room.large === 0) || (suspects === 0 && claimed === 0)
        if (!this.#isWoken) await this.#nap(isFull ? longestNapMs : await this.#napMs(room))
      } catch (error) {
        // The database is out of reach: nothing is claimed until it is back.
        this.#tools.tell({ type: 'crash', delivery: null, error })
        await this.#nap(longestNapMs)
      }
    }
  }

  async #napMs(room: ClaimLimit): Promise<number> {
    const due = await this.#parts.repository.nextDueAt(room)
    if (due === null) return longestNapMs
    return Math.min(longestNapMs, Math.max(10, due.getTime() - this.#parts.clock.now().getTime()))
  }

  async #nap(milliseconds: number): Promise<void> {
    if (this.#isWoken || this.#isStopping) return
    const nap = new AbortController()
    this.#wake = () => nap.abort(napEnded)
    await this.#parts.clock.sleep(milliseconds, nap.signal).catch(() => {})
    this.#wake = () => {}
    nap.abort(napEnded)
  }

  /** How much more can be begun. Small ones are taken several at a time: one claim costs as much as many. */
  #room(): Required<ClaimLimit> {
    const { smallConcurrency = 128 } = this.#parts
    const { small, large, suspects, all } = this.#places()
    const free = Math.min(small, all)
    return { small: free < smallConcurrency / 4 ? 0 : free, large: Math.max(0, large), suspects }
  }

  /** Places that are free, of each kind; `all`: of the small ones those too that wait for their receipts. */
  #places(): Required<ClaimLimit> & { readonly all: number } {
    const { concurrency = 4, smallConcurrency = 128 } = this.#parts
    let [small, large, suspects] = [smallConcurrency - this.#reserved.size, concurrency, 1]
    let all = smallConcurrency * settlingShare - this.#reserved.size
    for (const claim of this.#running.values()) {
      if (!claim.isSmall) large -= 1
      else if (!this.#arrived.has(claim)) small -= 1
      if (claim.isSmall) all -= 1
      // Two suspects at a time could take each other into the quarantine.
      if (claim.crashes >= suspectAfter) suspects = 0
    }
    return { small, large, suspects, all }
  }

  /** A small report that has arrived waits for its receipt only: another one may be sent in the meantime. */
  #leaveRoom(claim: Claim): void {
    if (!claim.isSmall) return
    this.#arrived.add(claim)
    if (this.#isBehind && this.#room().small > 0) this.#lookAgain()
  }

  async #claimMore(): Promise<number> {
    const room = this.#room()
    if ((room.small === 0 && room.large === 0) || this.#isStopping) return 0
    // Whoever is accepted from now on is not counted here.
    if (room.small > 0) this.#isBehind = false
    const claims = await this.#parts.repository.claim(this.#name, room, leaseMs)
    if (room.small === 0 || claims.filter(({ isSmall }) => isSmall).length >= room.small) this.#isBehind = true
    for (const { found, ...claim } of claims) {
      this.#take(claim, found === undefined ? {} : comeWith(found), () => {
        // While small ones come to their end one by one, nothing can be begun before there is room for several.
        if (!claim.isSmall || claim.crashes >= suspectAfter || this.#running.size === 0 || this.#room().small > 0) {
          this.#lookAgain()
        }
      })
    }
    return claims.length
  }

  #begin(claim: Claim, begun: BegunDelivery): void {
    const asked = this.#asked
    this.#take(claim, comeWith(begun), (end) => {
      // Nothing waits for its place unless somebody was told to wait; and what is due again, or was asked for, has to be found.
      if (this.#isBehind || end === null || end.availableAt !== null || asked !== this.#asked) this.#lookAgain()
    })
  }

  #take(claim: Claim, known: Partial<ReturnType<typeof comeWith>>, onEnd: (end: PassEnd | null) => void): void {
    const run = this.#work(claim, known).then((end) => {
      this.#running.delete(run)
      this.#arrived.delete(claim)
      onEnd(end)
    })
    this.#running.set(run, claim)
  }

  /** Null: it ended without an answer. */
  async #work(claim: Claim, known: Partial<ReturnType<typeof comeWith>>): Promise<PassEnd | null> {
    const abort = new AbortController()
    this.#aborts.add(abort)
    if (this.#isInterrupted) abort.abort(new WorkerStopping())
    const heartbeat = this.#keepLease(claim, abort)
    try {
      const facts = { delivery: claim.delivery, crashes: claim.crashes, isSmall: claim.isSmall }
      return await this.#tools.tracing.span('delivery.pass', facts, () =>
        runPass(this.#tools, claim, abort.signal, {
          quarantineAfter: this.#parts.quarantineAfter ?? 5,
          onArrived: () => this.#leaveRoom(claim),
          ...known,
        }),
      )
    } catch (error) {
      // A lost lease is somebody else's work now; anything else ends without an answer, and the lease runs out.
      if (!(error instanceof LeaseLost)) this.#tools.tell({ type: 'crash', delivery: claim.delivery, error })
      return null
    } finally {
      this.#aborts.delete(abort)
      abort.abort(workEnded)
      await heartbeat
    }
  }

  async #keepLease(claim: Claim, abort: AbortController): Promise<void> {
    const { clock, repository } = this.#parts
    while (!abort.signal.aborted) {
      try {
        await clock.sleep(heartbeatMs, abort.signal)
        if (!(await repository.heartbeat(claim, leaseMs))) abort.abort(new LeaseLost(claim))
        else if (await repository.isCancelled(claim)) abort.abort(new DeliveryCancelled())
      } catch (error) {
        // A missed beat is no lost lease: every write asks for the fence anyway.
        if (!abort.signal.aborted) this.#tools.tell({ type: 'crash', delivery: claim.delivery, error })
      }
    }
  }

  /** What was accepted while the clock stood ahead must not wait until the clock is there again. */
  async #mendTimes(): Promise<void> {
    const now = this.#parts.clock.now().getTime()
    const setBackMs = Math.max(0, this.#lookedAt - now)
    const isSetBack = setBackMs > 0
    this.#lookedAt = now
    if (!isSetBack && now - this.#timesMendedAt < clockCheckMs) return
    // The other moments that are remembered here are of the clock before.
    if (isSetBack) this.#houseKeptAt = Math.min(this.#houseKeptAt, now)
    // A pass that is under way puts off once more by what it read before.
    this.#timesMendedAt = isSetBack ? now - clockCheckMs + longestNapMs : now
    await this.#parts.repository.mendTimes(leaseMs, setBackMs)
  }

  async #keepHouseInTime(): Promise<void> {
    const now = this.#parts.clock.now().getTime()
    if (this.#parts.isSpoolShared === true || now - this.#houseKeptAt < houseKeepingMs) return
    this.#houseKeptAt = now
    await this.keepHouse()
  }

  /** Removes what nobody needs. Done by itself every hour; where workers share a spool, whoever's turn it is calls it. */
  async keepHouse(): Promise<void> {
    const { repository, spool, clock } = this.#parts
    for (const upload of await repository.forgetOrphanUploads(orphanUploadMs)) await spool.remove(upload)
    if (this.#parts.isSpoolShared !== true) return
    const known = new Set(await repository.spooledUploads())
    await spool.sweep(known, new Date(clock.now().getTime() - orphanUploadMs))
  }

  async #idle(): Promise<void> {
    while (this.#running.size + this.#reserved.size > 0) {
      await Promise.all([...this.#running.keys(), ...this.#reserved])
    }
  }
}
