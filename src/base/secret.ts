/** Values that must never be printed. Whoever needs the value says so with `reveal()`. */

const inspect = Symbol.for('nodejs.util.inspect.custom')
const redacted = '[redacted]'

/**
 * Holds one secret string. Every way of printing it (string, JSON, `util.inspect`) gives `[redacted]`.
 *
 * @throws TypeError when the value is empty: an empty secret is a caller's bug.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    if (value.length === 0) throw new TypeError('a secret can not be empty')
    this.#value = value
  }

  /** Returns the value. Call it where the value leaves for its one purpose, and nowhere else. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect](): string {
    return redacted
  }
}
