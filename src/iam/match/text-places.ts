/**
 * Texts side by side and where things stand in them: characters, grams of a few, whole runs of a pattern, values of the
 * request. How patterns walk over the places is said in `text-set.ts`.
 *
 * A run is sought in one of two ways. Where some characters of it in a row stand at few places (`gram-table.ts` knows),
 * these are tried one by one. Else the places are bits, and the run's grams are laid over each other, 32 places at a time.
 */
import { borderTable } from './border-table.ts'
import type { GlobToken } from './glob-token.ts'
import { isLongValue } from './glob-token.ts'
import { anyId, GramTable } from './gram-table.ts'
import type { Step } from './steps.ts'

/** Places after something: as bits, or in order where they are few. */
export type Places = Int32Array | readonly number[]

/** Some characters in a row, any of them maybe whatever there is. */
interface Gram {
  readonly bits: Int32Array
  /** All of the places, where they are few. */
  readonly few: readonly number[] | null
}

/** Up to so many, places are gone through one by one. */
const mostFew = 64
/** Characters are laid over each other in rows of as many as keep the table of rows this small. */
const mostGrams = 1100
/** The first word stays empty, for a shifted read looks at the word before. */
const firstPlace = 32

/** The texts of one key, laid out. */
export class TextPlaces {
  readonly words: number
  /** How many different texts there are, without those that are left out. */
  readonly count: number
  /** Of each text given, which of them it is; -1 when it was left out. */
  readonly numbers: Int32Array
  /** First places of the texts. */
  readonly starts: readonly number[]
  /** Last places of the texts. */
  readonly ends: readonly number[]
  /** For each place, the last one of its part. */
  readonly partEnds: Int32Array
  /** For each place, the number of its text. */
  readonly textAt: Int32Array
  readonly longest: number
  readonly #ends: Int32Array
  readonly #everywhere: Int32Array
  readonly #table: GramTable
  /** The run that is sought, as numbers of characters. */
  #run = new Int32Array(64)
  readonly #singles = new Map<number, Gram>()
  readonly #grams: (Gram | null | undefined)[] = []
  readonly #values = new Map<string, Int32Array | null>()
  readonly #gramLength: number
  readonly #base: number

  /** `cut` gives the parts of a text; null for one that is left out. */
  constructor(texts: readonly string[], cut: (text: string) => readonly string[] | null) {
    const cuts = [...new Set(texts)].map((text) => ({ text, parts: cut(text) ?? [] }))
    const kept = cuts.filter(({ parts }) => parts.length > 0)
    const size = kept.reduce((sum, { parts }) => parts.reduce((all, part) => all + part.length + 2, sum), firstPlace)
    this.words = (size >>> 5) + 1
    const numberOf = new Map(kept.map(({ text }, number) => [text, number]))
    this.count = kept.length
    this.numbers = Int32Array.from(texts, (text) => numberOf.get(text) ?? -1)
    this.partEnds = new Int32Array(size)
    this.#ends = new Int32Array(this.words)
    this.#everywhere = new Int32Array(this.words).fill(-1)
    this.#table = new GramTable(size)
    this.textAt = new Int32Array(size)
    this.longest = kept.reduce((most, { text }) => Math.max(most, text.length), 0)
    let place = firstPlace
    this.starts = kept.map(({ parts }, at) => {
      const start = place
      for (const part of parts) place = this.#lay(part, place)
      this.textAt.fill(at, start, place)
      return start
    })
    this.ends = this.starts.map((_, at) => (this.starts[at + 1] ?? place) - 2)
    this.#table.sort()
    this.#base = this.#table.letters + anyId + 1
    this.#gramLength = Math.max(1, Math.floor(Math.log(mostGrams) / Math.log(this.#base)))
  }

  /** Lays one part from a place on, and answers where the next begins: between them lies one place that is neither's. */
  #lay(part: string, start: number): number {
    const end = start + part.length
    this.partEnds.fill(end, start, end + 1)
    for (let i = 0; i < part.length; i++) this.#table.lay(part.charCodeAt(i), start + i + 1)
    setBit(this.#ends, end)
    return end + 2
  }

