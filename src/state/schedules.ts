/**
 * Schedules and their slots. A slot is one row, made by whoever is first: that is what makes it happen once. A claim is a
 * lease on the database's clock and a fence that only rises.
 */
import { DrawbridgeError } from '../base/index.ts'
import type { Slot } from '../contract/index.ts'
import type { FileMark, NewEntry, ScheduleRecord, ScheduleRepository, SlotClaim, SlotEnd } from '../delivery/index.ts'
import type { GroupCommit } from './group-commit.ts'
import { enqueue } from './log.ts'
import type { Executor, ScheduleRow, SlotRow } from './schema.ts'
import { isTaken, type Store } from './store.ts'

/** Slots of one schedule that are kept. */
const keptSlots = 1_000

/** Keeps schedules in the database. */
export class SqlSchedules implements ScheduleRepository {
  readonly #store: Store
  readonly #commits: GroupCommit

  constructor(store: Store, commits: GroupCommit) {
    this.#store = store
    this.#commits = commits
  }

  async add(schedule: ScheduleRecord, entries: readonly NewEntry[]): Promise<void> {
    const { tenant, name, id, isPaused, handledUntil, ...document } = schedule
    try {
      await this.#store.write(tenant, async (transaction) => {
        await transaction
          .insertInto('schedules')
          .values({
            tenant,
            name,
            id,
            document: JSON.stringify(document),
            is_paused: isPaused ? 1 : 0,
            handled_until: handledUntil,
          })
          .execute()
        await enqueue(transaction, tenant, entries, this.#store.now())
      })
    } catch (cause) {
      if (!isTaken(cause)) throw cause
      throw new DrawbridgeError({ code: 'already-exists', message: `the schedule \`${name}\` exists already`, cause })
    }
  }

  async byName(tenant: string, name: string): Promise<ScheduleRecord | null> {
    const row = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('schedules')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('name', '=', name)
        .executeTakeFirst(),
    )
    return row === undefined ? null : recordOf(row)
  }

  async list(tenant: string): Promise<ScheduleRecord[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor.selectFrom('schedules').selectAll().where('tenant', '=', tenant).orderBy('name').execute(),
    )
    return rows.map(recordOf)
  }

  async setPaused(
    { tenant, id }: ScheduleRecord,
    isPaused: boolean,
    handledUntil: string,
    entries: readonly NewEntry[],
  ): Promise<void> {
    await this.#commits.run(tenant, async (transaction) => {
      await transaction
        .updateTable('schedules')
        .set({ is_paused: isPaused ? 1 : 0, handled_until: handledUntil })
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .execute()
      await enqueue(transaction, tenant, entries, this.#store.now())
    })
  }

  async remove({ tenant, id }: ScheduleRecord, entries: readonly NewEntry[]): Promise<void> {
    await this.#commits.run(tenant, async (transaction) => {
      await transaction.deleteFrom('schedules').where('tenant', '=', tenant).where('id', '=', id).execute()
      await enqueue(transaction, tenant, entries, this.#store.now())
    })
  }

  async slots({ tenant, id }: ScheduleRecord, limit: number): Promise<Slot[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      slotsOf(executor, tenant, id).orderBy('slot', 'desc').limit(limit).selectAll().execute(),
    )
    return rows.map(slotOf)
  }

  async missedCount({ tenant, id }: ScheduleRecord): Promise<number> {
    const { count } = await this.#store.read(tenant, (executor) =>
      slotsOf(executor, tenant, id)
        .where('state', '=', 'missed')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow(),
    )
    return Number(count)
  }

  async begin(
    schedule: ScheduleRecord,
    at: string,
    kind: Slot['kind'],
    worker: string,
    leaseMs: number,
  ): Promise<SlotClaim | null> {
    const { tenant, id } = schedule
    return await this.#commits.run(tenant, async (transaction) => {
      const made = await transaction
        .insertInto('schedule_slots')
        .values({
          ...emptySlot(schedule, at, kind),
          state: 'running',
          attempts: 1,
          worker,
          fence: 1,
          due_at: this.#store.now(leaseMs),
        })
        .onConflict((conflict) => conflict.columns(['tenant', 'schedule', 'slot']).doNothing())
        .returning('fence')
        .executeTakeFirst()
      if (kind === 'planned') await handle(transaction, schedule, at)
      return made === undefined ? null : { tenant, schedule: id, at, fence: made.fence, attempts: 0 }
    })
  }

  async miss(schedule: ScheduleRecord, slots: readonly string[], entries: readonly NewEntry[]): Promise<void> {
    const { tenant } = schedule
    await this.#commits.run(tenant, async (transaction) => {
      let made = 0
      for (const at of slots) {
        const row = await transaction
          .insertInto('schedule_slots')
          .values({ ...emptySlot(schedule, at, 'planned'), state: 'missed', ended_at: this.#store.now() })
          .onConflict((conflict) => conflict.columns(['tenant', 'schedule', 'slot']).doNothing())
          .returning('slot')
          .executeTakeFirst()
        if (row !== undefined) made += 1
      }
      const last = slots.at(-1)
      if (last !== undefined) await handle(transaction, schedule, last)
      // Another worker told of them in the same moment.
      if (made > 0) await enqueue(transaction, tenant, entries, this.#store.now())
    })
  }

  async revive({ tenant, id }: ScheduleRecord, slots: readonly string[], entries: readonly NewEntry[]): Promise<void> {
    await this.#commits.run(tenant, async (transaction) => {
      const revived = await transaction
        .updateTable('schedule_slots')
        .set({ state: 'waiting', due_at: this.#store.now(), ended_at: null })
        .where('tenant', '=', tenant)
        .where('schedule', '=', id)
        .where('slot', 'in', slots)
        .where('state', '=', 'missed')
        .executeTakeFirst()
      // Somebody else asked for them in the same moment.
      if (revived.numUpdatedRows > 0n) await enqueue(transaction, tenant, entries, this.#store.now())
    })
  }

  async claimLeft({ tenant, id }: ScheduleRecord, worker: string, leaseMs: number): Promise<SlotClaim[]> {
    return await this.#commits.run(tenant, async (transaction) => {
      const rows = await transaction
        .updateTable('schedule_slots')
        .set((eb) => ({
          state: 'running',
          worker,
          fence: eb('fence', '+', 1),
          attempts: eb('attempts', '+', 1),
          due_at: this.#store.now(leaseMs),
        }))
        .where('tenant', '=', tenant)
        .where('schedule', '=', id)
        .where('due_at', '<=', this.#store.now())
        .returning(['slot', 'fence', 'attempts'])
        .execute()
      return rows.map(({ slot: at, fence, attempts }) => ({
        ...{ tenant, schedule: id, at, fence },
        attempts: attempts - 1,
      }))
    })
  }

  async nextLeftAt(tenant: string): Promise<Date | null> {
    const row = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('schedule_slots')
        .select((eb) => eb.fn.min('due_at').as('next'))
        .where('tenant', '=', tenant)
        .where('due_at', 'is not', null)
        .executeTakeFirst(),
    )
    const next = row?.next ?? null
    return next === null ? null : new Date(next)
  }

  async keep(claim: SlotClaim, leaseMs: number): Promise<boolean> {
    return await this.#commits.run(claim.tenant, async (transaction) => {
      const kept = await claimed(transaction, claim)
        .set({ due_at: this.#store.now(leaseMs) })
        .executeTakeFirst()
      return kept.numUpdatedRows === 1n
    })
  }

  async end(
    { tenant, id }: ScheduleRecord,
    claim: SlotClaim,
    end: SlotEnd,
    delivered: readonly FileMark[],
    entries: readonly NewEntry[],
  ): Promise<boolean> {
    return await this.#commits.run(tenant, async (transaction) => {
      const { state, files, reason, retryAt } = end
      const ended = await claimed(transaction, claim)
        .set({
          ...{ state, files, reason, delivery_id: end.delivery, worker: null, due_at: retryAt },
          ended_at: retryAt === null ? this.#store.now() : null,
        })
        .executeTakeFirst()
      if (ended.numUpdatedRows !== 1n) return false
      for (const { path, sizeBytes, modifiedAt } of delivered) {
        const facts = { size_bytes: sizeBytes, modified_at: modifiedAt }
        await transaction
          .insertInto('schedule_files')
          .values({ tenant, schedule: id, path, ...facts })
          .onConflict((conflict) => conflict.columns(['tenant', 'schedule', 'path']).doUpdateSet(facts))
          .execute()
      }
      const oldest = await slotsOf(transaction, tenant, id)
        .select('slot')
        .orderBy('slot', 'desc')
        .offset(keptSlots)
        .limit(1)
        .executeTakeFirst()
      if (oldest !== undefined) {
        await transaction
          .deleteFrom('schedule_slots')
          .where('tenant', '=', tenant)
          .where('schedule', '=', id)
          .where('slot', '<=', oldest.slot)
          .where('due_at', 'is', null)
          .execute()
      }
      await enqueue(transaction, tenant, entries, this.#store.now())
      return true
    })
  }

  async deliveredFiles({ tenant, id }: ScheduleRecord): Promise<ReadonlyMap<string, FileMark>> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('schedule_files')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('schedule', '=', id)
        .execute(),
    )
    return new Map(
      rows.map(({ path, size_bytes, modified_at }) => [
        path,
        { path, sizeBytes: Number(size_bytes), modifiedAt: modified_at },
      ]),
    )
  }
}

