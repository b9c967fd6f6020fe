/**
 * The database's clock as a process can ask it at any moment: the machine's, moved by how far the two were apart when
 * they were last compared. Moments that several machines write and compare are taken from here.
 */
import { type Kysely, sql } from 'kysely'
import type { Clock } from '../../base/index.ts'
import type { Tables } from '../schema.ts'

const compareEveryMs = 60_000

/** A clock that all machines share, to within the way to the database. */
export class DatabaseClock implements Clock {
  readonly #machine: Clock
  readonly #database: Kysely<Tables>
  #aheadMs = 0
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(machine: Clock, database: Kysely<Tables>) {
    this.#machine = machine
    this.#database = database
  }

  /** Compares now, and then every minute. @throws database-unavailable */
  async start(): Promise<void> {
    await this.#compare()
    // An unreachable database is noticed by whoever needs it; until then the last comparison serves.
    this.#timer = setInterval(() => void this.#compare().catch(() => {}), compareEveryMs)
    this.#timer.unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
  }

  now(): Date {
    return new Date(this.#machine.now().getTime() + this.#aheadMs)
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await this.#machine.sleep(milliseconds, signal)
  }

  async #compare(): Promise<void> {
    const before = this.#machine.now().getTime()
    const { rows } = await sql<{ now: number }>`
      select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(this.#database)
    const after = this.#machine.now().getTime()
    if (rows[0] !== undefined) this.#aheadMs = rows[0].now - Math.round((before + after) / 2)
  }
}
