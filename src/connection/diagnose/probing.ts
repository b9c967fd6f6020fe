/** How probes are counted and what became of one. Which probes there are stands beside; nothing here knows a service. */
import { DrawbridgeError } from '../../base/index.ts'

/** Requests that one diagnosis may send for its probes. */
export const mostProbeRequests = 12

/** Counts requests. */
export class ProbeBudget {
  #left: number

  constructor(most = mostProbeRequests) {
    this.#left = most
  }

  /** Takes `count` requests, or none when there are not as many left. */
  take(count: number): boolean {
    if (this.#left < count) return false
    this.#left -= count
    return true
  }
}

/** `accepted`: the right was there. `refused`: it was not. `unclear`: something else happened. `untried`: no requests left. */
export type Answer = 'accepted' | 'refused' | 'unclear' | 'untried'

/** Tries something and says what became of it; what is no answer of the other side goes on to the caller. */
export async function answerOf(attempt: () => Promise<unknown>): Promise<Answer> {
  try {
    await attempt()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    return error.code === 'access-denied' ? 'refused' : 'unclear'
  }
}
