/**
 * Texts side by side and where things stand in them: single characters, grams of a few, whole runs of a pattern, values
 * of the request. How patterns walk over the places is said in `text-set.ts`.
 */
import { borderTable } from './border-table.ts'
import { anyCode, type Step } from './steps.ts'

/** A few characters in a row: the places after them. Null: they stand nowhere. */
type Gram = Int32Array | null

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
  readonly starts: Int32Array
  readonly guards: Int32Array
  /** For each word, whether a block stands across its beginning. */
  readonly across: Uint8Array
  /** First places of the texts. */
  readonly open: Int32Array
  /** Which text ends at a place, and where it starts. */
  readonly textAt = new Map<number, { readonly text: string; readonly start: number }>()
  readonly #ends: Int32Array
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
    const size = cuts.reduce((sum, { parts }) => parts.reduce((all, part) => all + part.length + 2, sum), firstPlace)
    this.words = (size >>> 5) + 1
    const mask = (): Int32Array => new Int32Array(this.words)
    this.starts = mask()
    this.#ends = mask()
    this.guards = mask()
    this.open = mask()
    this.across = new Uint8Array(this.words)
    this.#codes = new Int32Array(size + 1).fill(noCode)
    this.#lay(cuts)
    this.#base = this.#ids.size + anyId + 1
    this.#gramLength = Math.max(1, Math.floor(Math.log(mostGrams) / Math.log(this.#base)))
    this.#singles = this.#lists.map((list) => (list.length === 0 ? null : bitsOf(list, this.words)))
  }

  get textCount(): number {
    return this.textAt.size
  }

  #lay(cuts: readonly { readonly text: string; readonly parts: readonly string[] }[]): void {
    let place = firstPlace
    for (const { text, parts } of cuts) {
      if (parts.length === 0) continue
      const start = place
      setBit(this.open, start)
      for (const part of parts) {
        setBit(this.starts, place)
        this.across.fill(1, (place >>> 5) + 1, ((place + part.length + 1) >>> 5) + 1)
        for (let i = 0; i < part.length; i++) this.#layCode(part.charCodeAt(i), ++place)
        setBit(this.#ends, place)
        setBit(this.guards, place + 1)
        place += 2
      }
      this.textAt.set(place - 2, { text, start })
    }
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

  /** Writes the places after a step's run, at the end of the part if it ends there; null when there are none. */
  find({ run, values, ends }: Step, found: Int32Array): Int32Array | null {
    const ids = new Int32Array(run.length)
    let rarest = -1
    let fewest = this.words >>> 1
    for (let i = 0; i < run.length; i++) {
      const code = run[i] as number
      const id = code === anyCode ? anyId : (this.#ids.get(code) ?? 0)
      const count = this.#lists[id]?.length ?? 0
      if (count === 0) return null
      ids[i] = id
      if (count >= fewest) continue
      fewest = count
      rarest = i
    }
    // Few places are tried one by one, many all at once.
    const isAny = rarest >= 0 ? this.#findFew(run, rarest, ids, found) : this.#findMany(ids, found)
    if (!isAny) return null
    for (const { value, before } of values) {
      const gram = this.#placesOfValue(value)
      if (gram === null || !narrow(found, gram, before)) return null
    }
    return !ends || narrow(found, this.#ends, 0) ? found : null
  }

  #findFew(run: Int32Array, rarest: number, ids: Int32Array, found: Int32Array): boolean {
    found.fill(0)
    const codes = this.#codes
    const length = run.length
    let isAny = false
    for (const place of this.#lists[ids[rarest] ?? 0] ?? []) {
      const first = place - rarest
      let at = 0
      while (at < length) {
        const code = run[at] as number
        const here = codes[first + at] ?? noCode
        if (code === anyCode ? here === noCode : here !== code) break
        at++
      }
      if (at < length) continue
      setBit(found, first + length - 1)
      isAny = true
    }
    return isAny
  }

  #findMany(ids: Int32Array, found: Int32Array): boolean {
    const { length } = ids
    if (length === 0) {
      found.fill(-1)
      return true
    }
    const firstEnd = Math.min(length, this.#gramLength)
    const first = this.#gram(ids, 0, firstEnd)
    if (first === null) return false
    shiftInto(found, first, length - firstEnd)
    for (let end = firstEnd; end < length; ) {
      // The last gram may overlap the one before, for grams of full length are rarer.
      end = Math.min(length, end + this.#gramLength)
      const gram = this.#gram(ids, end - this.#gramLength, end)
      if (gram === null || !narrow(found, gram, length - end)) return false
    }
    return true
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

/** Writes bits moved on by so many places. */
function shiftInto(written: Int32Array, read: Int32Array, by: number): void {
  const skip = by >>> 5
  const shift = by & 31
  // Shifted in two steps, for a shift by 32 would shift by nothing.
  const right = 31 - shift
  written.fill(0, 0, skip)
  let before = 0
  for (let word = skip; word < written.length; word++) {
    const here = read[word - skip] as number
    written[word] = (here << shift) | ((before >>> 1) >>> right)
    before = here
  }
}

/** Keeps the places where a gram stands too, so far before; false when none is left. */
function narrow(places: Int32Array, gram: Int32Array, by: number): boolean {
  const skip = by >>> 5
  const shift = by & 31
  const right = 31 - shift
  places.fill(0, 0, skip)
  let before = 0
  let any = 0
  for (let word = skip; word < places.length; word++) {
    const here = gram[word - skip] as number
    const left = (places[word] as number) & ((here << shift) | ((before >>> 1) >>> right))
    places[word] = left
    any |= left
    before = here
  }
  return any !== 0
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
