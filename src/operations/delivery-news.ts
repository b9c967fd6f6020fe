/** What the worker of this process says as it goes, handed on to whoever listens; the newest word on every object is kept while it is on its way. */
import type { DeliveryEvent } from '../delivery/index.ts'

/** How far one object is. */
export type ObjectProgress = Extract<DeliveryEvent, { type: 'progress' }>

/** What processes with one database tell each other of deliveries under way. */
export interface NewsOfOthers {
  /** Asks for news of a delivery; `moved` is called when there are any, and must not throw. Returns how to stop. */
  follow(delivery: string, moved: () => void): () => void
  /** How far the objects of a delivery are, as their worker said last. @throws database-unavailable */
  progressOf(tenant: string, delivery: string): Promise<readonly ObjectProgress[]>
}

/** The news of one process. */
export class DeliveryNews {
  readonly #listeners = new Set<(event: DeliveryEvent) => void>()
  readonly #underWay = new Map<string, Map<string, ObjectProgress>>()

  /** Hands an event on. Listeners must not throw. */
  tell(event: DeliveryEvent): void {
    this.#keep(event)
    for (const listener of this.#listeners) listener(event)
  }

  /** Adds a listener; returns how to remove it. */
  on(listener: (event: DeliveryEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What was last said of a delivery's objects that are on their way: whoever comes late would else see nothing while it is held up. */
  underWay(delivery: string): readonly ObjectProgress[] {
    return [...(this.#underWay.get(delivery)?.values() ?? [])]
  }

  #keep(event: DeliveryEvent): void {
    if (event.delivery === null) return
    // The delivery's turn is over, or one of its targets': what goes on tells so by itself.
    if (event.type !== 'progress') {
      this.#underWay.delete(event.delivery)
      return
    }
    const objects = this.#underWay.get(event.delivery) ?? new Map<string, ObjectProgress>()
    objects.set(`${event.connection}\n${event.key}`, event)
    this.#underWay.set(event.delivery, objects)
  }
}
