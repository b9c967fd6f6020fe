/** A clock that is wrong by a settable amount: the other side's, as a caller with the right time sees it, or the other way round. */
import type { Clock } from '../../base/index.ts'

/** Tells a clock's time, moved by `skewMs`; waiting is not affected. */
export class SkewedClock implements Clock {
  readonly #clock: Clock
  /** Positive: ahead. */
  skewMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): Date {
    return new Date(this.#clock.now().getTime() + this.skewMs)
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(milliseconds, signal)
  }
}
