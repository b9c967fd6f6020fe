/** The embedded database: one process, one connection, the machine's clock. */
import type { Kysely } from 'kysely'
import type { Clock } from '../base/index.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import type { Executor, Tables } from './schema.ts'
import type { Scope, Store } from './store.ts'

/** SQLite behind the repositories. The queries themselves name their tenant; nothing else reaches the file. */
export class SqliteStore implements Store {
  readonly isShared = false
  readonly #database: Kysely<Tables>
  readonly #clock: Pick<Clock, 'now'>

  private constructor(database: Kysely<Tables>, clock: Pick<Clock, 'now'>) {
    this.#database = database
    this.#clock = clock
  }

  /** Opens the file and brings it to the present form. @throws database-too-new | data-directory-broken | disk-full */
  static async open(path: string, clock: Pick<Clock, 'now'>): Promise<SqliteStore> {
    const database = openDatabase(path)
    try {
      await migrate(database, () => clock.now().toISOString())
      return new SqliteStore(database, clock)
    } catch (error) {
      await database.destroy()
      throw error
    }
  }

  now(inMs = 0): string {
    const now = this.#clock.now()
    return (inMs === 0 ? now : new Date(now.getTime() + inMs)).toISOString()
  }

  async read<T>(_scope: Scope, work: (executor: Executor) => Promise<T>): Promise<T> {
    return await work(this.#database)
  }

  async write<T>(_scope: Scope, work: (transaction: Executor) => Promise<T>): Promise<T> {
    return await this.#database.transaction().execute(work)
  }

  async group(work: (enter: (scope: Scope) => Promise<Executor>) => Promise<void>): Promise<void> {
    await this.#database.transaction().execute((transaction) => work(async () => transaction))
  }

  async serialize(): Promise<void> {
    // A transaction here is alone already.
  }

  async announce(): Promise<void> {
    // Whoever works is in this process, and is told directly.
  }

  async close(): Promise<void> {
    await this.#database.destroy()
  }
}