  /**
   * The places after a step's run, at the end of the part if it ends there; null when there are none. Bits are written
   * to `spare`, or anew when that is null, or are at hand already: not to be changed.
   */
  find({ run, length, ends }: Step, spare: Int32Array | null): Places | null {
    let found: Places | null = this.#everywhere
    if (typeof run === 'string') found = this.#findPiece(this.#spell(run, 0, true), 0, spare, found)
    else found = this.#findTokens(run, length, spare)
    if (!ends || found === null) return found
    if (!(found instanceof Int32Array)) return someOf(found.filter((place) => this.partEnds[place] === place))
    return found === this.#everywhere ? this.#ends : narrowed(spare ?? this.#fresh(), found, this.#ends, 0)
  }

  /** Seeks the characters between long values together, then each value as a whole. */
  #findTokens(tokens: readonly GlobToken[], length: number, spare: Int32Array | null): Places | null {
    const written = spare ?? this.#fresh()
    let found: Places | null = this.#everywhere
    const values: { readonly text: string; readonly before: number }[] = []
    let size = 0
    let before = length
    for (const token of tokens) {
      if (isLongValue(token) && typeof token !== 'string') {
        found = this.#findPiece(size, before, written, found)
        if (found === null) return null
        size = 0
        before -= token.text.length
        values.push({ text: token.text, before })
      } else {
        const more: number =
          typeof token === 'string' ? this.#spell('?', size, true) : this.#spell(token.text, size, false)
        if (more < 0) return null
        before -= more - size
        size = more
      }
    }
    found = this.#findPiece(size, before, written, found)
    for (const { text, before } of values) {
      const bits = found === null ? null : this.#placesOfValue(text)
      if (found === null || bits === null) return null
      if (found instanceof Int32Array) found = narrowed(written, found, bits, before)
      else found = someOf(found.filter((place) => hasBit(bits, place - before)))
    }
    return found
  }

  /** Writes a text behind what is written of the run, and answers how long that is; -1 when a character stands nowhere. */
  #spell(text: string, from: number, hasWildcards: boolean): number {
    const size = from + text.length
    if (size > this.#run.length) {
      const longer = new Int32Array(size * 2)
      longer.set(this.#run)
      this.#run = longer
    }
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      const id = hasWildcards && code === questionMark ? anyId : this.#table.idOf(code)
      if (id === 0) return -1
      this.#run[from + i] = id
    }
    return size
  }

  /** Where the characters of the run stand so far before, of the places given. */
  #findPiece(size: number, before: number, spare: Int32Array | null, among: Places): Places | null {
    if (size <= 0) return size < 0 ? null : among
    const run = this.#run
    const rarest = this.#table.rarest(run, size)
    if (rarest !== null && rarest.count <= mostFew) {
      return rarest.count === 0
        ? null
        : this.#findFew(rarest.places(), size - 1 - rarest.at + before, size, before, among)
    }
    const step = this.#gramLength
    for (let end = Math.min(size, step); ; end = Math.min(size, end + step)) {
      const gram = this.#gram(Math.max(0, end - step), end)
      if (gram === null) return null
      if (gram.few !== null) return this.#findFew(gram.few, size - end + before, size, before, among)
      if (end === size) break
    }
    return this.#findMany(size, before, spare, among)
  }

  /** Tries places, each so far before the end of the step. */
  #findFew(list: ArrayLike<number>, by: number, size: number, before: number, among: Places): Places | null {
    const few: number[] = []
    for (let i = 0; i < list.length; i++) {
      const end = (list[i] as number) + by
      if (this.#table.stands(this.#run, size, end - before) && (among === this.#everywhere || isAmong(among, end)))
        few.push(end)
    }
    return someOf(few.sort(ascending))
  }

  #findMany(size: number, before: number, spare: Int32Array | null, among: Places): Places | null {
    const step = this.#gramLength
    const written = spare ?? this.#fresh()
    let found = among instanceof Int32Array ? among : bitsOf(among, this.words)
    for (let end = Math.min(size, step); ; end = Math.min(size, end + step)) {
      // The last gram may overlap the one before, for grams of full length are rarer.
      const gram = this.#gram(Math.max(0, end - step), end)
      const by = size - end + before
      if (gram === null) return null
      if (found === this.#everywhere && by === 0) return gram.bits
      const bits = narrowed(written, found, gram.bits, by)
      if (bits === null) return null
      found = bits
      if (end === size) return bits
    }
  }

  /** A gram of the run. */
  #gram(from: number, to: number): Gram | null {
    const last = this.#run[to - 1] as number
    if (to - from === 1) return this.#single(last)
    let key = 0
    for (let at = from; at < to; at++) key = key * this.#base + (this.#run[at] as number)
    const known = this.#grams[key]
    if (known !== undefined) return known
    const before = this.#gram(from, to - 1)
    const fresh = before === null ? null : joined(before.bits, this.#single(last).bits)
    this.#grams[key] = fresh
    return fresh
  }

  #single(id: number): Gram {
    const known = this.#singles.get(id)
    if (known !== undefined) return known
    const fresh = { bits: bitsOf(this.#table.placesOf(id), this.words), few: null }
    this.#singles.set(id, fresh)
    return fresh
  }

  /** Found by Knuth, Morris and Pratt's way, over all texts in one go. */
  #placesOfValue(value: string): Int32Array | null {
    const known = this.#values.get(value)
    if (known !== undefined) return known
    const list = this.#table.seek(value, borderTable(value))
    const places = list.length === 0 ? null : bitsOf(list, this.words)
    this.#values.set(value, places)
    return places
  }

  #fresh(): Int32Array {
    return new Int32Array(this.words)
  }
}

