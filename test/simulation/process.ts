/**
 * A process that can die or stop between any two steps. Everything that the delivery code awaits goes through a process;
 * in a dead one nothing is ever answered, and a stopped one goes on later without knowing how long it stood still.
 */
import type { Clock } from '../../src/base/index.ts'
import type { Fault, Slot } from './schedule.ts'
import type { Timeline } from './timeline.ts'

/** Where every clock starts. */
export const startOfTime = Date.parse('2026-11-03T10:00:00.000Z')

/** What a slot of the house keeps over the processes that die in it. */
export interface SlotLife {
  readonly slot: Slot
  steps: number
  readonly crashes: Set<number>
  readonly pauses: Map<number, number>
}

/** Sets up a slot with the faults that concern it. */
export function slotLife(slot: Slot, faults: readonly Fault[]): SlotLife {
  const life: SlotLife = { slot, steps: 0, crashes: new Set(), pauses: new Map() }
  for (const fault of faults) {
    if (fault.kind === 'crash' && fault.slot === slot) life.crashes.add(fault.step)
    if (fault.kind === 'pause' && fault.slot === slot) life.pauses.set(fault.step, fault.forMs)
  }
  return life
}

/** One process, from its start to its death. */
export class Process {
  readonly slot: Slot
  readonly died: Promise<void>
  readonly #timeline: Timeline
  readonly #life: SlotLife
  readonly #skewMs: () => number
  #isDead = false
  #stopsUntil = 0
  #tellDeath: () => void = () => {}

  constructor(timeline: Timeline, life: SlotLife, skewMs: () => number) {
    this.slot = life.slot
    this.#timeline = timeline
    this.#life = life
    this.#skewMs = skewMs
    this.died = new Promise((resolve) => {
      this.#tellDeath = resolve
    })
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** The process as a clock. Waiting is not changed by jumps of the wall clock. */
  get clock(): Clock {
    return {
      now: () => new Date(startOfTime + this.#timeline.now + this.#skewMs()),
      sleep: (milliseconds, signal) => this.#sleep(milliseconds, signal),
    }
  }

  die(): void {
    if (this.#isDead) return
    this.#isDead = true
    this.#tellDeath()
  }

  /** One step of the delivery code: here the process may die or stop. */
  async step(): Promise<void> {
    const life = this.#life
    const step = ++life.steps
    if (life.crashes.has(step)) this.die()
    const pauseMs = life.pauses.get(step)
    if (pauseMs !== undefined) this.#stopsUntil = this.#timeline.now + pauseMs
    await this.running()
  }

  /** Resolves while the process runs: at once, when it goes on, or never. */
  async running(): Promise<void> {
    while (!this.#isDead && this.#stopsUntil > this.#timeline.now) {
      await this.#timeline.wait(this.#stopsUntil - this.#timeline.now)
    }
    if (this.#isDead) await unanswered()
  }

  /** An object of which every asynchronous method is reached over a short way and in steps of this process. */
  reaching<T extends object>(inner: T, wayMs: () => number): T {
    return new Proxy(inner, {
      get: (target, property) => {
        const member: unknown = Reflect.get(target, property, target)
        if (typeof member !== 'function') return member
        return async (...parameters: unknown[]): Promise<unknown> => {
          await this.#timeline.wait(wayMs())
          await this.step()
          try {
            return await Reflect.apply(member, target, parameters)
          } finally {
            await this.step()
          }
        }
      },
    })
  }

  #sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = (): void => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = this.#timeline.in(milliseconds, () => {
        void this.running().then(() => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}

/** What a dead process gets. A promise of its own each time, so that whoever waits for it can be forgotten. */
export function unanswered(): Promise<never> {
  return new Promise(() => {})
}
