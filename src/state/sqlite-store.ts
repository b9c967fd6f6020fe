/** The embedded database: one process, one connection, the machine's clock. */
import type { Kysely } from 'kysely'
import type { Clock } from '../base/index.ts'
import type { WriteTurns } from './aside/turns.ts'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import type { Executor, Tables } from './schema.ts'
import type { Scope, Store } from './store.ts'

/** How a database file is opened. */
export interface SqliteStoreOptions {
  /** Another thread of this process writes too; absent: this is the only connection. */
  readonly turns?: WriteTurns
  /** True: another connection of this process has looked at the file already. */
  readonly isChecked?: boolean
}

/** SQLite behind the repositories. The queries themselves name their tenant; nothing else reaches the file. */
export class SqliteStore implements Store {
  readonly isShared = false
  readonly #database: Kysely<Tables>
  readonly #clock: Pick<Clock, 'now'>
  #turns: WriteTurns | null

  private constructor(database: Kysely<Tables>, clock: Pick<Clock, 'now'>, turns: WriteTurns | null) {
    this.#database = database
    this.#clock = clock
    this.#turns = turns
  }

  /** Opens the file and brings it to the present form. @throws database-too-new | data-directory-broken | disk-full */
  static async open(path: string, clock: Pick<Clock, 'now'>, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    const { turns = null, isChecked = false } = options
    const database = openDatabase(path, isChecked)
    try {
      if (!isChecked) await migrate(database, () => clock.now().toISOString())
      return new SqliteStore(database, clock, turns)
    } catch (error) {
      await database.destroy()
      throw error
    }
  }

  /** From now on another thread of this process writes too. */
  share(turns: WriteTurns): void {
    this.#turns = turns
  }

  now(inMs = 0): string {
    const now = this.#clock.now()
    return (inMs === 0 ? now : new Date(now.getTime() + inMs)).toISOString()
  }

  async read<T>(_scope: Scope, work: (executor: Executor) => Promise<T>): Promise<T> {
    return await work(this.#database)
  }

  async write<T>(_scope: Scope, work: (transaction: Executor) => Promise<T>): Promise<T> {
    return await this.#inTurn(() => this.#database.transaction().execute(work))
  }

  async group(work: (enter: (scope: Scope) => Promise<Executor>) => Promise<void>): Promise<void> {
    await this.#inTurn(() => this.#database.transaction().execute((transaction) => work(async () => transaction)))
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns === null ? await work() : await this.#turns.during(work)
  }

  /** What can be read is on the disk. */
  async confirm(): Promise<void> {}

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