const questionMark = 63

function ascending(one: number, other: number): number {
  return one - other
}

function someOf(few: readonly number[]): readonly number[] | null {
  return few.length === 0 ? null : few
}

function isAmong(places: Places, place: number): boolean {
  return places instanceof Int32Array ? hasBit(places, place) : places.includes(place)
}

/** Writes the places of `one` where `other` stands so far before; null when there are none. `one` may be `written`. */
function narrowed(written: Int32Array, one: Int32Array, other: Int32Array, by: number): Int32Array | null {
  const skip = by >>> 5
  const shift = by & 31
  // Shifted in two steps, for a shift by 32 would shift by nothing.
  const right = 31 - shift
  written.fill(0, 0, skip)
  let before = 0
  let any = 0
  for (let word = skip; word < written.length; word++) {
    const here = other[word - skip] as number
    const both = (one[word] as number) & ((here << shift) | ((before >>> 1) >>> right))
    written[word] = both
    any |= both
    before = here
  }
  return any === 0 ? null : written
}

function bitsOf(places: ArrayLike<number>, words: number): Int32Array {
  const bits = new Int32Array(words)
  for (let i = 0; i < places.length; i++) setBit(bits, places[i] as number)
  return bits
}

/** A gram and one character more. */
function joined(before: Int32Array, last: Int32Array): Gram | null {
  const bits = new Int32Array(before.length)
  let any = 0
  for (let word = 1; word < bits.length; word++) {
    const found = (((before[word] as number) << 1) | ((before[word - 1] as number) >>> 31)) & (last[word] as number)
    bits[word] = found
    any |= found
  }
  return any === 0 ? null : { bits, few: fewOf(bits) }
}

/** The places, where they are few. */
function fewOf(bits: Int32Array): readonly number[] | null {
  const few: number[] = []
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word] as number; left !== 0; left &= left - 1) {
      if (few.length === mostFew) return null
      few.push(word * 32 + 31 - Math.clz32(left & -left))
    }
  }
  return few
}

function setBit(bits: Int32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
}

function hasBit(bits: Int32Array, at: number): boolean {
  return (((bits[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1
}
