/**
 * Wildcard patterns with `*` and `?`, matched without backtracking: the pattern is cut at its stars into pieces, and each
 * piece is sought once, leftmost first. Policies come from strangers, so no regular expression is ever made from input,
 * and long texts are searched through an index (`text-index.ts`) whose cost does not depend on what they look like. What
 * `*` may stand for in ARNs is decided in `arn.ts`.
 */
import { type GlobToken, isLongValue } from './glob-token.ts'
import { indexOfText } from './text-index.ts'

export type { GlobToken } from './glob-token.ts'

/** A run between two stars: texts and single characters. */
interface Piece {
  readonly tokens: readonly Exclude<GlobToken, 'star'>[]
  readonly length: number
  /** The whole of it, when it is one text. */
  readonly text: string | null
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

/** Prepares a pattern given as tokens. */
export function compileGlob(tokens: readonly GlobToken[]): Glob {
  const runs = cutAtStars(tokens)
  const pieces = runs.map(toPiece)
  const head = pieces[0] ?? toPiece([])
  const tail = pieces.length > 1 ? (pieces[pieces.length - 1] ?? null) : null
  const middle = pieces.slice(1, -1).filter((piece) => piece.length > 0)
  const minLength = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return { exact: tail === null ? head.text : null, head, middle, tail, minLength }
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
  if (start === null || start === '') return (text) => globMatches(glob, text)
  const last = Math.max(0, start.length - (/[/:]$/.test(start) ? 2 : 1))
  const code = start.charCodeAt(last)
  if (middle.length === 0 && tail !== null && tail.length === 0) {
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
  if (tail === null) return length === head.length && standsAt(head, text, start)
  const end = text.length - tail.length
  if (!standsAt(head, text, start) || !standsAt(tail, text, end)) return false
  let at = start + head.length
  for (const piece of glob.middle) {
    const found = findPiece(piece, text, at, end - piece.length)
    if (found < 0) return false
    at = found + piece.length
  }
  return true
}

function cutAtStars(tokens: readonly GlobToken[]): readonly Piece['tokens'][] {
  const runs: Exclude<GlobToken, 'star'>[][] = [[]]
  for (const token of tokens) {
    if (token === 'star') runs.push([])
    else runs[runs.length - 1]?.push(token)
  }
  return runs
}

/** Longer texts are compared as wholes, which the engine does many characters at a time. */
const longText = 64

/** Tells whether a text has a part at a place. */
function hasAt(text: string, part: string, at: number): boolean {
  return part.length < longText ? text.startsWith(part, at) : text.slice(at, at + part.length) === part
}

function toPiece(tokens: Piece['tokens']): Piece {
  let length = 0
  let text: string | null = ''
  for (const token of tokens) {
    length += token === 'any' ? 1 : token.text.length
    // A long value of the request is not written out for each pattern that refers to it.
    text = token === 'any' || text === null || isLongValue(token) ? null : text + token.text
  }
  return { tokens, length, text }
}

function standsAt(piece: Piece, text: string, at: number): boolean {
  if (piece.text !== null) return hasAt(text, piece.text, at)
  if (at + piece.length > text.length) return false
  let place = at
  for (const token of piece.tokens) {
    if (token !== 'any' && !hasAt(text, token.text, place)) return false
    place += token === 'any' ? 1 : token.text.length
  }
  return true
}

/** Finds a piece between two positions, the last inclusive; -1 when it is not there. */
function findPiece(piece: Piece, text: string, from: number, last: number): number {
  if (from > last) return -1
  const index = piece.text?.length === 1 ? null : indexOfText(text)
  if (index !== null) {
    const found = index.find(piece.tokens, piece.length, from)
    return found <= last ? found : -1
  }
  if (piece.text !== null) {
    const found = text.indexOf(piece.text, from)
    return found <= last ? found : -1
  }
  for (let at = from; at <= last; at++) if (standsAt(piece, text, at)) return at
  return -1
}
