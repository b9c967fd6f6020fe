/**
 * Many patterns against many texts: a condition with hundreds of wanted values meets a key with hundreds of values, and
 * trying each pair takes tenths of a second. Here each step of a pattern is taken in all texts that are left, and a
 * step that patterns share (`steps.ts`) is sought but once in all texts (`text-places.ts`). Which way is quicker is
 * decided in `pattern-list.ts`.
 *
 * Of each text the leftmost place is kept that a pattern has come to: what fits from a later place fits from there.
 */
import type { Step, SteppedPatterns } from './steps.ts'
import { type Places, TextPlaces } from './text-places.ts'

/** The texts in which a pattern has come so far, and the place in each. */
interface Reached {
  count: number
  readonly texts: Int32Array
  /** By the text's number; -1 where the text is out. */
  readonly places: Int32Array
}

/** Where the runs of steps stand, by the step's number. */
type Found = (Places | null | undefined)[]

/** After so many steps, what was reached is kept for the next pattern. */
const keptLevels = 16

/** The texts of one key of one request. */
export class TextSet {
  readonly #places: TextPlaces
  /** What was reached after each step of the pattern tried last; the first is where texts begin. */
  readonly #levels: Reached[] = []
  /** Where the run of a step stands that no other pattern has, and where the last one does. */
  readonly #run: Int32Array
  readonly #tail: Int32Array

  /** `cut` gives the parts that patterns are held against one by one; null for a text that none can fit. */
  constructor(texts: readonly string[], cut: (text: string) => readonly string[] | null) {
    this.#places = new TextPlaces(texts, cut)
    this.#run = new Int32Array(this.#places.words)
    this.#tail = new Int32Array(this.#places.words)
  }

  /** The texts that any of the patterns fits. */
  fitting({ patterns, stepCount }: SteppedPatterns): ReadonlySet<string> {
    const { texts, starts } = this.#places
    const fits = new Uint8Array(texts.length)
    const fitting = new Set<string>()
    const known: Found = new Array(stepCount)
    const open = this.#level(0)
    open.count = texts.length
    for (const [at, start] of starts.entries()) {
      open.texts[at] = at
      open.places[at] = start
    }
    let before: readonly Step[] = []
    let taken = 0
    for (const { steps, length } of patterns) {
      if (length > this.#places.longest) continue
      if (fitting.size === texts.length) break
      // How it ends is looked at first: that rules out most patterns before any step is taken.
      const end = steps[steps.length - 1]
      const tail = end === undefined ? null : this.#runOf(end, known, this.#tail)
      if (tail === null) continue
      let alike = 0
      while (alike < taken && steps[alike] === before[alike]) alike++
      // It begins as the one before did, which got no further.
      if (alike === taken && taken < before.length && steps[taken] === before[taken]) continue
      before = steps
      taken = this.#seek(steps, Math.min(alike, keptLevels), known, tail, fits)
      if (taken < steps.length) continue
      const reached = this.#level(taken)
      for (let i = 0; i < reached.count; i++) {
        const at = reached.texts[i] as number
        fits[at] = 1
        fitting.add(texts[at] ?? '')
      }
    }
    return fitting
  }

  /** Where a step's run stands; null when nowhere. Found once for steps that several patterns have. */
  #runOf(step: Step, known: Found, spare: Int32Array): Places | null {
    const found = known[step.id]
    if (found !== undefined) return found
    const stands = this.#places.find(step, step.uses > 1 ? null : spare)
    if (stands !== spare) known[step.id] = stands
    return stands
  }

  /** Takes a pattern through all texts, from a step on; answers how many steps were taken until nothing was left. */
  #seek(steps: readonly Step[], from: number, known: Found, tail: Places, fits: Uint8Array): number {
    const end = steps.length - 1
    for (let at = from; at <= end; at++) {
      const step = steps[at]
      const stands = at === end ? tail : step === undefined ? null : this.#runOf(step, known, this.#run)
      if (step === undefined || stands === null) return at
      if (!this.#take(this.#level(at), step, stands, this.#level(at + 1), fits)) return at
    }
    return steps.length
  }

