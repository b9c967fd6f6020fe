/** The circuits of targets that failed: a row from the first fault to the next answer. */
import type { CircuitFault, CircuitRecord, CircuitRepository, NewEntry } from '../delivery/index.ts'
import { probeDelayMs } from '../delivery/index.ts'
import type { GroupCommit } from './group-commit.ts'
import { enqueue } from './log.ts'
import type { CircuitRow, Executor } from './schema.ts'
import type { Store } from './store.ts'

/** Keeps circuits in the database. */
export class SqlCircuits implements CircuitRepository {
  readonly #store: Store
  readonly #commits: GroupCommit

  constructor(store: Store, commits: GroupCommit) {
    this.#store = store
    this.#commits = commits
  }

  async list(tenant: string): Promise<CircuitRecord[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor.selectFrom('target_circuits').selectAll().where('tenant', '=', tenant).execute(),
    )
    return rows.map(recordOf)
  }

  async failed(tenant: string, connection: string, fault: CircuitFault, down: NewEntry): Promise<CircuitRecord> {
    const { reason, isProbe, settings } = fault
    return await this.#commits.run(tenant, async (transaction) => {
      const counted = await transaction
        .insertInto('target_circuits')
        .values({ tenant, connection, failures: 1, opened_at: null, probe_at: null, probes: 0, reason })
        .onConflict((conflict) =>
          conflict
            .columns(['tenant', 'connection'])
            .doUpdateSet((eb) => ({ failures: eb('target_circuits.failures', '+', 1), reason })),
        )
        .returningAll()
        .executeTakeFirstOrThrow()
      const opens = counted.opened_at === null && counted.failures >= settings.failures
      // A straggler that began before it opened changes nothing.
      if (!opens && !(isProbe && counted.opened_at !== null)) return recordOf(counted)
      const probes = opens ? 0 : counted.probes + 1
      const changed = await circuit(transaction, tenant, connection)
        .set({
          ...(opens ? { opened_at: this.#store.now() } : {}),
          probe_at: this.#store.now(probeDelayMs(settings, probes)),
          probes,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      if (opens) await enqueue(transaction, tenant, [down], this.#store.now())
      return recordOf(changed)
    })
  }

  async takeProbe(tenant: string, connection: string, leaseMs: number): Promise<boolean> {
    return await this.#commits.run(tenant, async (transaction) => {
      const taken = await circuit(transaction, tenant, connection)
        .set({ probe_at: this.#store.now(leaseMs) })
        .where('probe_at', '<=', this.#store.now())
        .executeTakeFirst()
      return taken.numUpdatedRows === 1n
    })
  }

  async close(tenant: string, connection: string, up: NewEntry): Promise<boolean> {
    return await this.#commits.run(tenant, async (transaction) => {
      const closed = await transaction
        .deleteFrom('target_circuits')
        .where('tenant', '=', tenant)
        .where('connection', '=', connection)
        .returning('opened_at')
        .executeTakeFirst()
      if (closed === undefined || closed.opened_at === null) return false
      await enqueue(transaction, tenant, [up], this.#store.now())
      return true
    })
  }
}

function circuit(transaction: Executor, tenant: string, connection: string) {
  return transaction.updateTable('target_circuits').where('tenant', '=', tenant).where('connection', '=', connection)
}

function recordOf(row: CircuitRow): CircuitRecord {
  const { connection, failures, probes, reason } = row
  return { connection, failures, openedAt: row.opened_at, probeAt: row.probe_at, probes, reason }
}
