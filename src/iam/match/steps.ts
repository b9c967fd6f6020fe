/**
 * Patterns as the steps in which `text-set.ts` takes them: a run of characters each, up to the next star or the end of a
 * part. Steps that do the same are one object, so that what is found for one pattern serves all. Policies that were just
 * read pay for this, so what most patterns are, plain text with wildcards, is cut as text.
 */
import { type GlobToken, isLongValue } from './glob-token.ts'

/** As written, when nothing but `*` and `?` means something besides itself; else tokens. */
export type PatternPart = string | readonly GlobToken[]

/** A run between two stars of a pattern. */
export interface Step {
  readonly id: number
  /** Without a star; in a text, `?` is any character. */
  readonly run: PatternPart
  readonly length: number
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

/** Prepares patterns given as the parts between their colons. Those that end alike, then those that begin alike, come side by side. */
export function toSteps(patterns: readonly (readonly PatternPart[])[]): SteppedPatterns {
  const known = new KnownSteps()
  const stepped = patterns.map((parts) => {
    const steps: Step[] = []
    for (const [at, part] of parts.entries()) known.addPart(part, at > 0, steps)
    return { steps, length: steps.reduce((sum, step) => sum + step.length, parts.length - 1) }
  })
  return { patterns: stepped.sort((a, b) => inOrder(a.steps, b.steps)), stepCount: known.count }
}

/** How many characters a pattern, or a part of one, needs at least. */
export function lengthOf(tokens: readonly GlobToken[]): number {
  let length = 0
  for (const token of tokens) length += token === 'star' ? 0 : token === 'any' ? 1 : token.text.length
  return length
}

function inOrder(one: readonly Step[], other: readonly Step[]): number {
  const [tail, otherTail] = [one[one.length - 1], other[other.length - 1]]
  if (tail !== otherTail) return (tail?.id ?? -1) - (otherTail?.id ?? -1)
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return (one[at]?.id ?? -1) - (other[at]?.id ?? -1)
}

/** The steps met so far. */
class KnownSteps {
  count = 0
  /** By place in the pattern, then by the run as text. */
  readonly #texts: (Map<string, Step> | undefined)[] = []
  /** The same for runs that are no plain text. */
  readonly #others: (Map<string, Step> | undefined)[] = []
  /** Numbers of the values met: to write them out would cost as much as they are long. */
  readonly #values = new Map<string, number>()

  /** Adds the steps of one part to those of the parts before it. */
  addPart(part: PatternPart, isLater: boolean, steps: Step[]): void {
    const skips = isLater ? 2 : 0
    const runs = typeof part === 'string' ? part.split('*') : runsOf(part)
    const last = runs.length - 1
    for (let at = 0; at <= last; at++) {
      const run = runs[at] ?? ''
      // Between two stars, nothing is as good as no run at all.
      if (run.length > 0 || at === 0 || at === last) steps.push(this.#step(run, at === 0, at === last, skips))
    }
  }

  #step(run: PatternPart, isAnchored: boolean, ends: boolean, skips: number): Step {
    const place = (isAnchored ? 1 : 0) + (ends ? 2 : 0) + (isAnchored ? skips * 2 : 0)
    const places = typeof run === 'string' ? this.#texts : this.#others
    const steps = places[place] ?? new Map<string, Step>()
    places[place] = steps
    const key = typeof run === 'string' ? run : run.map((token) => this.#keyOf(token)).join('')
    const found = steps.get(key)
    if (found !== undefined) {
      found.uses++
      return found
    }
    const length = typeof run === 'string' ? run.length : lengthOf(run)
    const by = isAnchored ? length + skips : length
    const fresh = { id: this.count++, run, length, by, isAnchored, ends, uses: 1 }
    steps.set(key, fresh)
    return fresh
  }

  #keyOf(token: GlobToken): string {
    if (typeof token === 'string') return '?'
    const { text } = token
    if (!isLongValue(token)) return `t${text.length}:${text}`
    const number = this.#values.get(text) ?? this.#values.size
    this.#values.set(text, number)
    return `v${number}.`
  }
}

function runsOf(tokens: readonly GlobToken[]): readonly (readonly GlobToken[])[] {
  const runs: GlobToken[][] = [[]]
  for (const token of tokens) {
    if (token === 'star') runs.push([])
    else runs[runs.length - 1]?.push(token)
  }
  return runs
}