  /** Of a pattern with many runs, the later levels take turns. */
  #level(at: number): Reached {
    const index = at <= keptLevels ? at : keptLevels + 1 + (at & 1)
    const known = this.#levels[index]
    if (known !== undefined) return known
    const size = this.#places.texts.length
    const fresh = { count: 0, texts: new Int32Array(size), places: new Int32Array(size).fill(-1) }
    this.#levels[index] = fresh
    return fresh
  }

  /** Takes a step in every text that is left and does not fit anyway; false when none is left. */
  #take(from: Reached, step: Step, stands: Places, to: Reached, fits: Uint8Array): boolean {
    for (let i = 0; i < to.count; i++) to.places[to.texts[i] as number] = -1
    to.count = 0
    if (!(stands instanceof Int32Array)) this.#takeFew(from, step, stands, to, fits)
    else if (from.count > stands.length) this.#takeStanding(from, step, stands, to, fits)
    else this.#takeLeft(from, step, stands, to, fits)
    return to.count > 0
  }

  /** Goes through few places, in order: of each text the first that will do. */
  #takeFew(from: Reached, { by, isAnchored }: Step, few: readonly number[], to: Reached, fits: Uint8Array): void {
    const { partEnds, textAt } = this.#places
    for (let i = 0; i < few.length; i++) {
      const place = few[i] as number
      const text = textAt[place] as number
      const here = from.places[text] as number
      if (here < 0 || fits[text] === 1 || (to.places[text] as number) >= 0) continue
      const nearest = here + by
      // What begins a part stands past the end of the last one.
      const last = isAnchored ? nearest : (partEnds[here] as number)
      if (place >= nearest && place <= last) reach(to, text, place)
    }
  }

  /** Goes through the texts that are left. */
  #takeLeft(from: Reached, { by, isAnchored, ends }: Step, bits: Int32Array, to: Reached, fits: Uint8Array): void {
    const { partEnds } = this.#places
    const { count, texts, places } = from
    for (let i = 0; i < count; i++) {
      const text = texts[i] as number
      if (fits[text] === 1) continue
      const here = places[text] as number
      let place = here + by
      if (!isAnchored) {
        const end = partEnds[here] as number
        if (place > end) continue
        place = ends ? end : firstFrom(bits, place, end)
        if (place < 0) continue
      }
      if (((bits[place >>> 5] as number) >>> (place & 31)) & 1) reach(to, text, place)
    }
  }

  /** Goes through the places where the run stands: of many short texts most do not have it. */
  #takeStanding(from: Reached, { by, isAnchored }: Step, bits: Int32Array, to: Reached, fits: Uint8Array): void {
    const { partEnds, starts, textAt } = this.#places
    const last = textAt.length - 1
    for (let place = firstFrom(bits, 0, last); place >= 0; ) {
      const text = textAt[place] as number
      const here = from.places[text] as number
      const nearest = here + by
      let next = starts[text + 1] ?? last + 1
      if (here >= 0 && fits[text] === 0) {
        // What begins a part stands past the end of the last one.
        if (place < nearest) next = Math.min(next, nearest)
        else if (place <= (isAnchored ? nearest : (partEnds[here] as number))) reach(to, text, place)
      }
      place = next > last ? -1 : firstFrom(bits, next, last)
    }
  }
}

function reach(to: Reached, text: number, place: number): void {
  to.texts[to.count++] = text
  to.places[text] = place
}

/** The first place of those between two, both inclusive; -1 when there is none. */
function firstFrom(stands: Int32Array, from: number, last: number): number {
  let word = from >>> 5
  const lastWord = last >>> 5
  let bits = word > lastWord ? 0 : (stands[word] as number) & (-1 << (from & 31))
  while (bits === 0) {
    if (++word > lastWord) return -1
    bits = stands[word] as number
  }
  const place = word * 32 + 31 - Math.clz32(bits & -bits)
  return place <= last ? place : -1
}
