/** The results of verifications, and the alerts about them until they were taken. */
import type { DueAlert, KeptAlert, NewAlert, TurnTimes, WatchRepository } from '../connection/index.ts'
import type { HistoryEntry } from '../contract/index.ts'
import type { Executor } from './schema.ts'
import { everyTenant, type Instant, type Store } from './store.ts'

/** Entries of one connection that are kept. */
const keptEntries = 200
/** Alerts that were taken or given up are kept this long, for whoever asks what became of them. */
const endedAlertMs = 30 * 24 * 60 * 60_000

/** Keeps what the watch sees in the database. */
export class SqlWatch implements WatchRepository {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async keep(
    tenant: string,
    connection: string,
    entry: HistoryEntry,
    alerts: readonly NewAlert[],
    now: Date,
  ): Promise<void> {
    const created_at = now.toISOString()
    await this.#store.write(tenant, async (transaction) => {
      await transaction
        .insertInto('verifications')
        .values({
          tenant,
          connection,
          started_at: entry.startedAt,
          status: entry.status,
          document: JSON.stringify(entry),
        })
        .execute()
      const newest = transaction
        .selectFrom('verifications')
        .select('id')
        .where('tenant', '=', tenant)
        .where('connection', '=', connection)
        .orderBy('id', 'desc')
        .limit(keptEntries)
      await transaction
        .deleteFrom('verifications')
        .where('tenant', '=', tenant)
        .where('connection', '=', connection)
        .where('id', 'not in', newest)
        .execute()
      await transaction
        .deleteFrom('alerts')
        .where('available_at', 'is', null)
        .where('created_at', '<', new Date(now.getTime() - endedAlertMs).toISOString())
        .execute()
      await addAlerts(transaction, tenant, alerts, created_at)
    })
  }

  async tellOnce(tenant: string, key: string, alerts: readonly NewAlert[], now: Date): Promise<boolean> {
    const told_at = now.toISOString()
    return this.#store.write(tenant, async (transaction) => {
      const { numInsertedOrUpdatedRows = 0n } = await transaction
        .insertInto('told_warnings')
        .values({ tenant, warning: key, told_at })
        .onConflict((conflict) => conflict.columns(['tenant', 'warning']).doNothing())
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows === 0n) return false
      await addAlerts(transaction, tenant, alerts, told_at)
      return true
    })
  }

  async history(tenant: string, connection: string, limit: number): Promise<HistoryEntry[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('verifications')
        .select('document')
        .where('tenant', '=', tenant)
        .where('connection', '=', connection)
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),
    )
    return rows.map(({ document }): HistoryEntry => JSON.parse(document))
  }

  async alerts(tenant: string, limit: number): Promise<KeptAlert[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('alerts')
        .selectAll()
        .where('tenant', '=', tenant)
        .orderBy('created_at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute(),
    )
    return rows.map(({ id, webhook, body, created_at, attempts, available_at, delivered_at, reason }) => ({
      id,
      webhook,
      body,
      createdAt: created_at,
      attempts,
      nextAt: available_at,
      takenAt: delivered_at,
      reason,
    }))
  }

  async dueAlerts(now: Date, limit: number): Promise<DueAlert[]> {
    const rows = await this.#store.read(everyTenant, (executor) =>
      executor
        .selectFrom('alerts')
        .selectAll()
        .where('available_at', '<=', now.toISOString())
        .orderBy('created_at')
        .limit(limit)
        .execute(),
    )
    return rows.map(({ id, webhook, body, attempts, created_at, available_at }) => ({
      id,
      webhook,
      body,
      attempts,
      createdAt: new Date(created_at),
      dueAt: new Date(available_at ?? created_at),
    }))
  }

  async nextAlertAt(): Promise<Date | null> {
    const { next } = await this.#store.read(everyTenant, (executor) =>
      executor
        .selectFrom('alerts')
        .select((eb) => eb.fn.min('available_at').as('next'))
        .where('available_at', 'is not', null)
        .executeTakeFirstOrThrow(),
    )
    return next === null ? null : new Date(next)
  }

  async moveAlert(id: string, from: Date, to: Date): Promise<boolean> {
    const { numUpdatedRows } = await this.#store.write(everyTenant, (executor) =>
      executor
        .updateTable('alerts')
        .set({ available_at: to.toISOString() })
        .where('id', '=', id)
        .where('available_at', '=', from.toISOString())
        .executeTakeFirstOrThrow(),
    )
    return numUpdatedRows === 1n
  }

  async alertTaken(id: string, at: Date): Promise<void> {
    await this.#store.write(everyTenant, (executor) =>
      executor
        .updateTable('alerts')
        .set({ available_at: null, delivered_at: at.toISOString(), reason: null })
        .where('id', '=', id)
        .execute(),
    )
  }

  async takeTurn(tenant: string, connection: string, holder: string, { leaseMs, restMs }: TurnTimes): Promise<boolean> {
    const store = this.#store
    const turn = { holder, begun_at: store.now(), held_until: store.now(leaseMs) }
    const { numInsertedOrUpdatedRows = 0n } = await store.write(tenant, (transaction) =>
      transaction
        .insertInto('watch_turns')
        .values({ tenant, connection, ...turn })
        .onConflict((conflict) =>
          conflict
            .columns(['tenant', 'connection'])
            .doUpdateSet(turn)
            .where((eb) =>
              eb.or([
                eb('watch_turns.held_until', '<=', store.now()),
                eb.and([
                  eb('watch_turns.held_until', 'is', null),
                  eb('watch_turns.begun_at', '<=', store.now(-restMs)),
                ]),
              ]),
            ),
        )
        .executeTakeFirstOrThrow(),
    )
    return numInsertedOrUpdatedRows === 1n
  }

  async keepTurn(tenant: string, connection: string, holder: string, leaseMs: number): Promise<boolean> {
    return this.#store.write(tenant, (transaction) =>
      setHeldUntil(transaction, tenant, connection, holder, this.#store.now(leaseMs)),
    )
  }

  async endTurn(tenant: string, connection: string, holder: string, isDone: boolean): Promise<void> {
    await this.#store.write(tenant, async (transaction) => {
      const wasHeld = await setHeldUntil(transaction, tenant, connection, holder, null)
      if (isDone || !wasHeld) return
      await transaction
        .deleteFrom('watch_turns')
        .where('tenant', '=', tenant)
        .where('connection', '=', connection)
        .execute()
    })
  }

  async alertFailed(id: string, reason: string, againAt: Date | null): Promise<void> {
    await this.#store.write(everyTenant, (executor) =>
      executor
        .updateTable('alerts')
        .set((eb) => ({ attempts: eb('attempts', '+', 1), available_at: againAt?.toISOString() ?? null, reason }))
        .where('id', '=', id)
        .execute(),
    )
  }
}

/** False: somebody else has the turn. */
async function setHeldUntil(
  transaction: Executor,
  tenant: string,
  connection: string,
  holder: string,
  held_until: Instant | null,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('watch_turns')
    .set({ held_until })
    .where('tenant', '=', tenant)
    .where('connection', '=', connection)
    .where('holder', '=', holder)
    .where('held_until', 'is not', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

async function addAlerts(
  transaction: Executor,
  tenant: string,
  alerts: readonly NewAlert[],
  created_at: string,
): Promise<void> {
  for (const { id, webhook, body } of alerts) {
    const waiting = { attempts: 0, available_at: created_at, delivered_at: null, reason: null }
    await transaction
      .insertInto('alerts')
      .values({ id, tenant, webhook, body, created_at, ...waiting })
      .execute()
  }
}
