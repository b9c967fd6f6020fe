/**
 * One pass over one claimed delivery: every target that is due gets one attempt, in the route's order; what became of
 * it is committed; receipts that are outstanding are made; then the claim is given back with the moment of the next pass.
 */
import { DrawbridgeError } from '../base/index.ts'
import type { ReceiptFile } from '../evidence/index.ts'
import { attemptBegun, attemptTarget } from './attempt.ts'
import { backfillDelayMs, faultBudget, faultDelayMs } from './backoff.ts'
import type { BegunAttempt } from './begin.ts'
import type { Gate } from './circuit.ts'
import { commitDelivered } from './commit.ts'
import { behindTheFirst, nextDue } from './due.ts'
import { notDeliveredEntry, quarantinedEntry } from './entries.ts'
import { hasOpenUpload, leaveTarget, orphanEntries, reasonOfCancelled, reasonOfUnneeded } from './leave.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { type DeliveryRecord, deliveryStateOf, type TargetIdentity, type TargetRecord } from './record.ts'
import { type Claim, type CopiedReceipt, LeaseLost, type NewEntry } from './repository.ts'
import { settleReceipt } from './settle.ts'
import { DeliveryCancelled, type PassOptions, type Work, WorkerStopping, type WorkTools } from './work.ts'

/** So often is a target tried that is not needed any more and out of reach, before its open uploads are left: two to four days. */
const maximumAttemptsToLeave = 24

/** A pass that ended without an answer is repeated after this, doubling, until the quarantine. */
const crashDelayMs = 1_000

/** What a pass leaves. */
export interface PassEnd {
  /** When the delivery is looked at again; null: when somebody asks. */
  readonly availableAt: string | null
}

/**
 * Works one claim off and gives it back; answers when the delivery is due again.
 * @throws LeaseLost — somebody else has the delivery now
 * @throws anything that is no answer of the world, after giving the claim back as crashed
 */
export async function runPass(
  tools: WorkTools,
  claim: Claim,
  signal: AbortSignal,
  { quarantineAfter, onArrived, record: found, takeReport = () => null, begun = null }: PassOptions,
): Promise<PassEnd> {
  const record = found ?? (await tools.repository.byId(claim.tenant, claim.delivery))
  if (record === null) throw new LeaseLost(claim)
  const pass = new Pass({ tools, claim, record, signal, onArrived, takeReport }, begun)
  if (claim.crashes >= quarantineAfter) {
    await pass.quarantine()
    return { availableAt: null }
  }
  try {
    if (record.cancelledAt !== null) await pass.cancel()
    else await pass.run()
    return { availableAt: await pass.release() }
  } catch (error) {
    // The claim is given back due: whoever takes it next finds it cancelled, and puts things in order.
    if (error instanceof WorkerStopping || error instanceof DeliveryCancelled) {
      return { availableAt: await pass.giveBack() }
    }
    if (!(error instanceof LeaseLost)) await pass.giveBackCrashed(error)
    throw error
  }
}

class Pass {
  readonly #work: Work
  readonly #targets: Map<string, TargetRecord>
  /** The targets whose receipts have their copies: saved together with the claim's end. */
  readonly #copied = new Map<string, CopiedReceipt>()
  /** The attempt that was written down when the report was accepted, until it is made. */
  #begun: BegunAttempt | null

  constructor(work: Work, begun: BegunAttempt | null) {
    this.#work = work
    this.#begun = begun
    this.#targets = new Map(work.record.targets.map((target) => [target.connection, target]))
  }

  /** The record with what became of its targets in this pass. */
  get #record(): DeliveryRecord {
    return { ...this.#work.record, targets: [...this.#targets.values()] }
  }

