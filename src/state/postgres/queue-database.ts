/** PostgreSQL as pg-boss asks for it: on a few connections of its own, to whichever server serves, and the ear of the process. */
import pg from 'pg'
import type { Db } from 'pg-boss'
import type { Hosts } from './hosts.ts'
import type { Listening } from './listening.ts'
import { lend } from './pool.ts'

/** What pg-boss works on. */
export class QueueDatabase implements Db {
  readonly #pool: pg.Pool
  readonly #hosts: Hosts
  readonly #listening: Listening | null

  /** `listening` null: nothing is to be heard. */
  constructor(connections: pg.PoolConfig, hosts: Hosts, listening: Listening | null) {
    this.#pool = new pg.Pool({ ...connections, Client: hosts.clientClass() })
    this.#pool.on('error', () => {})
    this.#hosts = hosts
    this.#listening = listening
  }

  async executeSql(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    const client = await lend(this.#pool, this.#hosts)
    try {
      const result = await client.query(text, values)
      client.release()
      return result
    } catch (error) {
      // Its transaction, if it began one, ends with it.
      client.release(true)
      throw error
    }
  }

  async listen(
    channel: string,
    onNotification: (payload: string) => void,
    onReconnect: () => void,
  ): Promise<{ close(): Promise<void> }> {
    const forget = this.#listening?.listen(channel, { hear: onNotification, again: onReconnect })
    return { close: async () => forget?.() }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}
