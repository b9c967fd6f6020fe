/**
 * Texts side by side and where things stand in them: single characters, grams of a few, whole runs of a pattern, values
 * of the request. How patterns walk over the places is said in `text-set.ts`.
 */
import { borderTable } from './border-table.ts'
import { anyCode, type Step } from './steps.ts'

/** Some characters in a row: the places after them. */
export interface Gram {
  readonly bits: Int32Array
  /** All of them, and maybe some that the bits leave out, where they are few. */
  readonly few: readonly number[] | null
}

/** Up to so many, places are gone through one by one. */
const mostFew = 64
/** Characters are looked up in rows of as many as keep the table of rows this small. */
const mostGrams = 1100
const anyId = 1
/** The first word stays empty, for a shifted read looks at the word before. */
const firstPlace = 32
/** Where no character stands before a place. */
const noCode = -2

/** The texts of one key, laid out. */
export class TextPlaces {
  readonly words: number
  /** Each once, without those that are left out. */
  readonly texts: readonly string[]
  /** First places of the texts. */
  readonly starts: readonly number[]
  /** For each place, the last one of its part. */
  readonly partEnds: Int32Array
  /** For each place, the number of its text. */
  readonly textAt: Int32Array
  readonly longest: number
  readonly #ends: Int32Array
  readonly #everywhere: Gram
  /** The character before each place. */
  readonly #codes: Int32Array
  readonly #ids = new Map<number, number>()
  /** The places after each character, by the character's number. */
  readonly #lists: number[][] = [[], []]
  readonly #singles: (Gram | null)[]
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
    this.texts = kept.map(({ text }) => text)
    this.partEnds = new Int32Array(size)
    this.#ends = new Int32Array(this.words)
    this.#everywhere = { bits: new Int32Array(this.words).fill(-1), few: null }
    this.#codes = new Int32Array(size).fill(noCode)
    this.textAt = new Int32Array(size)
    this.longest = kept.reduce((most, { text }) => Math.max(most, text.length), 0)
    let place = firstPlace
    this.starts = kept.map(({ parts }, at) => {
      const start = place
      for (const part of parts) place = this.#lay(part, place)
      this.textAt.fill(at, start, place)
      return start
    })
    this.#base = this.#ids.size + anyId + 1
    this.#gramLength = Math.max(1, Math.floor(Math.log(mostGrams) / Math.log(this.#base)))
    this.#singles = this.#lists.map((list) =>
      list.length === 0 ? null : { bits: bitsOf(list, this.words), few: list.length > this.words >>> 1 ? null : list },
    )
  }

  /** Lays one part from a place on, and answers where the next begins: between them lies one place that is neither's. */
  #lay(part: string, start: number): number {
    const end = start + part.length
    this.partEnds.fill(end, start, end + 1)
    for (let i = 0; i < part.length; i++) this.#layCode(part.charCodeAt(i), start + i + 1)
    setBit(this.#ends, end)
    return end + 2
  }

  #layCode(code: number, place: number): void {
    this.#codes[place] = code
    this.#lists[anyId]?.push(place)
    const id = this.#ids.get(code) ?? this.#lists.length
    if (id < this.#lists.length) {
      this.#lists[id]?.push(place)
      return
    }
    this.#ids.set(code, id)
    this.#lists.push([place])
  }

  /**
   * The places after a step's run, at the end of the part if it ends there; null when there are none. The bits are
   * written to `spare`, or are at hand already: not to be changed.
   */
  find({ codes, values, ends }: Step, spare: Int32Array): Gram | null {
    let found: Gram = this.#everywhere
    for (const { part, before } of codes) {
      const bits: Int32Array = found.bits
      const next = this.#findCodes(part, before, spare, bits)
      if (next === null) return null
      found = next
    }
    for (const { part, before } of values) {
      const gram = this.#placesOfValue(part)
      const bits = gram === null ? null : narrowed(spare, found.bits, 0, gram, before)
      if (bits === null) return null
      found = { bits, few: found.few }
    }
    if (!ends) return found
    const bits = found === this.#everywhere ? this.#ends : narrowed(spare, found.bits, 0, this.#ends, 0)
    return bits === null ? null : { bits, few: found.few }
  }

  /** Where some characters stand so far before, of the places given. */
  #findCodes(codes: Int32Array, before: number, spare: Int32Array, among: Int32Array): Gram | null {
    const ids = new Int32Array(codes.length)
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] as number
      const id = code === anyCode ? anyId : (this.#ids.get(code) ?? 0)
      if (id === 0 || this.#singles[id] === null) return null
      ids[i] = id
    }
    const step = this.#gramLength
    for (let end = Math.min(codes.length, step); ; end = Math.min(codes.length, end + step)) {
      const gram = this.#gram(ids, Math.max(0, end - step), end)
      if (gram === null) return null
      // Few places are tried one by one, many all at once.
      if (gram.few !== null) return this.#findFew(codes, end - 1, gram.few, before, spare, among)
      if (end === codes.length) break
    }
    return this.#findMany(ids, before, spare, among)
  }

  #findFew(
    run: Int32Array,
    at: number,
    list: readonly number[],
    before: number,
    spare: Int32Array,
    among: Int32Array,
  ): Gram | null {
    const codes = this.#codes
    const length = run.length
    const few: number[] = []
    for (const place of list) {
      const first = place - at
      let i = 0
      while (i < length) {
        const code = run[i] as number
        const here = codes[first + i] ?? noCode
        if (code === anyCode ? here === noCode : here !== code) break
        i++
      }
      const end = first + length - 1 + before
      if (i === length && (((among[end >>> 5] ?? 0) >>> (end & 31)) & 1) === 1) few.push(end)
    }
    if (few.length === 0) return null
    spare.fill(0)
    for (const place of few) setBit(spare, place)
    return { bits: spare, few }
  }

  #findMany(ids: Int32Array, before: number, spare: Int32Array, among: Int32Array): Gram | null {
    const { length } = ids
    const step = this.#gramLength
    let found = among
    for (let end = Math.min(length, step); ; end = Math.min(length, end + step)) {
      // The last gram may overlap the one before, for grams of full length are rarer.
      const gram = this.#gram(ids, Math.max(0, end - step), end)
      const by = length - end + before
      if (gram === null) return null
      if (found === this.#everywhere.bits && by === 0) return gram
      const bits = narrowed(spare, found, 0, gram.bits, by)
      if (bits === null) return null
      found = bits
      if (end === length) return { bits, few: null }
    }
  }

  #gram(ids: Int32Array, from: number, to: number): Gram | null {
    const last = ids[to - 1] as number
    if (to - from === 1) return this.#singles[last] ?? null
    let key = 0
    for (let at = from; at < to; at++) key = key * this.#base + (ids[at] as number)
    const known = this.#grams[key]
    if (known !== undefined) return known
    const before = this.#gram(ids, from, to - 1)
    const single = this.#singles[last] ?? null
    const fresh = before === null || single === null ? null : joined(before.bits, single.bits)
    this.#grams[key] = fresh
    return fresh
  }

  /** Found by Knuth, Morris and Pratt's way, over all texts in one go. */
  #placesOfValue(value: string): Int32Array | null {
    const known = this.#values.get(value)
    if (known !== undefined) return known
    const borders = borderTable(value)
    const list: number[] = []
    let matched = 0
    for (let place = firstPlace; place < this.#codes.length; place++) {
      const code = this.#codes[place]
      while (matched > 0 && (matched === value.length || code !== value.charCodeAt(matched))) {
        matched = borders[matched - 1] ?? 0
      }
      if (code === value.charCodeAt(matched)) matched++
      if (matched === value.length) list.push(place)
    }
    const places = list.length === 0 ? null : bitsOf(list, this.words)
    this.#values.set(value, places)
    return places
  }
}

/** Writes the places where two grams stand, each so far before; null when there are none. The first may be `written`. */
function narrowed(
  written: Int32Array,
  one: Int32Array,
  oneBy: number,
  other: Int32Array,
  otherBy: number,
): Int32Array | null {
  const [skip, shift] = [oneBy >>> 5, oneBy & 31]
  const [otherSkip, otherShift] = [otherBy >>> 5, otherBy & 31]
  // Shifted in two steps, for a shift by 32 would shift by nothing.
  const right = 31 - shift
  const otherRight = 31 - otherShift
  const first = Math.max(skip, otherSkip)
  written.fill(0, 0, first)
  let before = 0
  let otherBefore = 0
  let any = 0
  for (let word = first; word < written.length; word++) {
    const here = one[word - skip] as number
    const otherHere = other[word - otherSkip] as number
    const both =
      ((here << shift) | ((before >>> 1) >>> right)) &
      ((otherHere << otherShift) | ((otherBefore >>> 1) >>> otherRight))
    written[word] = both
    any |= both
    before = here
    otherBefore = otherHere
  }
  return any === 0 ? null : written
}

function bitsOf(places: readonly number[], words: number): Int32Array {
  const bits = new Int32Array(words)
  for (const place of places) setBit(bits, place)
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