  get #now(): number {
    return this.#work.tools.clock.now().getTime()
  }

  async run(): Promise<void> {
    for (const target of this.#targets.values()) await this.#settle(target)
    if (this.#work.record.policy === 'mirror') await this.#runMirror()
    else await this.#runFailover()
  }

  /** Somebody ended the delivery: what arrived keeps its receipts, everything else is put in order and left. */
  async cancel(): Promise<void> {
    const { claim, tools } = this.#work
    for (const target of this.#targets.values()) {
      await this.#settle(target)
      if (['delivered', 'skipped', 'conflict', 'cancelled'].includes(target.state)) continue
      const left = await leaveTarget(this.#work, target)
      const end: TargetRecord = { ...target, state: 'cancelled', availableAt: null, reason: reasonOfCancelled(left) }
      await this.#keep(end, (kept) => tools.repository.saveTarget(claim, kept, left.entries))
    }
  }

  /** All targets side by side: a slow one holds no other back. */
  async #runMirror(): Promise<void> {
    const due = [...this.#targets.values()].filter((target) => this.#isDue(target))
    const ends = await Promise.allSettled(due.map((target) => this.#attempt(target)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  /** One target after the other, until one has the report or has to be waited for. */
  async #runFailover(): Promise<void> {
    for (const { connection } of this.#work.record.targets) {
      const target = this.#targets.get(connection)
      if (target === undefined || target.state === 'delivered') break
      if (this.#isDue(target)) {
        const isOver = await this.#attempt(target)
        if (isOver) break
      } else if (target.state === 'waiting' || target.state === 'sending') break
    }
    await this.#skipTheRest()
  }

  /** Targets behind the one that has the report were never needed, or are not any more. */
  async #skipTheRest(): Promise<void> {
    for (const target of behindTheFirst(this.#record)) {
      if (target.attempts === 0) await this.#skip({ ...target, reason: null }, [])
      else if (!hasOpenUpload(target) || this.#isDue(target)) await this.#leave(target)
    }
  }

  /** What was tried there ends. A target out of reach keeps its open uploads until it is back, or for some days. */
  async #leave(target: TargetRecord): Promise<void> {
    const { claim, tools } = this.#work
    const left = await leaveTarget(this.#work, target)
    if (left.error === null || left.error.retry === 'never' || target.attempts >= maximumAttemptsToLeave) {
      return await this.#skip({ ...target, reason: reasonOfUnneeded(left, target.reason) }, left.entries)
    }
    const availableAt = this.#after(backfillDelayMs(target.attempts, tools.random))
    const later: TargetRecord = { ...target, state: 'failed', attempts: target.attempts + 1, availableAt }
    await this.#keep(later, (kept) => tools.repository.saveTarget(claim, kept, []))
  }

  async #skip(target: TargetRecord, entries: readonly NewEntry[]): Promise<void> {
    const { claim, tools } = this.#work
    await this.#keep({ ...target, state: 'skipped', availableAt: null }, (skipped) =>
      tools.repository.saveTarget(claim, skipped, entries),
    )
  }

  #isDue(target: TargetRecord): boolean {
    // Whatever the clock did since.
    if (this.#begun?.connection === target.connection) return true
    if (target.state === 'delivered' || target.state === 'skipped' || target.availableAt === null) return false
    return Date.parse(target.availableAt) <= this.#now
  }

  /** True: the route has what it wants of this pass, or must wait for this target. */
  async #attempt(target: TargetRecord): Promise<boolean> {
    const { claim, tools } = this.#work
    const begun = this.#begun
    if (begun?.connection === target.connection) {
      this.#begun = null
      const started: TargetRecord = { ...target, items: [] }
      this.#targets.set(target.connection, started)
      this.#tell(started)
      return await this.#conclude(started, (work) => attemptBegun(work, started, begun))
    }
    const gate = (await tools.circuits?.gate(claim.tenant, target.connection)) ?? { kind: 'closed' }
    if (gate.kind === 'open') return await this.#hold(target, gate)
    const identity = await this.#identityFor(target)
    // Counted before the work, so that an attempt that kills the process is counted too.
    const attempts = target.attempts + 1
    if (identity instanceof DrawbridgeError) {
      return await this.#end({ ...target, attempts }, 'failed', identity.message, null)
    }
    const started: TargetRecord = { ...target, identity, state: 'sending', attempts }
    // Where nothing was planned yet, a small report's start is saved with its plan.
    const isSavedLater = claim.isSmall && target.items.length === 0
    if (isSavedLater) this.#remember(started)
    else await this.#keep(started, (sending) => tools.repository.saveTarget(claim, sending, []))
    return await this.#conclude(started, (work) => attemptTarget(work, started, isSavedLater))
  }

  /** Makes an attempt that was counted, and saves what became of it. */
  async #conclude(started: TargetRecord, attempt: (work: Work) => Promise<Outcome>): Promise<boolean> {
    const { claim, tools } = this.#work
    const facts = { delivery: claim.delivery, connection: started.connection, attempt: started.attempts }
    const outcome = await tools.tracing.span('delivery.attempt', facts, async (span) => {
      const end = await attempt(this.#work)
      span.note({ outcome: end.kind, ...('error' in end ? { code: end.error.code } : {}) })
      return end
    })
    await this.#tellCircuit(started, outcome)
    switch (outcome.kind) {
      case 'delivered':
        await this.#commit(started, outcome)
        return true
      case 'fault':
        return await this.#fault(started, outcome.error)
      case 'refused':
        return await this.#refuse(started, outcome)
      case 'conflict':
        return await this.#end(started, 'conflict', `another object stands at \`${outcome.key}\``, null)
      case 'spool-broken':
        await this.#end(started, 'failed', outcome.error.message, null)
        return true
    }
  }

  /** The target is down for everybody: it is not asked, and no attempt is counted. */
  async #hold(target: TargetRecord, gate: Extract<Gate, { kind: 'open' }>): Promise<boolean> {
    const { claim, tools } = this.#work
    const until = gate.until.getTime() + backfillDelayMs(1, tools.random) / 10
    const reason = `out of reach since ${gate.since}, tried again at ${gate.until.toISOString()}: ${gate.reason}`
    const held: TargetRecord = { ...target, state: 'failed', reason, availableAt: new Date(until).toISOString() }
    // Told once, and not at every look.
    const entries = target.state === 'failed' ? [] : [notDeliveredEntry(this.#work.record, held, 'failed')]
    await this.#keep(held, (kept) => tools.repository.saveTarget(claim, kept, entries))
    return false
  }

  /** Faults of the way count; any answer, a refusal too, shows that the target is there. */
  async #tellCircuit(target: TargetRecord, outcome: Outcome): Promise<void> {
    const { circuits, repository, backfillSpacingMs } = this.#work.tools
    const { tenant } = this.#work.record
    if (circuits === undefined || outcome.kind === 'spool-broken') return
    const { connection } = target
    if (outcome.kind === 'fault') return await circuits.failed(tenant, connection, outcome.error.message)
    if (!(await circuits.answered(tenant, connection))) return
    await repository.makeOwedDue(tenant, connection, backfillSpacingMs(connection))
  }

  /** The mapping as it is now: since acceptance it may have been repaired, or ask for a claim that is not there. */
  async #identityFor(target: TargetRecord): Promise<TargetIdentity | DrawbridgeError> {
    const { tenant, actor, claims } = this.#work.record
    try {
      return await this.#work.tools.access.identityFor(tenant, target.connection, { actor, claims })
    } catch (error) {
      if (error instanceof DrawbridgeError && outcomeOf(error) !== null) return error
      throw error
    }
  }

  async #commit(started: TargetRecord, outcome: Extract<Outcome, { kind: 'delivered' }>): Promise<void> {
    const { claim, tools } = this.#work
    if (this.#work.record.policy === 'failover') this.#work.onArrived()
    const { target, files, fault } = await commitDelivered(this.#work, this.#record, started, outcome)
    this.#remember(target)
    if (fault === null) return await this.#settle(target, files)
    // The receipt is safe; what it stands on can not be shown to others yet.
    tools.tell({ type: 'crash', delivery: claim.delivery, error: fault })
    const later: TargetRecord = { ...target, availableAt: this.#after(backfillDelayMs(1, tools.random)) }
    await this.#keep(later, (postponed) => tools.repository.saveTarget(claim, postponed, []))
  }

  async #fault(target: TargetRecord, error: DrawbridgeError): Promise<boolean> {
    const { claim, tools } = this.#work
    const faults = target.faults + 1
    // A target that did not take it before gets one try per backfill, not a whole budget.
    const before = this.#work.record.targets.find((other) => other.connection === target.connection)
    const isOwed = before !== undefined && before.state !== 'waiting' && before.state !== 'sending'
    if (faults >= faultBudget || isOwed) return await this.#end({ ...target, faults: 0 }, 'failed', error.message, null)
    const availableAt = this.#after(faultDelayMs(faults, tools.random))
    const waiting: TargetRecord = { ...target, state: 'waiting', faults, availableAt, reason: error.message }
    await this.#keep(waiting, (kept) => tools.repository.saveTarget(claim, kept, []))
    return true
  }

  async #refuse(target: TargetRecord, outcome: Extract<Outcome, { kind: 'refused' }>): Promise<boolean> {
    const { access, tell } = this.#work.tools
    const { tenant, id } = this.#work.record
    const { error } = outcome
    const diagnosis = await access
      .explain(tenant, target.connection, target.identity, error)
      .catch((fault: unknown) => {
        // Without an explanation the refusal still stands.
        tell({ type: 'crash', delivery: id, error: fault })
        return null
      })
    if (this.#work.signal.aborted) throw this.#work.signal.reason
    const state = outcome.isAmbiguous ? 'waiting' : 'refused'
    await this.#end(target, 'refused', error.message, diagnosis, state)
    return outcome.isAmbiguous
  }

  /** Ends an attempt without the report at the target; it is tried again by itself after a long pause. */
  async #end(
    target: TargetRecord,
    end: 'refused' | 'failed' | 'conflict',
    reason: string,
    diagnosis: TargetRecord['diagnosis'],
    state: TargetRecord['state'] = end,
  ): Promise<boolean> {
    const { claim, tools } = this.#work
    const availableAt = state === 'conflict' ? null : this.#after(backfillDelayMs(target.attempts, tools.random))
    const ended: TargetRecord = { ...target, state, reason, diagnosis, availableAt }
    const entry = notDeliveredEntry(this.#work.record, ended, end)
    await this.#keep(ended, (kept) => tools.repository.saveTarget(claim, kept, [entry]))
    return false
  }

  async #settle(target: TargetRecord, files: readonly ReceiptFile[] | null = null): Promise<void> {
    if (target.state !== 'delivered' || (target.receipt !== 'due' && target.sidecar !== 'due')) return
    if (target.availableAt !== null && Date.parse(target.availableAt) > this.#now) return
    const { claim, tools } = this.#work
    await settleReceipt(this.#work, this.#record, { target, files }, async (kept, entries, save) => {
      if (kept.sidecar === 'written') {
        // A crash before the claim's end writes the same copies once more.
        const { connection, sidecarAttempts } = kept
        this.#copied.set(connection, { connection, sidecarAttempts })
        this.#remember(kept)
      } else await this.#keep(kept, save ?? ((settled) => tools.repository.saveTarget(claim, settled, entries)))
    })
  }

  async #keep(target: TargetRecord, save: (target: TargetRecord) => Promise<unknown>): Promise<TargetRecord> {
    await save(target)
    this.#remember(target)
    return target
  }

  #remember(target: TargetRecord): void {
    const before = this.#targets.get(target.connection)
    this.#targets.set(target.connection, target)
    if (before?.state !== target.state) this.#tell(target)
  }

  #tell({ connection, state, reason }: TargetRecord): void {
    const { tenant, id: delivery } = this.#work.record
    this.#work.tools.tell({ type: 'target', tenant, delivery, connection, state, reason })
  }

  #after(milliseconds: number): string {
    return new Date(this.#now + milliseconds).toISOString()
  }

  /** Gives the claim back with the state of the whole and the moment at which the first open matter is due. */
  async release(): Promise<string | null> {
    const { tools, claim, record } = this.#work
    const state = deliveryStateOf(this.#record)
    const availableAt = nextDue(this.#record, this.#after(0))
    const isEnded = state === 'delivered' || state === 'cancelled'
    const isUnspooled = isEnded && availableAt === null && record.isSpooled
    await tools.repository.release(claim, { state, availableAt, isUnspooled }, [], [...this.#copied.values()])
    tools.tell({ type: 'delivery', tenant: record.tenant, delivery: record.id, state, availableAt })
    if (!isUnspooled) return availableAt
    // Told first: a file system takes its time to free gigabytes, and what a crash leaves is swept.
    for (const file of record.files) if (!file.isSmall) await tools.spool.remove(file.upload)
    return null
  }

  async quarantine(): Promise<void> {
    const { tools, claim, record } = this.#work
    const end = { state: 'quarantined', availableAt: null } as const
    // Nothing is sent any more that could end its uploads, until somebody asks for that.
    const orphans = record.targets
      // What ended was put in order then, or told of.
      .filter(({ state }) => !['delivered', 'skipped', 'cancelled'].includes(state))
      .flatMap((target) => orphanEntries(record, target))
    await tools.repository.release(claim, end, [quarantinedEntry(record, claim.crashes), ...orphans])
    tools.tell({ type: 'delivery', tenant: record.tenant, delivery: record.id, ...end })
  }

  /** The worker stops: somebody goes on at once. */
  async giveBack(): Promise<string> {
    const { tools, claim } = this.#work
    const end = { state: deliveryStateOf(this.#record), availableAt: this.#after(0) }
    await tools.repository.release(claim, end, [], [...this.#copied.values()])
    return end.availableAt
  }

  async giveBackCrashed(error: unknown): Promise<void> {
    const { tools, claim, record } = this.#work
    const availableAt = this.#after(crashDelayMs * 2 ** claim.crashes)
    try {
      const end = { state: deliveryStateOf(this.#record), availableAt, isCrash: true }
      await tools.repository.release(claim, end, [], [...this.#copied.values()])
    } catch (fault) {
      // The database is what failed: the lease runs out by itself.
      tools.tell({ type: 'crash', delivery: record.id, error: fault instanceof LeaseLost ? error : fault })
    }
  }
}
