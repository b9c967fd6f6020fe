/** Whose turn it is to write: two connections to one embedded database would wait for each other blindly, and block all else. */

/** Lets one writer at a time through, in the order of asking. */
export interface WriteTurns {
  /** Resolves when it is the caller's turn, which lasts until `give`. */
  take(): Promise<void>
  give(): void
}

/** The turns of one thread. */
export class Turns implements WriteTurns {
  readonly #waiting: (() => void)[] = []
  #isTaken = false

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
