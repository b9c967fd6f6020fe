/**
 * News of deliveries between processes. Whoever follows a delivery calls its id; the worker that has it then writes down how
 * far it is, and calls the id back. Every listener of the database hears these calls, whatever its tenant, so they
 * carry ids and nothing else; how far a delivery is stands in rows that row-level security shows to its tenant alone.
 */
import { sql } from 'kysely'
import type { Clock } from '../../base/index.ts'
import type { DeliveryEvent } from '../../delivery/index.ts'
import type { Executor } from '../schema.ts'
import { everyTenant, type Store } from '../store.ts'
import type { Listening } from './listening.ts'

/** Somebody follows the delivery of this id. */
const followChannel = 'drawbridge_follow'
/** Something moved in the delivery of this id; without one: a worker has come, and does not know who follows what. */
const newsChannel = 'drawbridge_news'
const deliveryId = /^dlv_[a-z0-9]{1,60}$/
/** Who follows says so again and again; who has not done so for long has gone. */
const callEveryMs = 10_000
const wantedForMs = 30_000
/** More than this are not answered at the same time: those who were not heard read the record every second. */
const mostWanted = 1_000
/** News are told at most this often. */
const tellEveryMs = 400
/** What a worker that died has left. */
const forgottenAfterMs = 24 * 60 * 60_000

/** How far one object is. */
export type ObjectProgress = Extract<DeliveryEvent, { type: 'progress' }>

/** What of a delivery is not told yet. */
interface Untold {
  readonly tenant: string
  /** A target, or the whole delivery, has ended its turn: what was said of its objects is over. */
  hasTurned: boolean
  readonly objects: Map<string, ObjectProgress>
}

/** What a process tells and hears of deliveries that others work off. */
export class SharedNews {
  readonly #store: Store
  readonly #listening: Listening
  readonly #clock: Clock
  readonly #followed = new Map<string, Set<() => void>>()
  readonly #wanted = new Map<string, number>()
  /** What waits to be told, by delivery. */
  #waiting = new Map<string, Untold>()
  #underWay: ((delivery: string) => readonly ObjectProgress[]) | null = null
  #forgetNews: (() => void) | null = null
  #calling: ReturnType<typeof setInterval> | null = null
  #telling: Promise<void> | null = null
  readonly #stop = new AbortController()

  constructor(store: Store, listening: Listening, clock: Clock) {
    this.#store = store
    this.#listening = listening
    this.#clock = clock
  }

