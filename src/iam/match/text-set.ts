/**
 * Many texts laid side by side as bits, so that one pattern is sought in all of them at once: 32 places are compared in
 * one step, whatever texts and pattern look like. A condition with hundreds of wanted values meets a key with hundreds of
 * values; trying each pair takes tenths of a second. Which way is quicker is decided in `pattern-list.ts`.
 *
 * The bits stand for the places between characters. A text is one block of places, an ARN six: from its first place to
 * its last, and a guard, so that nothing passes from one block into the next. A part of a pattern moves the places that
 * were reached so far; a star takes in every later place of the block.
 */
import type { GlobToken } from './glob-token.ts'

/** A run between two stars, as character codes; `anyCode` where one character of any kind stands. */
type Run = Int32Array

const anyCode = -1

/** A pattern as the parts between its colons, each as the runs between its stars. */
export type RunPattern = readonly (readonly Run[])[]

/** Cuts the parts of a pattern at their stars. */
export function toRuns(parts: readonly (readonly GlobToken[])[]): RunPattern {
  return parts.map((tokens) => {
    const runs: number[][] = [[]]
    for (const token of tokens) {
      const run = runs[runs.length - 1]
      if (token === 'star') runs.push([])
      else if (token === 'any') run?.push(anyCode)
      else for (let i = 0; i < token.text.length; i++) run?.push(token.text.charCodeAt(i))
    }
    // Between two stars, nothing is as good as no run at all.
    return runs
      .filter((run, at) => at === 0 || at === runs.length - 1 || run.length > 0)
      .map((run) => Int32Array.from(run))
  })
}

/** Bits of places; `first` and `last` word bound where bits may stand. */
interface Places {
  readonly bits: Int32Array
  first: number
  last: number
}

/** A few characters in a row: the places after them. */
interface Gram {
  readonly bits: Int32Array
  readonly count: number
}

/** A gram of a run, and how far before the run's end it ends. */
interface GramAt {
  readonly gram: Gram
  readonly shift: number
}

/** Characters are looked up in rows of as many as keep the table of rows this small. */
const mostGrams = 700
const anyId = 1
/** The first word stays empty, for a shifted read looks at the word before. */
const firstPlace = 32

/** The texts of one key of one request. */
export class TextSet {
  readonly #words: number
  readonly #starts: Int32Array
  readonly #ends: Int32Array
  readonly #guards: Int32Array
  /** For each word, whether a block stands across its beginning. */
  readonly #across: Uint8Array
  /** First places of the texts. */
  readonly #open: Int32Array
  /** Which text ends at a place, and where it starts. */
  readonly #textAt = new Map<number, { readonly text: string; readonly start: number }>()
  readonly #ids = new Map<number, number>()
  readonly #singles: (Gram | undefined)[] = []
  readonly #grams: (Gram | undefined)[] = []
  readonly #gramLength: number
  readonly #base: number
  readonly #endGram: Gram
  readonly #everywhere: GramAt
  /** Reached so far; no bit stands outside its bounds. */
  #now: Places
  #next: Places