function slotsOf(executor: Executor, tenant: string, schedule: string) {
  return executor.selectFrom('schedule_slots').where('tenant', '=', tenant).where('schedule', '=', schedule)
}

/** INVARIANT: every write of a claim asks for its fence. */
function claimed(transaction: Executor, { tenant, schedule, at, fence }: SlotClaim) {
  return transaction
    .updateTable('schedule_slots')
    .where('tenant', '=', tenant)
    .where('schedule', '=', schedule)
    .where('slot', '=', at)
    .where('fence', '=', fence)
    .where('state', '=', 'running')
}

async function handle(transaction: Executor, { tenant, id }: ScheduleRecord, until: string): Promise<void> {
  await transaction
    .updateTable('schedules')
    .set({ handled_until: until })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .where('handled_until', '<', until)
    .execute()
}

function emptySlot({ tenant, id }: ScheduleRecord, slot: string, kind: Slot['kind']): SlotRow {
  return {
    ...{ tenant, schedule: id, slot, kind, state: 'running', attempts: 0, files: 0, delivery_id: null },
    ...{ reason: null, worker: null, fence: 0, due_at: null, ended_at: null },
  }
}

function recordOf({ tenant, name, id, document, is_paused, handled_until }: ScheduleRow): ScheduleRecord {
  return { ...JSON.parse(document), tenant, name, id, isPaused: is_paused === 1, handledUntil: handled_until }
}

function slotOf(row: SlotRow): Slot {
  return {
    at: row.slot,
    kind: row.kind as Slot['kind'],
    state: row.state as Slot['state'],
    attempts: row.attempts,
    files: row.files,
    ...(row.delivery_id === null ? {} : { delivery: row.delivery_id }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  }
}
