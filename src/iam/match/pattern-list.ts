/**
 * Many patterns against many texts: a condition with hundreds of wanted values meets a key with hundreds of values. Where
 * that is much, the patterns are sought in all the texts at once (`text-set.ts`); where it is little, trying each pair is
 * quicker. `PatternList` chooses.
 */
import { compileGlob, type Glob, globMatches, globTokens } from './glob.ts'
import { madeOnce } from './made-once.ts'
import { lengthOf, type PatternPart, type SteppedPatterns, toSteps } from './steps.ts'
import type { ContextLookup } from './template.ts'
import { TextSet } from './text-set.ts'

/** A pattern as the parts between its colons: one part for a text, six for an ARN, of which the last may hold colons. */
export type PartedPattern = readonly PatternPart[]

/** Up to this product of the characters of the patterns and of the texts, each pair is tried. */
const littleWork = 20_000

/** What patterns of one kind are: how texts are laid out for them, and how one is tried by itself. */
export interface PatternKind {
  readonly makeSet: (texts: readonly string[]) => TextSet
  readonly makeTest: (pattern: PartedPattern) => (text: string) => boolean
}

/** Patterns for many texts; what it takes is made when it is first needed, and kept. */
export class PatternList {
  readonly #patterns: readonly PartedPattern[]
  readonly #kind: PatternKind
  readonly #characters: number
  #tests: readonly ((text: string) => boolean)[] | null = null
  #stepped: SteppedPatterns | null = null

  constructor(patterns: readonly PartedPattern[], kind: PatternKind) {
    this.#patterns = patterns
    this.#kind = kind
    const size = (part: PatternPart): number => (typeof part === 'string' ? part.length : lengthOf(part)) + 1
    this.#characters = patterns.reduce((sum, pattern) => pattern.reduce((all, part) => all + size(part), sum), 0)
  }

  /** Makes a test whether any of the patterns fits one of these texts, which are a key's values in one request. */
  testFor(texts: readonly string[], lookup: ContextLookup): (text: string, at: number) => boolean {
    const characters = texts.reduce((sum, text) => sum + text.length + 1, 0)
    if (this.#characters * characters > littleWork) {
      this.#stepped ??= toSteps(this.#patterns)
      const fitting = madeOnce(lookup, texts, this.#kind.makeSet).fitting(this.#stepped)
      return (_, at) => fitting(at)
    }
    this.#tests ??= this.#patterns.map(this.#kind.makeTest)
    const tests = this.#tests
    return (text) => tests.some((test) => test(text))
  }
}

/** Prepares one part to be tried by itself. */
export function compilePart(part: PatternPart): Glob {
  return compileGlob(typeof part === 'string' ? globTokens(part) : part)
}

/** Patterns of whole texts. */
export const plainPatterns: PatternKind = {
  makeSet: (texts) => new TextSet(texts, (text) => [text]),
  makeTest: ([part = '']) => {
    const glob = compilePart(part)
    return (text) => globMatches(glob, text)
  },
}
