/**
 * One connection that hears what processes call to each other (LISTEN and NOTIFY), on any number of channels. When it
 * breaks, or falls silent, another one takes its place, and whoever listens is told that he may have missed something.
 */
import pg from 'pg'
import type { Clock } from '../../base/index.ts'
import { translated } from './unavailable.ts'

const heartbeatMs = 10_000
const firstPauseMs = 200
const longestPauseMs = 10_000

/** Who listens to a channel. Neither may throw. */
export interface Listener {
  /** Something was called. */
  readonly hear: (payload: string) => void
  /** The channel is heard from now on, for the first time or anew: what was called before may have gone unheard. */
  readonly again: () => void
}

/** Listens for a whole process. The connection is made when somebody wants to hear something. */
export class Listening {
  readonly #connect: () => pg.Client
  readonly #clock: Clock
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #stop = new AbortController()
  #client: pg.Client | null = null
  #running: Promise<void> | null = null

  /** `connect` makes a client that is not connected yet; its queries must have a time limit. */
  constructor(connect: () => pg.Client, clock: Clock) {
    this.#connect = connect
    this.#clock = clock
  }

  /** Adds a listener and returns how to remove it. Resolves at once; `again` tells when the channel is heard. */
  listen(channel: string, listener: Listener): () => void {
    const known = this.#listeners.get(channel)
    const listeners = known ?? new Set()
    listeners.add(listener)
    this.#listeners.set(channel, listeners)
    this.#running ??= this.#run()
    if (this.#client !== null) {
      // A connection that can not do that is breaking, and all is said again on the next one.
      this.#hearOn(this.#client, channel).then(listener.again, () => {})
    }
    return () => listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const wasHeard = await this.#session().catch(() => false)
      if (wasHeard) pauseMs = firstPauseMs
      await this.#clock.sleep(pauseMs, signal).catch(() => {})
    }
  }

  /** Hears on one connection until it breaks. */
  async #session(): Promise<true> {
    const client = this.#connect()
    const gone = Promise.withResolvers<void>()
    client.once('end', gone.resolve)
    client.on('notification', ({ channel, payload = '' }) => {
      for (const { hear } of this.#listeners.get(channel) ?? []) hear(payload)
    })
    const end = (): void => {
      // Of a connection that fell silent the other side's goodbye never comes.
      gone.resolve()
      void client.end().catch(() => {})
    }
    await client.connect()
    this.#stop.signal.addEventListener('abort', end, { once: true })
    try {
      if (this.#stop.signal.aborted) return true
      this.#client = client
      for (const channel of this.#listeners.keys()) await this.#hearOn(client, channel)
      for (const listeners of this.#listeners.values()) for (const { again } of listeners) again()
      const heartbeat = setInterval(() => void client.query('select 1').catch(end), heartbeatMs)
      await gone.promise
      clearInterval(heartbeat)
      return true
    } finally {
      this.#client = null
      this.#stop.signal.removeEventListener('abort', end)
      end()
    }
  }

  async #hearOn(client: pg.Client, channel: string): Promise<void> {
    await translated(() => client.query(`listen ${pg.escapeIdentifier(channel)}`))
  }
}
