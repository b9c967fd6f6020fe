/** PostgreSQL behind the repositories: any number of processes, the server's clock, and rows shown by tenant. */
import { type Kysely, sql } from 'kysely'
import type { Clock } from '../../base/index.ts'
import type { Migration } from '../migrations.ts'
import type { Executor, Tables } from '../schema.ts'
import { everyTenant, type Instant, type Scope, type Store } from '../store.ts'
import { DatabaseClock } from './database-clock.ts'
import { assertFit } from './form.ts'
import { Hosts } from './hosts.ts'
import { Listening } from './listening.ts'
import { tenantSetting } from './policies.ts'
import { appRole, clientConfig, type OpenPool, openPool, type PostgresOptions } from './pool.ts'
import { WakeQueue } from './queue.ts'
import { SharedNews } from './shared-news.ts'

const form = `YYYY-MM-DD"T"HH24:MI:SS.MS"Z"`

/** What a store is opened with. */
export interface PostgresStoreParts {
  readonly postgres: PostgresOptions
  /** The machine's. */
  readonly clock: Clock
  /** True: this process is a worker. */
  readonly works?: boolean
  /** Other steps than the present ones, for tests of older and newer code. */
  readonly known?: readonly Migration[]
}

/** The production database. */
export class PostgresStore implements Store {
  readonly isShared = true
  readonly queue: WakeQueue
  readonly clock: DatabaseClock
  readonly #pool: OpenPool
  readonly #listening: Listening
  /** What processes tell each other of deliveries under way. */
  readonly news: SharedNews

  private constructor(pool: OpenPool, queue: WakeQueue, clock: DatabaseClock, listening: Listening, machine: Clock) {
    this.#pool = pool
    this.queue = queue
    this.clock = clock
    this.#listening = listening
    this.news = new SharedNews(this, listening, machine)
  }

  /**
   * Connects as the role that row-level security binds.
   * @throws database-outdated | database-too-new | database-unfit | database-unavailable
   */
  static async open(parts: PostgresStoreParts): Promise<PostgresStore> {
    const { postgres, works = false } = parts
    const hosts = new Hosts(postgres.url)
    const pool = openPool(postgres, appRole, hosts)
    const clock = new DatabaseClock(parts.clock, pool.database)
    const listening = new Listening(() => hosts.client(clientConfig(postgres, appRole)), parts.clock)
    try {
      await assertFit(pool.database, parts.known)
      await clock.start()
      const queue = await WakeQueue.open(postgres, { works, hosts, listening })
      return new PostgresStore(pool, queue, clock, listening, parts.clock)
    } catch (error) {
      clock.stop()
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

  async confirm(transaction: Executor): Promise<void> {
    // A commit that wrote nothing waits for nobody; this is the least that can be written, and changes nothing.
    await sql`select pg_logical_emit_message(true, 'drawbridge', '')`.execute(transaction)
  }

  async announce(transaction: Executor): Promise<void> {
    await this.queue.announce(transaction)
  }

  async close(): Promise<void> {
    this.clock.stop()
    await this.news.close()
    await this.#listening.close()
    await this.queue.close()
    await this.#pool.close()
  }
}

async function enter(transaction: Kysely<Tables>, scope: Scope): Promise<void> {
  if (scope === '' || scope === '*') throw new TypeError('no tenant is called that')
  const tenant = scope === everyTenant ? '*' : scope
  await sql`select set_config(${tenantSetting}, ${tenant}, true)`.execute(transaction)
}
