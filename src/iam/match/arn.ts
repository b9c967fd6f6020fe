/**
 * ARNs and their patterns: the Resource element and the ARN condition operators. They differ: in Resource a `*` that ends
 * a segment may run past the colon and missing segments are completed with `*`; the ARN operators compare the six segments
 * one by one.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { compileGlob, type Glob, type GlobToken, globMatches, globTest } from './glob.ts'
import { type ContextLookup, isVariable, parseTemplate, resolveTemplate, type TemplateToken } from './template.ts'

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

/** Cuts at the first five colons; null when there are fewer. */
export function arnSegments(text: string): readonly string[] | null {
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
  const tokens = parseTemplate(pattern, { variables, wildcards: true })
  if (tokens.every((token) => token === 'star') && tokens.length > 0) return () => true
  if (!tokens.some(isVariable)) return testSegments(segmentGlobs(tokens.filter(isGlobToken)))
  return (text, lookup) => {
    const resolved = resolveTemplate(tokens, lookup)
    return resolved !== null && testSegments(segmentGlobs(resolved))(text, lookup)
  }
}

function testSegments(globs: readonly Glob[] | null): TextTest {
  if (globs === null) return () => false
  return (text) => {
    const parts = arnSegments(text)
    return parts !== null && globs.every((glob, i) => globMatches(glob, parts[i] ?? ''))
  }
}

/** Cuts tokens at the first five colons; null when there are fewer. */
function segmentGlobs(tokens: readonly GlobToken[]): readonly Glob[] | null {
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
    segments[segments.length - 1]?.push({ text: token.text.slice(start) })
  }
  return segments.length === 6 ? segments.map(compileGlob) : null
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
