/**
 * Many patterns against many texts: a condition with hundreds of wanted values meets a key with hundreds of values. Trying
 * each pair takes tenths of a second, so the patterns then run side by side as bits of one automaton, one step per
 * character of the texts. Where there are few pairs, trying each is quicker; `PatternList` chooses.
 */
import { compileGlob, globMatches } from './glob.ts'
import type { GlobToken } from './glob-token.ts'

/** A pattern as the parts between its colons: one part for a text, six for an ARN, of which the last may hold colons. */
export type PartedPattern = readonly (readonly GlobToken[])[]

/** Up to this many pairs, each is tried. */
const fewPairs = 2000
/** What trying one pair costs, in steps of one word of the automaton. */
const pairCost = 80

/** Patterns for many texts; what it takes is made when it is first needed, and kept. */
export class PatternList {
  readonly #patterns: readonly PartedPattern[]
  readonly #makeTest: (pattern: PartedPattern) => (text: string) => boolean
  readonly #words: number
  #tests: readonly ((text: string) => boolean)[] | null = null
  #automaton: PatternAutomaton | null = null

  /** `makeTest` prepares one pattern to be tried by itself. */
  constructor(patterns: readonly PartedPattern[], makeTest: (pattern: PartedPattern) => (text: string) => boolean) {
    this.#patterns = patterns
    this.#makeTest = makeTest
    this.#words = patterns.reduce((sum, pattern) => sum + lengthOf(pattern) + 1, 0) / 32
  }

  /** Makes a test whether any of the patterns fits one of these texts. */
  testFor(texts: readonly string[]): (text: string) => boolean {
    const pairs = this.#patterns.length * texts.length
    const characters = texts.reduce((sum, text) => sum + text.length, 0)
    if (pairs > fewPairs && this.#words * (characters + 32) <= pairs * pairCost) {
      this.#automaton ??= new PatternAutomaton(this.#patterns)
      const automaton = this.#automaton
      return (text) => automaton.matches(text)
    }
    this.#tests ??= this.#patterns.map(this.#makeTest)
    const tests = this.#tests
    return (text) => tests.some((test) => test(text))
  }
}

/** Prepares a plain pattern to be tried by itself. */
export function plainTest([tokens = []]: PartedPattern): (text: string) => boolean {
  const glob = compileGlob(tokens)
  return (text) => globMatches(glob, text)
}

function lengthOf(pattern: PartedPattern): number {
  let length = pattern.length - 1
  for (const part of pattern) {
    for (const token of part) length += token === 'star' ? 0 : token === 'any' ? 1 : token.text.length
  }
  return length
}

const colon = 58

/** The bits of a character: where a star stays, and where `?` moves to. Those of an ARN's first parts take no colon. */
interface Masks {
  readonly stay: Uint32Array
  readonly any: Uint32Array
}

/**
 * Patterns as one automaton. Bit `j` of a pattern says that its first `j` characters are met; at a star the bit stays.
 *
 * INVARIANT: no character moves to a pattern's bit 0, so that nothing passes from one pattern into the next.
 */
export class PatternAutomaton {
  readonly #start: Uint32Array
  readonly #accept: Uint32Array
  readonly #atColon: Masks
  readonly #elsewhere: Masks
  readonly #places = new Map<number, number[]>()
  readonly #rows = new Map<number, Uint32Array>()

  constructor(patterns: readonly PartedPattern[]) {
    const bits = patterns.reduce((sum, pattern) => sum + lengthOf(pattern) + 1, 0)
    const mask = (): Uint32Array => new Uint32Array((bits + 31) >>> 5)
    this.#start = mask()
    this.#accept = mask()
    this.#atColon = { stay: mask(), any: mask() }
    this.#elsewhere = { stay: mask(), any: mask() }
    let bit = 0
    for (const pattern of patterns) {
      setBit(this.#start, bit)
      bit = this.#draw(pattern, bit)
      setBit(this.#accept, bit)
      bit++
    }
  }

  /** Gives a pattern its bits; answers the last. */
  #draw(pattern: PartedPattern, first: number): number {
    let bit = first
    for (const [at, part] of pattern.entries()) {
      if (at > 0) this.#place(colon, ++bit)
      const takesColon = at === pattern.length - 1
      for (const token of part) {
        if (token === 'star') {
          setBit(this.#elsewhere.stay, bit)
          if (takesColon) setBit(this.#atColon.stay, bit)
        } else if (token === 'any') {
          setBit(this.#elsewhere.any, ++bit)
          if (takesColon) setBit(this.#atColon.any, bit)
        } else for (let i = 0; i < token.text.length; i++) this.#place(token.text.charCodeAt(i), ++bit)
      }
    }
    return bit
  }

  #place(code: number, bit: number): void {
    const known = this.#places.get(code)
    if (known === undefined) this.#places.set(code, [bit])
    else known.push(bit)
  }

  /** Tells whether any pattern fits the whole text. */
  matches(text: string): boolean {
    const state = this.#start.slice()
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      const { stay } = code === colon ? this.#atColon : this.#elsewhere
      if (!step(state, this.#row(code), stay)) return false
    }
    return state.some((word, at) => (word & (this.#accept[at] ?? 0)) !== 0)
  }

  /** Where a character moves to. There is a row for each character of the patterns that texts hold, and no other. */
  #row(code: number): Uint32Array {
    const known = this.#rows.get(code)
    if (known !== undefined) return known
    const { any } = code === colon ? this.#atColon : this.#elsewhere
    const places = this.#places.get(code)
    if (places === undefined) return any
    const row = any.slice()
    for (const bit of places) setBit(row, bit)
    this.#rows.set(code, row)
    return row
  }
}

/** Takes one character; false when no pattern can fit any more. */
function step(state: Uint32Array, row: Uint32Array, stay: Uint32Array): boolean {
  let carry = 0
  let alive = 0
  for (let at = 0; at < state.length; at++) {
    // All three are of one length; asking for absence here costs half as much again.
    const word = state[at] as number
    const next = (((word << 1) | carry) & (row[at] as number)) | (word & (stay[at] as number))
    carry = word >>> 31
    state[at] = next
    alive |= next
  }
  return alive !== 0
}

function setBit(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
}
