/**
 * Patterns as the steps in which `text-set.ts` takes them: a run of characters each, up to the next star or the end of a
 * part. Steps that do the same are one object, so that what is found for one pattern serves all.
 */
import type { GlobToken } from './glob-token.ts'

/** Stands for one character of any kind. */
export const anyCode = -1

/** A value of the request inside a run: as long as it is, it is sought but once. */
export interface ValueAt {
  readonly value: string
  /** How far before the run's end it ends. */
  readonly before: number
}

/** A run between two stars of a pattern. */
export interface Step {
  readonly id: number
  /** Character codes; `anyCode` for any, and where a value of the request stands. */
  readonly run: Int32Array
  readonly values: readonly ValueAt[]
  /** How many places it goes on: past the last part's end and guard, too, when it begins a part. */
  readonly by: number
  /** Whether it must stand right where the last step ended: a part begins with it. */
  readonly isAnchored: boolean
  /** Whether the part ends here; else a star follows. */
  readonly ends: boolean
  /** How many patterns have it. */
  uses: number
}

/** Patterns as their steps. */
export interface SteppedPatterns {
  readonly patterns: readonly (readonly Step[])[]
  readonly stepCount: number
}

/** Shorter values are sought like text of the policy. */
const longValue = 16

/**
 * Prepares patterns given as the parts between their colons. Those that begin alike come to stand side by side. None is
 * kept that needs a text longer than any there is.
 */
export function toSteps(
  patterns: readonly (readonly (readonly GlobToken[])[])[],
  longestText = Number.POSITIVE_INFINITY,
): SteppedPatterns {
  const known = new Map<string, Step>()
  const stepped = patterns
    .filter((parts) => parts.reduce((sum, part) => sum + lengthOf(part), 0) <= longestText)
    .map((parts) => parts.flatMap((tokens, part) => stepsOfPart(tokens, part, known)))
  return { patterns: stepped.sort(inOrder), stepCount: known.size }
}

/** How many characters a pattern, or a part of one, needs at least. */
export function lengthOf(tokens: readonly GlobToken[]): number {
  let length = 0
  for (const token of tokens) length += token === 'star' ? 0 : token === 'any' ? 1 : token.text.length
  return length
}

function inOrder(one: readonly Step[], other: readonly Step[]): number {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return (one[at]?.id ?? -1) - (other[at]?.id ?? -1)
}

function stepsOfPart(tokens: readonly GlobToken[], part: number, known: Map<string, Step>): readonly Step[] {
  const runs: GlobToken[][] = [[]]
  for (const token of tokens) {
    if (token === 'star') runs.push([])
    else runs[runs.length - 1]?.push(token)
  }
  // Between two stars, nothing is as good as no run at all.
  const kept = runs.filter((run, at) => at === 0 || at === runs.length - 1 || run.length > 0)
  return kept.map((run, at) => stepOf(run, at === 0, at === kept.length - 1, part > 0, known))
}

function stepOf(
  tokens: readonly GlobToken[],
  isAnchored: boolean,
  ends: boolean,
  isLaterPart: boolean,
  known: Map<string, Step>,
): Step {
  const skips = isAnchored && isLaterPart ? 2 : 0
  let key = `${isAnchored ? '^' : ''}${ends ? '$' : ''}${skips}`
  for (const token of tokens) {
    if (token === 'any') key += 'a'
    else if (token !== 'star')
      key += isLong(token) ? `v${token.text.length}:${token.text}` : `t${token.text.length}:${token.text}`
  }
  const found = known.get(key)
  if (found !== undefined) {
    found.uses++
    return found
  }
  const length = lengthOf(tokens)
  const run = new Int32Array(length).fill(anyCode)
  const values: ValueAt[] = []
  let at = 0
  for (const token of tokens) {
    if (typeof token === 'string') {
      at++
      continue
    }
    const { text } = token
    if (isLong(token)) values.push({ value: text, before: length - at - text.length })
    else for (let i = 0; i < text.length; i++) run[at + i] = text.charCodeAt(i)
    at += text.length
  }
  const fresh = { id: known.size, run, values, by: length + skips, isAnchored, ends, uses: 1 }
  known.set(key, fresh)
  return fresh
}

function isLong(token: Exclude<GlobToken, string>): boolean {
  return token.isValue === true && token.text.length >= longValue
}
