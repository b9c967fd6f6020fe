/**
 * Many texts laid side by side as bits, so that one pattern is sought in all of them at once: 32 places are compared in
 * one step, whatever texts and pattern look like. A condition with hundreds of wanted values meets a key with hundreds of
 * values; trying each pair takes tenths of a second. Which way is quicker is decided in `pattern-list.ts`.
 *
 * The bits stand for the places between characters. A text is one block of places, an ARN six: from its first place to
 * its last, and a guard, so that nothing passes from one block into the next. A run of a pattern moves the places that
 * were reached so far; a star takes in every later place of the block.
 */
import type { Step, SteppedPatterns } from './steps.ts'
import { TextPlaces } from './text-places.ts'

/** Bits of places; `first` and `last` word bound where bits may stand. What lies outside them means nothing. */
interface Places {
  readonly bits: Int32Array
  first: number
  last: number
}

/** After so many steps, what was reached is kept for the next pattern. */
const keptLevels = 16

/** The texts of one key of one request. */
export class TextSet {
  readonly #places: TextPlaces
  readonly #words: number
  /** What was reached after each step of the pattern tried last; the first is where texts begin. */
  readonly #levels: Places[] = []
  /** Where the run of a step stands that no other pattern has, and where the last one does. */
  readonly #run: Int32Array
  readonly #tail: Int32Array

  /** `cut` gives the parts that patterns are held against one by one; null for a text that none can fit. */
  constructor(texts: readonly string[], cut: (text: string) => readonly string[] | null) {
    this.#places = new TextPlaces(texts, cut)
    this.#words = this.#places.words
    this.#run = new Int32Array(this.#words)
    this.#tail = new Int32Array(this.#words)
  }

  /** The texts that any of the patterns fits. */
  fitting({ patterns, stepCount }: SteppedPatterns): ReadonlySet<string> {
    const fitting = new Set<string>()
    const open = this.#level(0)
    open.bits.set(this.#places.open)
    open.first = 1
    open.last = this.#words - 1
    const known: (Int32Array | null | undefined)[] = new Array(stepCount)
    let before: readonly Step[] = []
    let taken = 0
    for (const steps of patterns) {
      if (fitting.size === this.#places.textCount) break
      // How it ends is looked at first: that rules out most patterns before any step is taken.
      const end = steps[steps.length - 1]
      const tail = end === undefined ? null : this.#runOf(end, known, this.#tail)
      if (tail === null) continue
      let alike = 0
      while (alike < taken && steps[alike] === before[alike]) alike++
      // It begins as the one before did, which got no further.
      if (alike === taken && taken < before.length && steps[taken] === before[taken]) continue
      before = steps
      taken = this.#seek(steps, Math.min(alike, keptLevels), known, tail)
      if (taken === steps.length) this.#collect(this.#level(taken), open.bits, fitting)
    }
    return fitting
  }

  /** Where a step's run stands; null when nowhere. Found once for steps that several patterns have. */
  #runOf(step: Step, known: (Int32Array | null | undefined)[], spare: Int32Array): Int32Array | null {
    const found = known[step.id]
    if (found !== undefined) return found
    const isShared = step.uses > 1
    const stands = this.#places.find(step, isShared ? new Int32Array(this.#words) : spare)
    if (isShared || stands === null) known[step.id] = stands
    return stands
  }

  /** Takes a pattern through all texts, from a step on; answers how many steps were taken until nothing was left. */
  #seek(steps: readonly Step[], from: number, known: (Int32Array | null | undefined)[], tail: Int32Array): number {
    const end = steps.length - 1
    for (let at = from; at <= end; at++) {
      const step = steps[at]
      const stands = at === end ? tail : step === undefined ? null : this.#runOf(step, known, this.#run)
      if (step === undefined || stands === null) return at
      if (!this.#take(this.#level(at), step, stands, this.#level(at + 1))) return at
    }
    return steps.length
  }

  /** Of a pattern with many runs, the later levels take turns. */
  #level(at: number): Places {
    const index = at <= keptLevels ? at : keptLevels + 1 + (at & 1)
    const known = this.#levels[index]
    if (known !== undefined) return known
    const fresh = { bits: new Int32Array(this.#words), first: 1, last: 0 }
    this.#levels[index] = fresh
    return fresh
  }

  /**
   * Moves all places on over a run, where it stands, and then, if a star follows, on to every later place of the block:
   * one walk over the words, for it is done thousands of times. False when nothing is left.
   */
  #take(from: Places, { by, ends }: Step, stands: Int32Array, to: Places): boolean {
    const skip = by >>> 5
    const shift = by & 31
    // Shifted in two steps, for a shift by 32 would shift by nothing.
    const right = 31 - shift
    const { starts, guards, across } = this.#places
    const read = from.bits
    const written = to.bits
    const first = from.first + skip
    const last = Math.min(this.#words - 1, from.last + skip + 1)
    const lastRead = from.last + skip
    let before = 0
    let any = 0
    let borrow = across[first] as number
    let word = first
    for (; word <= last; word++) {
      const here = word > lastRead ? 0 : (read[word - skip] as number)
      const moved = ((here << shift) | ((before >>> 1) >>> right)) & (stands[word] as number)
      before = here
      any |= moved
      if (ends) {
        written[word] = moved
        continue
      }
      const guard = guards[word] as number
      const start = starts[word] as number
      const reached = moved | guard
      // Taking one from each block turns over just the places below the lowest that was reached.
      const less = (((reached - start) | 0) - borrow) | 0
      borrow = ((~reached & start) | ((~reached | start) & less)) >>> 31
      written[word] = (reached | ~less) & ~guard
    }
    if (any === 0) return false
    // The last block may go on past the last word.
    for (; !ends && word < this.#words && across[word] === 1; word++) {
      const guard = guards[word] as number
      const start = starts[word] as number
      const less = (((guard - start) | 0) - borrow) | 0
      borrow = ((~guard & start) | ((~guard | start) & less)) >>> 31
      written[word] = (guard | ~less) & ~guard
    }
    to.first = first
    to.last = word - 1
    drawIn(to)
    return true
  }

  #collect({ bits, first, last }: Places, open: Int32Array, fitting: Set<string>): void {
    for (let word = first; word <= last; word++) {
      for (let left = bits[word] ?? 0; left !== 0; left &= left - 1) {
        const found = this.#places.textAt.get(word * 32 + 31 - Math.clz32(left & -left))
        if (found === undefined) continue
        fitting.add(found.text)
        open[found.start >>> 5] = (open[found.start >>> 5] ?? 0) & ~(1 << (found.start & 31))
      }
    }
  }
}

/** Draws the bounds in to where bits stand. */
function drawIn(places: Places): void {
  const { bits } = places
  let { first, last } = places
  while (first <= last && bits[first] === 0) first++
  while (first <= last && bits[last] === 0) last--
  places.first = first
  places.last = last
}
