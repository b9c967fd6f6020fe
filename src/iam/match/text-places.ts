/**
 * Texts side by side and where things stand in them: single characters, grams of a few, whole runs of a pattern, values
 * of the request. How patterns walk over the places is said in `text-set.ts`.
 */
import { borderTable } from './border-table.ts'
import { anyCode, type Step } from './steps.ts'

/** A few characters in a row: the places after them. Null: they stand nowhere. */
export type Gram = Int32Array | null

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
  readonly #everywhere: Int32Array
  /** The character before each place. */
  readonly #codes: Int32Array
  readonly #ids = new Map<number, number>()
  /** The places after each character, by the character's number. */
  readonly #lists: number[][] = [[], []]
  readonly #singles: Gram[]
  readonly #grams: (Gram | undefined)[] = []
  readonly #values = new Map<string, Gram>()
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
    this.#everywhere = new Int32Array(this.words).fill(-1)
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
    this.#singles = this.#lists.map((list) => (list.length === 0 ? null : bitsOf(list, this.words)))
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
  find({ codes, values, ends }: Step, spare: Int32Array): Gram {
    let found: Gram = this.#everywhere
    for (const { part, before } of codes) if (found !== null) found = this.#findCodes(part, before, spare, found)
    for (const { part, before } of values) {
      const gram = found === null ? null : this.#placesOfValue(part)
      found = found === null || gram === null ? null : narrowed(spare, found, 0, gram, before)
    }
    if (!ends || found === null) return found
    return found === this.#everywhere ? this.#ends : narrowed(spare, found, 0, this.#ends, 0)
  }

  /** Where some characters stand so far before, of the places given. */
  #findCodes(codes: Int32Array, before: number, spare: Int32Array, among: Int32Array): Gram {
    const ids = new Int32Array(codes.length)
    let rarest = -1
    let fewest = this.words >>> 1
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] as number
      const id = code === anyCode ? anyId : (this.#ids.get(code) ?? 0)
      const count = this.#lists[id]?.length ?? 0
      if (count === 0) return null
      ids[i] = id
      if (count >= fewest) continue
      fewest = count
      rarest = i
    }
    // Few places are tried one by one, many all at once.
    if (rarest >= 0) return this.#findFew(codes, rarest, this.#lists[ids[rarest] ?? 0] ?? [], before, spare, among)
    return this.#findMany(ids, before, spare, among)
  }

  #findFew(
    run: Int32Array,
    rarest: number,
    list: readonly number[],
    before: number,
    spare: Int32Array,
    among: Int32Array,
  ): Gram {
    const codes = this.#codes
    const length = run.length
    const few: number[] = []
    for (const place of list) {
      const first = place - rarest
      let at = 0
      while (at < length) {
        const code = run[at] as number
        const here = codes[first + at] ?? noCode
        if (code === anyCode ? here === noCode : here !== code) break
        at++
      }
      const end = first + length - 1 + before
      if (at === length && (((among[end >>> 5] ?? 0) >>> (end & 31)) & 1) === 1) few.push(end)
    }
    if (few.length === 0) return null
    spare.fill(0)
    for (const place of few) setBit(spare, place)
    return spare
  }

  #findMany(ids: Int32Array, before: number, spare: Int32Array, among: Int32Array): Gram {
    const { length } = ids
    const step = this.#gramLength
    let found: Gram = among
    for (let end = Math.min(length, step); found !== null; end = Math.min(length, end + step)) {
      // The last gram may overlap the one before, for grams of full length are rarer.
      const gram = this.#gram(ids, Math.max(0, end - step), end)
      const by = length - end + before
      if (gram === null) return null
      found = found === this.#everywhere && by === 0 ? gram : narrowed(spare, found, 0, gram, by)
      if (end === length) break
    }
    return found
  }

  #gram(ids: Int32Array, from: number, to: number): Gram {
    const last = ids[to - 1] as number
    if (to - from === 1) return this.#singles[last] ?? null
    let key = 0
    for (let at = from; at < to; at++) key = key * this.#base + (ids[at] as number)
    const known = this.#grams[key]
    if (known !== undefined) return known
    const before = this.#gram(ids, from, to - 1)
    const single = this.#singles[last] ?? null
    const fresh = before === null || single === null ? null : joined(before, single)
    this.#grams[key] = fresh
    return fresh
  }

  /** Found by Knuth, Morris and Pratt's way, over all texts in one go. */
  #placesOfValue(value: string): Gram {
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
function narrowed(written: Int32Array, one: Int32Array, oneBy: number, other: Int32Array, otherBy: number): Gram {
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
function joined(before: Int32Array, last: Int32Array): Gram {
  const bits = new Int32Array(before.length)
  let any = 0
  for (let word = 1; word < bits.length; word++) {
    const found = (((before[word] as number) << 1) | ((before[word - 1] as number) >>> 31)) & (last[word] as number)
    bits[word] = found
    any |= found
  }
  return any === 0 ? null : bits
}

function setBit(bits: Int32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
}
