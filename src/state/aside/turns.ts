/** Whose turn it is to write: two connections to one embedded database would wait for each other blindly, and block all else. */

/** Lets one writer at a time through, in the order of asking. */
export interface WriteTurns {
  /** Works when it is the caller's turn. */
  during<T>(work: () => Promise<T>): Promise<T>
}

/** The turns of one thread. */
export class Turns implements WriteTurns {
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  async during<T>(work: () => Promise<T>): Promise<T> {
    await this.take()
    try {
      return await work()
    } finally {
      this.give()
    }
  }

  /** Resolves when it is the caller's turn, which lasts until `give`. */
  async take(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#isTaken = false
    else next()
  }
}
