/** PostgreSQL behind the repositories: any number of processes, the server's clock, and rows shown by tenant. */
import { type Kysely, sql } from 'kysely'
import type { Migration } from '../migrations.ts'
import type { Executor, Tables } from '../schema.ts'
import { everyTenant, type Instant, type Scope, type Store } from '../store.ts'
import { assertFit } from './form.ts'
import { tenantSetting } from './policies.ts'
import { appRole, type OpenPool, openPool, type PostgresOptions } from './pool.ts'
import { WakeQueue } from './queue.ts'

const form = `YYYY-MM-DD"T"HH24:MI:SS.MS"Z"`

/** The production database. */
export class PostgresStore implements Store {
  readonly isShared = true
  readonly queue: WakeQueue
  readonly #pool: OpenPool

  private constructor(pool: OpenPool, queue: WakeQueue) {
    this.#pool = pool
    this.queue = queue
  }

  /**
   * Connects as the role that row-level security binds. `works`: this process is a worker.
   * @throws database-outdated | database-too-new | database-unfit | database-unavailable
   */
  static async open(options: PostgresOptions, works: boolean, known?: readonly Migration[]): Promise<PostgresStore> {
    const pool = openPool(options, appRole)
    try {
      await assertFit(pool.database, known)
      return new PostgresStore(pool, await WakeQueue.open(options, works))
    } catch (error) {
      await pool.close()
      throw error
    }
  }

  /** As the statement begins, so that all of its rows are measured by one moment and an index can serve. */
  now(inMs = 0): Instant {
    const moment =
      inMs === 0
        ? sql`statement_timestamp()`
        : sql`statement_timestamp() + ${inMs}::double precision * interval '1 millisecond'`
    return sql<string>`to_char((${moment}) at time zone 'UTC', ${sql.lit(form)}) collate "C"`
  }

  async read<T>(scope: Scope, work: (executor: Executor) => Promise<T>): Promise<T> {
    return await this.write(scope, work)
  }

  async write<T>(scope: Scope, work: (transaction: Executor) => Promise<T>): Promise<T> {
    return await this.#pool.database.transaction().execute(async (transaction) => {
      await enter(transaction, scope)
      return await work(transaction)
    })
  }

  async group(work: (enter: (scope: Scope) => Promise<Executor>) => Promise<void>): Promise<void> {
    await this.#pool.database.transaction().execute(async (transaction) => {
      let entered: Scope | null = null
      await work(async (scope) => {
        if (scope !== entered) await enter(transaction, scope)
        entered = scope
        return transaction
      })
    })
  }

  async serialize(transaction: Executor, name: string): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction)
  }

  async announce(transaction: Executor): Promise<void> {
    await this.queue.announce(transaction)
  }

  async close(): Promise<void> {
    await this.queue.close()
    await this.#pool.close()
  }
}

async function enter(transaction: Kysely<Tables>, scope: Scope): Promise<void> {
  if (scope === '' || scope === '*') throw new TypeError('no tenant is called that')
  const tenant = scope === everyTenant ? '*' : scope
  await sql`select set_config(${tenantSetting}, ${tenant}, true)`.execute(transaction)
}
