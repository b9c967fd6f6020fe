/** A turn that is taken again and again until it is stopped: what the watch and the sending of alerts have in common. */
import type { Clock } from '../../base/index.ts'

/** What a loop is made of. */
export interface LoopParts {
  readonly clock: Clock
  /** Does what is due and tells after how many milliseconds to look again. */
  readonly turn: (signal: AbortSignal) => Promise<number>
  /** Called when a turn failed. Must not throw. */
  readonly onFault: (error: unknown) => void
}

const shortestNapMs = 1_000
const longestNapMs = 60_000

/** Runs turns one after the other. */
export class Loop {
  readonly #parts: LoopParts
  readonly #stop = new AbortController()
  #running: Promise<void> | null = null

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  /** Starts; a second call does nothing. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Interrupts the turn and resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, turn, onFault } = this.#parts
    const { signal } = this.#stop
    while (!signal.aborted) {
      let napMs = longestNapMs
      try {
        napMs = await turn(signal)
      } catch (error) {
        if (!signal.aborted) onFault(error)
      }
      await clock.sleep(Math.min(longestNapMs, Math.max(shortestNapMs, napMs)), signal).catch(() => {})
    }
  }
}
