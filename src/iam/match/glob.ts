/**
 * Wildcard patterns with `*` and `?`, matched without backtracking: the pattern is cut at its stars into pieces, and each
 * piece is sought once, leftmost first. Policies come from strangers, so the time is bounded by text length plus pattern
 * length, and no regular expression is ever made from input. What `*` may stand for in ARNs is decided in `arn.ts`.
 */

/** Literal text, `*` (`star`) or `?` (`any`). Literal text may itself hold `*` or `?`: they came from a variable. */
export type GlobToken = { readonly text: string } | 'star' | 'any'

/** A run between two stars. `mask` marks the positions that stand for any character; null when there is none. */
interface Piece {
  readonly text: string
  readonly mask: readonly boolean[] | null
  /** Finds the piece at or after a position; -1 when absent. */
  readonly find: (text: string, from: number) => number
}

/** A pattern ready to match. */
export interface Glob {
  /** The whole text, when the pattern has no wildcard. */
  readonly exact: string | null
  readonly head: Piece
  readonly middle: readonly Piece[]
  /** Null when the pattern has no star. */
  readonly tail: Piece | null
  readonly minLength: number
}

/** Below this length a plain search is quick whatever the input; above it the search must be provably linear. */
const shortPiece = 32

/** Prepares a pattern given as tokens. */
export function compileGlob(tokens: readonly GlobToken[]): Glob {
  const runs = cutAtStars(tokens)
  const pieces = runs.map(toPiece)
  const head = pieces[0] ?? toPiece([])
  const tail = pieces.length > 1 ? (pieces[pieces.length - 1] ?? null) : null
  const middle = pieces.slice(1, -1).filter((piece) => piece.text.length > 0)
  const minLength = pieces.reduce((sum, piece) => sum + piece.text.length, 0)
  return { exact: tail === null && head.mask === null ? head.text : null, head, middle, tail, minLength }
}

/** Prepares a pattern in which every `*` and `?` is a wildcard. */
export function compileGlobText(pattern: string): Glob {
  return compileGlob(globTokens(pattern))
}

/** Reads `*` and `?` as wildcards and the rest as text. */
export function globTokens(pattern: string): readonly GlobToken[] {
  const tokens: GlobToken[] = []
  let start = 0
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]
    if (char !== '*' && char !== '?') continue
    if (at > start) tokens.push({ text: pattern.slice(start, at) })
    tokens.push(char === '*' ? 'star' : 'any')
    start = at + 1
  }
  if (start < pattern.length) tokens.push({ text: pattern.slice(start) })
  return tokens
}

/**
 * Makes a test of whole texts. Long policies hold thousands of patterns, and nearly all of them end at their first
 * literal part; what a test touches in memory then decides what it costs. Names of one kind begin alike (`arn:aws:s3:::`)
 * and end in the same separator, so the last character before that, kept as a number, tells most of them apart.
 */
export function globTest(glob: Glob): (text: string) => boolean {
  const { exact, head, middle, tail } = glob
  if (exact !== null) return (text) => text === exact
  const start = head.text
  if (head.mask !== null || start === '') return (text) => globMatches(glob, text)
  const last = Math.max(0, start.length - (/[/:]$/.test(start) ? 2 : 1))
  const code = start.charCodeAt(last)
  if (middle.length === 0 && tail !== null && tail.text === '') {
    return (text) => text.charCodeAt(last) === code && text.startsWith(start)
  }
  return (text) => text.charCodeAt(last) === code && globMatches(glob, text)
}

/** Tells whether the text from `start` to its end fits the pattern. */
export function globMatches(glob: Glob, text: string, start = 0): boolean {
  const length = text.length - start
  if (glob.exact !== null) return length === glob.exact.length && text.startsWith(glob.exact, start)
  if (length < glob.minLength) return false
  const { head, tail } = glob
  if (tail === null) return length === head.text.length && standsAt(head, text, start)
  const end = text.length - tail.text.length
  if (!standsAt(head, text, start) || !standsAt(tail, text, end)) return false
  let at = start + head.text.length
  for (const piece of glob.middle) {
    const found = piece.find(text, at)
    if (found < 0) return false
    at = found + piece.text.length
    if (at > end) return false
  }
  return true
}