  /** `cut` gives the parts that patterns are held against one by one; null for a text that none can fit. */
  constructor(texts: readonly string[], cut: (text: string) => readonly string[] | null) {
    const cuts = [...new Set(texts)].map((text) => ({ text, parts: cut(text) ?? [] }))
    const size = cuts.reduce((sum, { parts }) => parts.reduce((all, part) => all + part.length + 2, sum), firstPlace)
    this.#words = (size >>> 5) + 1
    const mask = (): Int32Array => new Int32Array(this.#words)
    this.#starts = mask()
    this.#ends = mask()
    this.#guards = mask()
    this.#open = mask()
    this.#across = new Uint8Array(this.#words)
    this.#now = { bits: mask(), first: 0, last: 0 }
    this.#next = { bits: mask(), first: 0, last: 0 }
    this.#endGram = { bits: this.#ends, count: 0 }
    this.#everywhere = { gram: { bits: mask().fill(-1), count: size }, shift: 0 }
    const places = this.#lay(cuts)
    this.#base = this.#ids.size + anyId + 1
    this.#gramLength = Math.max(1, Math.floor(Math.log(mostGrams) / Math.log(this.#base)))
    for (const [id, list] of places.entries()) this.#singles[id] = gramOf(list, this.#words)
  }

  /** Gives the parts their places; answers the places after each character, by the character's number. */
  #lay(cuts: readonly { readonly text: string; readonly parts: readonly string[] }[]): readonly number[][] {
    const places: number[][] = [[], []]
    let place = firstPlace
    for (const { text, parts } of cuts) {
      if (parts.length === 0) continue
      const start = place
      setBit(this.#open, start)
      for (const part of parts) {
        setBit(this.#starts, place)
        this.#across.fill(1, (place >>> 5) + 1, ((place + part.length + 1) >>> 5) + 1)
        for (let i = 0; i < part.length; i++) {
          place++
          places[anyId]?.push(place)
          const code = part.charCodeAt(i)
          const id = this.#ids.get(code) ?? places.length
          if (id < places.length) places[id]?.push(place)
          else {
            this.#ids.set(code, id)
            places.push([place])
          }
        }
        setBit(this.#ends, place)
        setBit(this.#guards, place + 1)
        place += 2
      }
      this.#textAt.set(place - 2, { text, start })
    }
    return places
  }

  /** The texts that any of the patterns fits. */
  fitting(patterns: readonly RunPattern[]): ReadonlySet<string> {
    const fitting = new Set<string>()
    const open = this.#open.slice()
    for (const pattern of patterns) {
      if (fitting.size === this.#textAt.size) break
      const grams = this.#gramsOf(pattern)
      if (grams !== null && this.#seek(pattern, grams, open)) this.#collect(open, fitting)
    }
    return fitting
  }

  /** Null when a run stands in no text. */
  #gramsOf(pattern: RunPattern): readonly (readonly GramAt[])[] | null {
    const all: (readonly GramAt[])[] = []
    for (const runs of pattern) {
      for (const [at, run] of runs.entries()) {
        const grams = this.#gramsOfRun(run)
        if (grams === null) return null
        all.push(at === runs.length - 1 ? [{ gram: this.#endGram, shift: 0 }, ...grams] : grams)
      }
    }
    return all
  }

  #gramsOfRun(run: Run): readonly GramAt[] | null {
    const grams: GramAt[] = []
    for (let at = 0; at < run.length; at += this.#gramLength) {
      const end = Math.min(run.length, at + this.#gramLength)
      const gram = this.#gram(run, at, end)
      if (gram === null || gram.count === 0) return null
      grams.push({ gram, shift: run.length - end })
    }
    // The rarest first: it rules out most places by itself.
    return grams.length > 1 ? grams.sort((a, b) => a.gram.count - b.gram.count) : grams
  }

  #gram(run: Run, from: number, to: number): Gram | null {
    let key = 0
    let id = 0
    for (let at = from; at < to; at++) {
      const code = run[at] ?? anyCode
      id = code === anyCode ? anyId : (this.#ids.get(code) ?? 0)
      if (id === 0) return null
      key = key * this.#base + id
    }
    if (to - from === 1) return this.#singles[id] ?? null
    const known = this.#grams[key]
    if (known !== undefined) return known
    const last = this.#singles[id]
    const before = this.#gram(run, from, to - 1)
    if (last === undefined || before === null) return null
    const fresh = joined(before.bits, last.bits)
    this.#grams[key] = fresh
    return fresh
  }

  /** Takes a pattern through all texts; what fits then stands in `now`, at the texts' last places. */
  #seek(pattern: RunPattern, grams: readonly (readonly GramAt[])[], open: Int32Array): boolean {
    let at = 0
    this.#now.bits.set(open)
    this.#now.first = 1
    this.#now.last = this.#words - 1
    for (const [number, runs] of pattern.entries()) {
      // Past the end and the guard, to the next part's first place.
      if (number > 0 && !this.#move(2, [])) return false
      for (const [i, run] of runs.entries()) {
        if (!this.#move(run.length, grams[at++] ?? [])) return false
        if (i < runs.length - 1) this.#spread()
      }
    }
    return true
  }

  /** Moves all places on by so many characters, where these characters stand; false when none is left. */
  #move(by: number, grams: readonly GramAt[]): boolean {
    const now = this.#next
    const next = this.#now
    now.bits.fill(0, now.first, now.last + 1)
    this.#now = now
    this.#next = next
    const rarest = grams[0] ?? this.#everywhere
    const skip = by >>> 5
    now.first = next.first + skip
    now.last = Math.min(this.#words - 1, next.last + skip + 1)
    shiftOnto(now, next, skip, by & 31, rarest)
    for (let i = 1; i < grams.length && now.first <= now.last; i++) narrow(now, grams[i] ?? this.#everywhere)
    return now.first <= now.last
  }

  /** What a star does: every place of a block after the first that was reached is reached too. */
  #spread(): void {
    const { bits, first, last } = this.#now
    const starts = this.#starts
    const guards = this.#guards
    const across = this.#across
    const words = this.#words
    let borrow = across[first] as number
    let word = first
    for (; word < words; word++) {
      if (word > last && (borrow === 1 || across[word] === 0)) break
      const guard = guards[word] as number
      const start = starts[word] as number
      const reached = (bits[word] as number) | guard
      // Taking one from each block turns over just the places below the lowest that was reached.
      const less = (((reached - start) | 0) - borrow) | 0
      borrow = ((~reached & start) | ((~reached | start) & less)) >>> 31
      bits[word] = (reached | ~less) & ~guard
    }
    this.#now.last = word - 1
  }

  #collect(open: Int32Array, fitting: Set<string>): void {
    const { bits, first, last } = this.#now
    for (let word = first; word <= last; word++) {
      for (let left = bits[word] ?? 0; left !== 0; left &= left - 1) {
        const found = this.#textAt.get(word * 32 + 31 - Math.clz32(left & -left))
        if (found === undefined) continue
        fitting.add(found.text)
        open[found.start >>> 5] = (open[found.start >>> 5] ?? 0) & ~(1 << (found.start & 31))
      }
    }
  }
}

/** Writes the places moved on by words and bits, where a gram stands, and draws the bounds in. */
function shiftOnto(to: Places, from: Places, skip: number, shift: number, { gram, shift: back }: GramAt): void {
  const { first, last } = to
  const written = to.bits
  const read = from.bits
  const stands = gram.bits
  const away = back >>> 5
  const left = back & 31
  // Shifted in two steps, for a shift by 32 would shift by nothing.
  const right = 31 - shift
  const gramRight = 31 - left
  let firstFound = last + 1
  let lastFound = first - 1
  for (let word = first; word <= last; word++) {
    const at = word - skip
    let found = ((read[at] as number) << shift) | (((read[at - 1] as number) >>> 1) >>> right)
    if (found === 0) continue
    const place = word - away
    found &= ((stands[place] as number) << left) | (((stands[place - 1] as number) >>> 1) >>> gramRight)
    if (found === 0) continue
    written[word] = found
    if (firstFound > last) firstFound = word
    lastFound = word
  }
  to.first = firstFound
  to.last = lastFound
}

/** Keeps the places where another gram stands too, and draws the bounds in. */
function narrow(places: Places, { gram, shift }: GramAt): void {
  const { bits, first, last } = places
  const stands = gram.bits
  const away = shift >>> 5
  const left = shift & 31
  const right = 31 - left
  let firstFound = last + 1
  let lastFound = first - 1
  for (let word = first; word <= last; word++) {
    let found = bits[word] as number
    if (found === 0) continue
    const place = word - away
    found &= ((stands[place] as number) << left) | (((stands[place - 1] as number) >>> 1) >>> right)
    bits[word] = found
    if (found === 0) continue
    if (firstFound > last) firstFound = word
    lastFound = word
  }
  places.first = firstFound
  places.last = lastFound
}

function gramOf(places: readonly number[], words: number): Gram {
  const bits = new Int32Array(words)
  for (const place of places) setBit(bits, place)
  return { bits, count: places.length }
}

/** A gram and one character more. */
function joined(before: Int32Array, last: Int32Array): Gram {
  const bits = new Int32Array(before.length)
  let count = 0
  for (let word = 0; word < bits.length; word++) {
    const found = (((before[word] ?? 0) << 1) | ((before[word - 1] ?? 0) >>> 31)) & (last[word] ?? 0)
    bits[word] = found
    for (let left = found; left !== 0; left &= left - 1) count++
  }
  return { bits, count }
}

function setBit(bits: Int32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
}