  /** Answers whoever follows what this process works off. `underWay`: what is known of a delivery that moves already. */
  answer(underWay: (delivery: string) => readonly ObjectProgress[]): void {
    if (this.#underWay !== null) return
    this.#underWay = underWay
    this.#listening.listen(followChannel, {
      hear: (id) => this.#want(id),
      again: () => this.#call(newsChannel, ['']),
    })
  }

  /** Tells what somebody elsewhere follows; the rest is nobody's business. Never throws, and never waits. */
  tell(event: DeliveryEvent): void {
    if (event.type === 'crash' || !this.#isWanted(event.delivery)) return
    const { delivery, tenant } = event
    const untold = this.#waiting.get(delivery) ?? { tenant, hasTurned: false, objects: new Map() }
    this.#waiting.set(delivery, untold)
    if (event.type === 'progress') {
      untold.objects.set(`${event.connection}\n${event.key}`, event)
    } else {
      untold.hasTurned = true
      untold.objects.clear()
    }
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = null
    })
  }

  /** Asks for news of a delivery; `moved` is called when there are any, and must not throw. Returns how to stop. */
  follow(delivery: string, moved: () => void): () => void {
    const listeners = this.#followed.get(delivery) ?? new Set()
    listeners.add(moved)
    this.#followed.set(delivery, listeners)
    this.#forgetNews ??= this.#listening.listen(newsChannel, {
      hear: (id) => {
        if (id === '') this.#callFollowed()
        for (const listener of this.#followed.get(id) ?? []) listener()
      },
      // Only what is called now can be answered here.
      again: () => this.#callFollowed(),
    })
    this.#call(followChannel, [delivery])
    this.#calling ??= setInterval(() => this.#callFollowed(), callEveryMs)
    return () => {
      listeners.delete(moved)
      if (listeners.size === 0) this.#followed.delete(delivery)
      if (this.#followed.size > 0 || this.#calling === null) return
      clearInterval(this.#calling)
      this.#calling = null
    }
  }

  /** How far the objects of a delivery are, as their worker said last; nothing of what was said long ago. */
  async progressOf(tenant: string, delivery: string): Promise<ObjectProgress[]> {
    const rows = await this.#store.read(tenant, (executor) =>
      executor
        .selectFrom('delivery_progress')
        .selectAll()
        .where('tenant', '=', tenant)
        .where('delivery_id', '=', delivery)
        .where('told_at', '>', this.#store.now(-wantedForMs))
        .execute(),
    )
    return rows.map(({ connection, key, bytes_sent, size_bytes }) => ({
      ...{ type: 'progress', tenant, delivery, connection, key },
      ...{ bytesSent: bytes_sent, sizeBytes: size_bytes },
    }))
  }

  async close(): Promise<void> {
    this.#stop.abort()
    if (this.#calling !== null) clearInterval(this.#calling)
    await this.#telling
  }

  #want(delivery: string): void {
    if (!deliveryId.test(delivery)) return
    this.#wanted.delete(delivery)
    // INVARIANT: those who were called last stand last, so the first is the one to forget.
    const [oldest] = this.#wanted.keys()
    if (this.#wanted.size >= mostWanted && oldest !== undefined) this.#wanted.delete(oldest)
    this.#wanted.set(delivery, this.#clock.now().getTime() + wantedForMs)
    for (const progress of this.#underWay?.(delivery) ?? []) this.tell(progress)
  }

  #isWanted(delivery: string): boolean {
    const until = this.#wanted.get(delivery)
    if (until === undefined) return false
    if (until > this.#clock.now().getTime()) return true
    this.#wanted.delete(delivery)
    return false
  }

  #callFollowed(): void {
    this.#call(followChannel, [...this.#followed.keys()])
  }

  #call(channel: string, payloads: readonly string[]): void {
    if (payloads.length === 0) return
    // Unheard it costs whoever follows a second: the record is read all the same.
    this.#store.write(everyTenant, (to) => notify(to, channel, payloads)).catch(() => {})
  }

  async #tellAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const waiting = this.#waiting
      this.#waiting = new Map()
      for (const tenant of new Set([...waiting.values()].map((one) => one.tenant))) {
        const ofTenant = [...waiting].filter(([, one]) => one.tenant === tenant)
        // News are a convenience: what they tell of stands in the delivery's own rows.
        await this.#store.write(tenant, (to) => this.#write(to, tenant, ofTenant)).catch(() => {})
      }
      await this.#clock.sleep(tellEveryMs, this.#stop.signal).catch(() => {})
    }
  }

  async #write(to: Executor, tenant: string, news: readonly (readonly [string, Untold])[]): Promise<void> {
    // Nobody needs to find these after a crash, so nobody waits for the disk.
    await sql`set local synchronous_commit = off`.execute(to)
    const turned = news.flatMap(([id, { hasTurned }]) => (hasTurned ? [id] : []))
    await to
      .deleteFrom('delivery_progress')
      .where('tenant', '=', tenant)
      .where((eb) =>
        eb.or([
          eb('told_at', '<', this.#store.now(-forgottenAfterMs)),
          ...turned.map((id) => eb('delivery_id', '=', id)),
        ]),
      )
      .execute()
    for (const progress of news.flatMap(([, { objects }]) => [...objects.values()])) {
      await this.#writeObject(to, progress)
    }
    const ids = news.map(([id]) => id)
    await notify(to, newsChannel, ids)
  }

  async #writeObject(to: Executor, progress: ObjectProgress): Promise<void> {
    const { tenant, delivery, connection, key, bytesSent, sizeBytes } = progress
    const far = { bytes_sent: bytesSent, size_bytes: sizeBytes, told_at: this.#store.now() }
    await to
      .insertInto('delivery_progress')
      .values({ tenant, delivery_id: delivery, connection, key, ...far })
      .onConflict((conflict) => conflict.columns(['tenant', 'delivery_id', 'connection', 'key']).doUpdateSet(far))
      .execute()
  }
}

async function notify(to: Executor, channel: string, ids: readonly string[]): Promise<void> {
  await sql`select pg_notify(${channel}, id) from unnest(${[...ids]}::text[]) as id`.execute(to)
}