function cutAtStars(tokens: readonly GlobToken[]): readonly (readonly GlobToken[])[] {
  const runs: GlobToken[][] = [[]]
  for (const token of tokens) {
    if (token === 'star') runs.push([])
    else runs[runs.length - 1]?.push(token)
  }
  return runs
}

function toPiece(run: readonly GlobToken[]): Piece {
  let text = ''
  const mask: boolean[] = []
  for (const token of run) {
    if (typeof token === 'string') {
      text += '?'
      mask.push(true)
    } else {
      text += token.text
      for (let i = 0; i < token.text.length; i++) mask.push(false)
    }
  }
  if (!mask.includes(true)) return { text, mask: null, find: literalSearch(text) }
  return { text, mask, find: maskedSearch(text, mask) }
}

function standsAt(piece: Piece, text: string, at: number): boolean {
  const { mask } = piece
  if (mask === null) return text.startsWith(piece.text, at)
  if (at + mask.length > text.length) return false
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i] && text.charCodeAt(at + i) !== piece.text.charCodeAt(i)) return false
  }
  return true
}

function literalSearch(text: string): Piece['find'] {
  if (text.length <= shortPiece) return (where, from) => where.indexOf(text, from)
  let table: Uint32Array | null = null
  return (where, from) => {
    table ??= borderTable(text)
    return searchWithBorders(text, table, where, from)
  }
}

/** Knuth-Morris-Pratt: for each position, the length of the longest proper border of the prefix that ends there. */
function borderTable(text: string): Uint32Array {
  const table = new Uint32Array(text.length)
  let border = 0
  for (let i = 1; i < text.length; i++) {
    while (border > 0 && text.charCodeAt(i) !== text.charCodeAt(border)) border = table[border - 1] ?? 0
    if (text.charCodeAt(i) === text.charCodeAt(border)) border++
    table[i] = border
  }
  return table
}

function searchWithBorders(text: string, table: Uint32Array, where: string, from: number): number {
  let matched = 0
  for (let i = from; i < where.length; i++) {
    while (matched > 0 && where.charCodeAt(i) !== text.charCodeAt(matched)) matched = table[matched - 1] ?? 0
    if (where.charCodeAt(i) === text.charCodeAt(matched)) matched++
    if (matched === text.length) return i - text.length + 1
  }
  return -1
}

function maskedSearch(text: string, mask: readonly boolean[]): Piece['find'] {
  if (text.length <= shortPiece) {
    const piece: Piece = { text, mask, find: () => -1 }
    return (where, from) => {
      for (let at = from; at + text.length <= where.length; at++) if (standsAt(piece, where, at)) return at
      return -1
    }
  }
  let automaton: ShiftAnd | null = null
  return (where, from) => {
    automaton ??= new ShiftAnd(text, mask)
    return automaton.find(where, from)
  }
}

/** Bit-parallel search for long pieces with `?`: one bit per position, 32 positions per step. */
class ShiftAnd {
  readonly #length: number
  readonly #words: number
  readonly #any: Uint32Array
  readonly #byChar = new Map<number, Uint32Array>()

  constructor(text: string, mask: readonly boolean[]) {
    this.#length = text.length
    this.#words = (text.length + 31) >>> 5
    this.#any = new Uint32Array(this.#words)
    for (let i = 0; i < text.length; i++) if (mask[i]) setBit(this.#any, i)
    for (let i = 0; i < text.length; i++) {
      if (mask[i]) continue
      const code = text.charCodeAt(i)
      const bits = this.#byChar.get(code) ?? this.#any.slice()
      setBit(bits, i)
      this.#byChar.set(code, bits)
    }
  }

  find(where: string, from: number): number {
    const state = new Uint32Array(this.#words)
    const last = this.#length - 1
    for (let at = from; at < where.length; at++) {
      const bits = this.#byChar.get(where.charCodeAt(at)) ?? this.#any
      let carry = 1
      for (let w = 0; w < this.#words; w++) {
        const word = state[w] ?? 0
        state[w] = ((word << 1) | carry) & (bits[w] ?? 0)
        carry = word >>> 31
      }
      if (((state[last >>> 5] ?? 0) >>> (last & 31)) & 1) return at - last
    }
    return -1
  }
}

function setBit(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
}
