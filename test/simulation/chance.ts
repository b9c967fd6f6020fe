/**
 * Chance with a seed: the same seed gives the same numbers on every machine. Each purpose draws from a stream of its
 * own, so that a schedule that loses a fault keeps everything else.
 */
import type { Random } from '../../src/base/index.ts'

/** A stream of reproducible numbers: the generator sfc32, fast, and far from cryptography. */
export class Chance implements Random {
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(seed: number, purpose: string) {
    const text = `${seed}/${purpose}`
    this.#a = hashOf(text, 2_166_136_261)
    this.#b = hashOf(text, 2_654_435_769)
    this.#c = hashOf(text, 3_266_489_917)
    for (let round = 0; round < 12; round++) this.#next()
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index++) bytes[index] = this.#next() >>> 11
    return bytes
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + (this.#next() % (high - low + 1))
  }

  /** True in `part` of all cases. */
  happens(part: number): boolean {
    return this.#next() < part * 4_294_967_296
  }

  /** One of some values. */
  oneOf<T>(values: readonly [T, ...T[]]): T {
    return values[this.#next() % values.length] ?? values[0]
  }
}

/** FNV-1a with a basis of one's own. */
function hashOf(text: string, basis: number): number {
  let hash = basis
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619)
  return hash
}
