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

const anyCode = -1

/** A run between two stars of a pattern. */
interface Step {
  /** Character codes; `anyCode` where one character of any kind stands. */
  readonly run: Int32Array
  /** How many places it goes on: past the last part's end and guard, too, when it begins a part. */
  readonly by: number
  /** Whether the part ends here; else a star follows. */
  readonly ends: boolean
  /** Alike for steps that do the same. */
  readonly key: string
}

/** A pattern as its runs. */
export interface SteppedPattern {
  readonly steps: readonly Step[]
  readonly order: string
}

/** Prepares patterns given as the parts between their colons. Those that begin alike come to stand side by side. */
export function toSteps(patterns: readonly (readonly (readonly GlobToken[])[])[]): readonly SteppedPattern[] {
  const stepped = patterns.map((parts) => {
    const steps = parts.flatMap(stepsOfPart)
    return { steps, order: steps.map(({ key }) => key).join('') }
  })
  return stepped.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
}

function stepsOfPart(tokens: readonly GlobToken[], part: number): readonly Step[] {
  const runs: number[][] = [[]]
  for (const token of tokens) {
    const run = runs[runs.length - 1]
    if (token === 'star') runs.push([])
    else if (token === 'any') run?.push(anyCode)
    else for (let i = 0; i < token.text.length; i++) run?.push(token.text.charCodeAt(i))
  }
  // Between two stars, nothing is as good as no run at all.
  const kept = runs.filter((run, at) => at === 0 || at === runs.length - 1 || run.length > 0)
  return kept.map((run, at) => {
    const ends = at === kept.length - 1
    const by = run.length + (at === 0 && part > 0 ? 2 : 0)
    return { run: Int32Array.from(run), by, ends, key: `${run.join()}${ends ? ';' : '*'}${by} ` }
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
/** After so many steps, what was reached is kept for the next pattern. */
const keptLevels = 16
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
  /** What was reached after each step of the pattern tried last; the first is where texts begin. */
  readonly #levels: Places[] = []

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
  fitting(patterns: readonly SteppedPattern[]): ReadonlySet<string> {
    const fitting = new Set<string>()
    const open = this.#level(0)
    open.bits.set(this.#open)
    open.first = 1
    open.last = this.#words - 1
    let before: readonly Step[] = []
    let taken = 0
    for (const { steps } of patterns) {
      if (fitting.size === this.#textAt.size) break
      let alike = 0
      while (alike < taken && steps[alike]?.key === before[alike]?.key) alike++
      // It begins as the one before did, which got no further.
      if (alike === taken && taken < before.length && steps[taken]?.key === before[taken]?.key) continue
      before = steps
      taken = this.#seek(steps, Math.min(alike, keptLevels))
      if (taken === steps.length) this.#collect(this.#level(taken), open.bits, fitting)
    }
    return fitting
  }

  #gramsOf({ run, ends }: Step): readonly GramAt[] | null {
    const grams: GramAt[] = []
    for (let at = 0; at < run.length; at += this.#gramLength) {
      const end = Math.min(run.length, at + this.#gramLength)
      const gram = this.#gram(run, at, end)
      if (gram === null || gram.count === 0) return null
      grams.push({ gram, shift: run.length - end })
    }
    // The rarest first: it rules out most places by itself.
    if (ends) grams.push({ gram: this.#endGram, shift: 0 })
    return grams.length > 1 ? grams.sort((a, b) => a.gram.count - b.gram.count) : grams
  }

  #gram(run: Int32Array, from: number, to: number): Gram | null {
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

  /** Takes a pattern through all texts, from a step on; answers how many steps were taken until nothing was left. */
  #seek(steps: readonly Step[], from: number): number {
    for (let at = from; at < steps.length; at++) {
      const step = steps[at]
      const grams = step === undefined ? null : this.#gramsOf(step)
      if (step === undefined || grams === null) return at
      const reached = this.#level(at + 1)
      this.#move(this.#level(at), step.by, grams, reached)
      if (reached.first > reached.last) return at
      if (!step.ends) this.#spread(reached)
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

  /** Moves all places on by so many characters, where these characters stand. */
  #move(from: Places, by: number, grams: readonly GramAt[], to: Places): void {
    const skip = by >>> 5
    to.bits.fill(0, to.first, to.last + 1)
    to.first = from.first + skip
    to.last = Math.min(this.#words - 1, from.last + skip + 1)
    shiftOnto(to, from, skip, by & 31, grams[0] ?? this.#everywhere)
    for (let i = 1; i < grams.length && to.first <= to.last; i++) narrow(to, grams[i] ?? this.#everywhere)
  }

  /** What a star does: every place of a block after the first that was reached is reached too. */
  #spread(reachedBy: Places): void {
    const { bits, first, last } = reachedBy
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
    reachedBy.last = word - 1
  }

  #collect({ bits, first, last }: Places, open: Int32Array, fitting: Set<string>): void {
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
  // No branch on what is found: half of the words come out empty, and no processor guesses which.
  let readBefore = read[first - skip - 1] as number
  let standsBefore = stands[first - away - 1] ?? 0
  for (let word = first; word <= last; word++) {
    const readHere = read[word - skip] as number
    const standsHere = stands[word - away] as number
    written[word] =
      ((readHere << shift) | ((readBefore >>> 1) >>> right)) &
      ((standsHere << left) | ((standsBefore >>> 1) >>> gramRight))
    readBefore = readHere
    standsBefore = standsHere
  }
  drawIn(to)
}

/** Keeps the places where another gram stands too, and draws the bounds in. */
function narrow(places: Places, { gram, shift }: GramAt): void {
  const { bits, first, last } = places
  const stands = gram.bits
  const away = shift >>> 5
  const left = shift & 31
  const right = 31 - left
  for (let word = first; word <= last; word++) {
    const place = word - away
    bits[word] =
      (bits[word] as number) & (((stands[place] as number) << left) | (((stands[place - 1] as number) >>> 1) >>> right))
  }
  drawIn(places)
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
