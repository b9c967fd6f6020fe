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
  /** Where the runs of the pattern in hand stand, by their order in it. */
  readonly #stands: Places[] = []
  /** Where the run of a step is written that no other pattern has. */
  readonly #spares: Int32Array[] = []

  /** `cut` gives the parts that patterns are held against one by one; null for a text that none can fit. */
  constructor(texts: readonly string[], cut: (text: string) => readonly string[] | null) {
    this.#places = new TextPlaces(texts, cut)
  }

  /** Tells of each text, by its number in the list given, whether any of the patterns fits it. */
  fitting({ patterns, stepCount }: SteppedPatterns): (at: number) => boolean {
    const { count, numbers, longest } = this.#places
    const fits = new Uint8Array(count)
    let left = count
    const known: Found = new Array(stepCount)
    const open = this.#level(0)
    let tail: Step | undefined
    let before: readonly Step[] = []
    let taken = 0
    for (const { steps, length } of patterns) {
      if (length > longest) continue
      if (left === 0) break
      if (!this.#findRuns(steps, known)) continue
      const end = steps[steps.length - 1]
      if (end !== tail) {
        this.#beginWhere(steps.length - 1, open, fits)
        tail = end
        before = []
        taken = 0
      }
      if (open.count === 0) continue
      const rarest = this.#rarest(steps.length)
      if (rarest !== null && rarest.length < open.count) {
        left -= this.#tryTexts(steps, rarest, open, fits)
        continue
      }
      let alike = 0
      while (alike < taken && steps[alike] === before[alike]) alike++
      // It begins as the one before did, which got no further.
      if (alike === taken && taken < before.length && steps[taken] === before[taken]) continue
      before = steps
      taken = this.#seek(steps, Math.min(alike, keptLevels), fits)
      if (taken < steps.length) continue
      const reached = this.#level(taken)
      for (let i = 0; i < reached.count; i++) {
        const text = reached.texts[i] as number
        if (fits[text] === 0) left--
        fits[text] = 1
      }
    }
    return (at) => fits[numbers[at] as number] === 1
  }

  /** Finds where the runs of a pattern stand; false when one stands nowhere. The last is looked at first: it is shared most. */
  #findRuns(steps: readonly Step[], known: Found): boolean {
    for (let at = steps.length - 1; at >= 0; at--) {
      const step = steps[at] as Step
      let stands = known[step.id]
      if (stands === undefined) {
        const spare = step.uses > 1 ? null : this.#spare(at)
        stands = this.#places.find(step, spare)
        if (stands !== spare) known[step.id] = stands
      }
      if (stands === null) return false
      this.#stands[at] = stands
    }
    return true
  }

  #spare(at: number): Int32Array {
    const known = this.#spares[at]
    if (known !== undefined) return known
    const fresh = new Int32Array(this.#places.words)
    this.#spares[at] = fresh
    return fresh
  }

  /** Begins with the texts that end as the pattern does and fit none so far. */
  #beginWhere(tail: number, open: Reached, fits: Uint8Array): void {
    const { starts, ends } = this.#places
    const stands = this.#stands[tail] as Places
    open.places.fill(-1)
    open.count = 0
    for (let text = 0; text < starts.length; text++) {
      if (fits[text] === 0 && has(stands, ends[text] as number)) reach(open, text, starts[text] as number)
    }
  }

  /** Of the runs of the pattern in hand, the one that stands at fewest places; null when all stand at many. */
  #rarest(count: number): readonly number[] | null {
    let rarest: readonly number[] | null = null
    for (let at = 0; at < count; at++) {
      const stands = this.#stands[at] as Places
      if (!(stands instanceof Int32Array) && (rarest === null || stands.length < rarest.length)) rarest = stands
    }
    return rarest
  }

  /** Tries the texts that have one of the places, each by itself; answers how many more fit. */
  #tryTexts(steps: readonly Step[], rarest: readonly number[], open: Reached, fits: Uint8Array): number {
    const { textAt } = this.#places
    let count = 0
    let last = -1
    for (let i = 0; i < rarest.length; i++) {
      const text = textAt[rarest[i] as number] as number
      if (text === last || fits[text] === 1) continue
      last = text
      let place = open.places[text] as number
      for (let at = 0; at < steps.length && place >= 0; at++) {
        place = this.#next(steps[at] as Step, this.#stands[at] as Places, place)
      }
      if (place < 0) continue
      fits[text] = 1
      count++
    }
    return count
  }

  /** The first place that a step comes to from another; -1 when it comes to none. */
  #next({ by, isAnchored, ends }: Step, stands: Places, here: number): number {
    const nearest = here + by
    if (isAnchored) return has(stands, nearest) ? nearest : -1
    const end = this.#places.partEnds[here] as number
    if (nearest > end) return -1
    if (ends) return has(stands, end) ? end : -1
    return stands instanceof Int32Array ? firstFrom(stands, nearest, end) : firstOf(stands, nearest, end)
  }

  /** Takes a pattern through all texts, from a step on; answers how many steps were taken until nothing was left. */
  #seek(steps: readonly Step[], from: number, fits: Uint8Array): number {
    for (let at = from; at < steps.length; at++) {
      if (!this.#take(this.#level(at), steps[at] as Step, this.#stands[at] as Places, this.#level(at + 1), fits))
        return at
    }
    return steps.length
  }

  /** Of a pattern with many runs, the later levels take turns. */
  #level(at: number): Reached {
    const index = at <= keptLevels ? at : keptLevels + 1 + (at & 1)
    const known = this.#levels[index]
    if (known !== undefined) return known
    const size = this.#places.count
    const fresh = { count: 0, texts: new Int32Array(size), places: new Int32Array(size).fill(-1) }
    this.#levels[index] = fresh
    return fresh
  }

  /** Takes a step in every text that is left and does not fit anyway; false when none is left. */
  #take(from: Reached, step: Step, stands: Places, to: Reached, fits: Uint8Array): boolean {
    for (let i = 0; i < to.count; i++) to.places[to.texts[i] as number] = -1
    to.count = 0
    if (stands instanceof Int32Array && from.count > stands.length) this.#takeStanding(from, step, stands, to, fits)
    else this.#takeLeft(from, step, stands, to, fits)
    return to.count > 0
  }

  /** Goes through the texts that are left. */
  #takeLeft(from: Reached, step: Step, stands: Places, to: Reached, fits: Uint8Array): void {
    const { count, texts, places } = from
    for (let i = 0; i < count; i++) {
      const text = texts[i] as number
      if (fits[text] === 1) continue
      const place = this.#next(step, stands, places[text] as number)
      if (place >= 0) reach(to, text, place)
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

function has(stands: Places, place: number): boolean {
  if (!(stands instanceof Int32Array)) return stands.includes(place)
  return (((stands[place >>> 5] ?? 0) >>> (place & 31)) & 1) === 1
}

function firstOf(few: readonly number[], from: number, last: number): number {
  for (const place of few) if (place >= from) return place <= last ? place : -1
  return -1
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
