/**
 * Patterns as the steps in which `text-set.ts` takes them: a run of characters each, up to the next star or the end of a
 * part. Steps that do the same are one object, so that what is found for one pattern serves all.
 */
import { type GlobToken, isLongValue } from './glob-token.ts'

/** Stands for one character of any kind. */
export const anyCode = -1

/** A part of a run, and how far before the run's end it ends. */
export interface PartAt<T> {
  readonly part: T
  readonly before: number
}

/** A run between two stars of a pattern. */
export interface Step {
  readonly id: number
  /** Character codes, `anyCode` for any; in pieces where values stand between them. */
  readonly codes: readonly PartAt<Int32Array>[]
  /** Values of the request, each as a whole: as long as they are, they are sought but once. */
  readonly values: readonly PartAt<string>[]
  /** How many places it goes on: past the last part's end and guard, too, when it begins a part. */
  readonly by: number
  /** Whether it must stand right where the last step ended: a part begins with it. */
  readonly isAnchored: boolean
  /** Whether the part ends here; else a star follows. */
  readonly ends: boolean
  /** How many patterns have it. */
  uses: number
}

/** A pattern as its steps. */
export interface SteppedPattern {
  readonly steps: readonly Step[]
  /** What a text must have at least. */
  readonly length: number
}

export interface SteppedPatterns {
  readonly patterns: readonly SteppedPattern[]
  readonly stepCount: number
}

/** Prepares patterns given as the parts between their colons. Those that begin alike come to stand side by side. */
export function toSteps(patterns: readonly (readonly (readonly GlobToken[])[])[]): SteppedPatterns {
  const known: Known = { steps: new Map(), values: new Map() }
  const stepped = patterns.map((parts) => ({
    steps: parts.flatMap((tokens, part) => stepsOfPart(tokens, part, known)),
    length: parts.reduce((sum, part) => sum + lengthOf(part), parts.length - 1),
  }))
  return { patterns: stepped.sort((a, b) => inOrder(a.steps, b.steps)), stepCount: known.steps.size }
}

interface Known {
  readonly steps: Map<string, Step>
  /** Numbers of the values met: to write them out would cost as much as they are long. */
  readonly values: Map<string, number>
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

function stepsOfPart(tokens: readonly GlobToken[], part: number, known: Known): readonly Step[] {
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
  known: Known,
): Step {
  const skips = isAnchored && isLaterPart ? 2 : 0
  const key = `${isAnchored ? '^' : ''}${ends ? '$' : ''}${skips}${tokens.map((token) => keyOf(token, known)).join('')}`
  const found = known.steps.get(key)
  if (found !== undefined) {
    found.uses++
    return found
  }
  const length = lengthOf(tokens)
  const codes: PartAt<Int32Array>[] = []
  const values: PartAt<string>[] = []
  let piece: number[] = []
  let before = length
  for (const token of [...tokens, null]) {
    if (token === null || isLongValue(token)) {
      if (piece.length > 0) codes.push({ part: Int32Array.from(piece), before })
      piece = []
      if (token === null || typeof token === 'string') continue
      before -= token.text.length
      values.push({ part: token.text, before })
    } else if (typeof token === 'string') {
      piece.push(anyCode)
      before--
    } else {
      for (let i = 0; i < token.text.length; i++) piece.push(token.text.charCodeAt(i))
      before -= token.text.length
    }
  }
  const fresh = { id: known.steps.size, codes, values, by: length + skips, isAnchored, ends, uses: 1 }
  known.steps.set(key, fresh)
  return fresh
}

function keyOf(token: GlobToken, { values }: Known): string {
  if (typeof token === 'string') return '?'
  const { text } = token
  if (!isLongValue(token)) return `t${text.length}:${text}`
  const number = values.get(text) ?? values.size
  values.set(text, number)
  return `v${number}.`
}
