/**
 * ARNs and their patterns: the Resource element and the ARN condition operators. They differ: in Resource a `*` that ends
 * a segment may run past the colon and missing segments are completed with `*`; the ARN operators compare the six segments
 * one by one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { compileGlob, type GlobToken, globMatches, globTest } from './glob.ts'
import { compilePart, type PartedPattern, type PatternKind, PatternList } from './pattern-list.ts'
import type { PatternPart } from './steps.ts'
import {
  type ContextLookup,
  isVariable,
  parseTemplate,
  patternTemplate,
  resolveTemplate,
  type TemplateToken,
} from './template.ts'
import { TextSet } from './text-set.ts'

/** The parts of `arn:partition:service:region:account:resource`; the resource may hold further colons. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

/** Reads an ARN; null when the text is none. */
export function parseArn(text: string): Arn | null {
  if (!text.startsWith('arn:')) return null
  const parts = arnSegments(text)
  if (parts === null) return null
  const [, partition = '', service = '', region = '', account = '', resource = ''] = parts
  return { partition, service, region, account, resource }
}

/**
 * The text cut last: thousands of patterns meet the same one in a row. Its parts are then the same strings each time, and
 * what is kept about a long one (`text-index.ts`) is found without reading it again.
 */
let lastCut: { readonly text: string; readonly parts: readonly string[] | null } = { text: '', parts: null }
/** Texts come from strangers, so what is kept is bounded. */
const longestKept = 32_768

/** Cuts at the first five colons; null when there are fewer. */
export function arnSegments(text: string): readonly string[] | null {
  if (text === lastCut.text) return lastCut.parts
  const parts = cutSegments(text)
  if (text.length <= longestKept) lastCut = { text, parts }
  return parts
}

function cutSegments(text: string): readonly string[] | null {
  const parts: string[] = []
  let start = 0
  for (let i = 0; i < 5; i++) {
    const colon = text.indexOf(':', start)
    if (colon < 0) return null
    parts.push(text.slice(start, colon))
    start = colon + 1
  }
  parts.push(text.slice(start))
  return parts
}

/** Tells whether a text fits. */
export type TextTest = (text: string, lookup: ContextLookup) => boolean

/**
 * Prepares one entry of a Resource or NotResource element. Variables count only after the fifth colon; an entry whose
 * variable has no value matches nothing.
 */
export function compileResourcePattern(pattern: string, variables: boolean): TextTest {
  if (/^\*+$/.test(pattern)) return () => true
  const { fixed, rest, complete } = cutResourcePattern(pattern)
  const restTokens = parseTemplate(rest, { variables, wildcards: true })
  const restTest = compileTokens(restTokens)
  const prefix = `${fixed.join(':')}:`
  if (!/[*?]/.test(prefix)) {
    if (restTokens.some(isVariable)) {
      return (text, lookup) => text.startsWith(prefix) && restTest(text, prefix.length, lookup)
    }
    return globTest(compileGlob([{ text: prefix }, ...restTokens.filter(isGlobToken)]))
  }
  const whole = complete
    ? [...parseTemplate(prefix, onlyWildcards), ...restTokens]
    : parseTemplate(pattern, onlyWildcards)
  return compileWildSegments(fixed, restTest, compileTokens(whole))
}

function compileWildSegments(fixed: readonly string[], restTest: PositionTest, wholeTest: PositionTest): TextTest {
  const globs = fixed.map((segment) => compileGlob(parseTemplate(segment, onlyWildcards).filter(isGlobToken)))
  const crossing = fixed.some((segment) => segment.endsWith('*'))
  const service = fixed[2] ?? ''
  return (text, lookup) => {
    const parts = arnSegments(text)
    if (parts === null) return false
    const resourceAt = text.length - (parts[5] ?? '').length
    if (globs.every((glob, i) => globMatches(glob, parts[i] ?? '')) && restTest(text, resourceAt, lookup)) return true
    return crossing && parts[2] === service && wholeTest(text, 0, lookup)
  }
}

const onlyWildcards = { variables: false, wildcards: true } as const

/** Five segments and the rest; what an incomplete ARN lacks is completed with `*`. */
function cutResourcePattern(pattern: string): {
  readonly fixed: readonly string[]
  readonly rest: string
  readonly complete: boolean
} {
  const parts = arnSegments(pattern)
  if (parts !== null) return { fixed: parts.slice(0, 5), rest: parts[5] ?? '', complete: true }
  const fixed = pattern.split(':')
  while (fixed.length < 5) fixed.push('*')
  return { fixed, rest: '*', complete: false }
}

/** Prepares a wanted value of `ArnEquals` or `ArnLike`, which are the same operator. */
export function compileArnPattern(pattern: string, variables: boolean): TextTest {
  const template = patternTemplate(pattern, variables)
  if (isStars(template)) return () => true
  if (typeof template === 'string') return testSegments(cutSegments(template))
  if (!template.some(isVariable)) return testSegments(cutTokens(template.filter(isGlobToken)))
  return (text, lookup) => {
    const resolved = resolveTemplate(template, lookup)
    return resolved !== null && testSegments(cutTokens(resolved))(text)
  }
}

/** Prepares the wanted values of `ArnEquals` or `ArnLike` for several values of one request, when it is first asked. */
export function compileArnPatterns(
  patterns: readonly string[],
  variables: boolean,
): (lookup: ContextLookup, texts: readonly string[]) => (text: string, at: number) => boolean {
  let made: ReturnType<typeof compileArnPatterns> | null = null
  return (lookup, texts) => {
    made ??= prepareArnPatterns(patterns.map((pattern) => patternTemplate(pattern, variables)))
    return made(lookup, texts)
  }
}

function prepareArnPatterns(templates: readonly PatternTemplate[]): ReturnType<typeof compileArnPatterns> {
  if (templates.some(isStars)) return () => () => true
  return keptWithoutVariables(templates, (lookup) => {
    const parted: PartedPattern[] = []
    for (const template of templates) {
      const resolved = typeof template === 'string' ? template : resolveTemplate(template, lookup)
      const cut = resolved === null ? null : cutPattern(resolved)
      if (cut !== null) parted.push(cut)
    }
    return new PatternList(parted, arnPatterns)
  })
}

/** A pattern as written where nothing but wildcards is special in it, or cut. */
type PatternTemplate = string | readonly TemplateToken[]

function cutPattern(pattern: PatternPart): PartedPattern | null {
  return typeof pattern === 'string' ? cutSegments(pattern) : cutTokens(pattern)
}

/** Prepares patterns for the values of one request; once and for all when they hold no variables. */
export function keptWithoutVariables(
  templates: readonly PatternTemplate[],
  resolveAll: (lookup: ContextLookup) => PatternList,
): (lookup: ContextLookup, texts: readonly string[]) => (text: string, at: number) => boolean {
  if (templates.some((template) => typeof template !== 'string' && template.some(isVariable)))
    return (lookup, texts) => resolveAll(lookup).testFor(texts, lookup)
  let kept: PatternList | null = null
  return (lookup, texts) => {
    kept ??= resolveAll(lookup)
    return kept.testFor(texts, lookup)
  }
}

function isStars(template: PatternTemplate): boolean {
  if (typeof template === 'string') return /^\*+$/.test(template)
  return template.length > 0 && template.every((token) => token === 'star')
}

function testSegments(segments: PartedPattern | null): (text: string) => boolean {
  if (segments === null) return () => false
  const globs = segments.map(compilePart)
  return (text) => {
    const parts = arnSegments(text)
    return parts !== null && globs.every((glob, i) => globMatches(glob, parts[i] ?? ''))
  }
}

const arnPatterns: PatternKind = { makeSet: (texts) => new TextSet(texts, arnSegments), makeTest: testSegments }

/** Cuts tokens at the first five colons; null when there are fewer. */
function cutTokens(tokens: readonly GlobToken[]): PartedPattern | null {
  const segments: GlobToken[][] = [[]]
  for (const token of tokens) {
    if (typeof token === 'string') {
      segments[segments.length - 1]?.push(token)
      continue
    }
    let start = 0
    while (segments.length < 6) {
      const colon = token.text.indexOf(':', start)
      if (colon < 0) break
      segments[segments.length - 1]?.push({ text: token.text.slice(start, colon) })
      segments.push([])
      start = colon + 1
    }
    // What is left of a value is no longer the value that other patterns refer to.
    segments[segments.length - 1]?.push(start === 0 ? token : { text: token.text.slice(start) })
  }
  return segments.length === 6 ? segments : null
}

type PositionTest = (text: string, start: number, lookup: ContextLookup) => boolean

function compileTokens(tokens: readonly TemplateToken[]): PositionTest {
  if (!tokens.some(isVariable)) {
    const glob = compileGlob(tokens.filter(isGlobToken))
    return (text, start) => globMatches(glob, text, start)
  }
  return (text, start, lookup) => {
    const resolved = resolveTemplate(tokens, lookup)
    return resolved !== null && globMatches(compileGlob(resolved), text, start)
  }
}

function isGlobToken(token: TemplateToken): token is GlobToken {
  return !isVariable(token)
}
