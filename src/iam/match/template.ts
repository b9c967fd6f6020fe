/**
 * Policy variables: `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`. A substituted value is literal
 * text, never a pattern. Where variables may stand is decided by the callers; they exist only in Version 2012-10-17.
 */
import { type GlobToken, globTokens } from './glob.ts'

/** A reference to a context key. */
export interface VariableToken {
  /** Lower case. */
  readonly variable: string
  /** As written. */
  readonly key: string
  readonly fallback: string | null
}

export type TemplateToken = GlobToken | VariableToken

/** Values of a context key by its lower-case name; null when the request does not carry it. */
export interface ContextLookup {
  values(key: string): readonly string[] | null
}

/** Which characters mean something besides themselves. */
export interface TemplateOptions {
  readonly variables: boolean
  readonly wildcards: boolean
}

/** Keys that hold a list even when the list has one member; a list cannot be substituted. */
const multivaluedKeys = new Set([
  'aws:tagkeys',
  'aws:calledvia',
  'aws:principalorgpaths',
  'aws:resourceorgpaths',
  'aws:sourceorgpaths',
  'aws:principalservicenameslist',
  'sts:transitivetagkeys',
  's3:requestobjecttagkeys',
  'kms:encryptioncontextkeys',
  'kms:grantoperations',
  'kms:resourcealiases',
])

/** Bounds what a hostile policy can cost: a reference longer than this is text, a longer result has no value. */
const maxReferenceLength = 600
const maxResolvedLength = 65_536

/** Cuts a pattern into text, wildcards and variables. Anything that only looks like a variable is text. */
export function parseTemplate(pattern: string, options: TemplateOptions): readonly TemplateToken[] {
  if (!options.variables || !pattern.includes('${')) {
    if (options.wildcards) return globTokens(pattern)
    return pattern === '' ? [] : [{ text: pattern }]
  }
  const tokens: TemplateToken[] = []
  let text = ''
  const flush = (): void => {
    if (text !== '') tokens.push({ text })
    text = ''
  }
  let at = 0
  while (at < pattern.length) {
    const char = pattern.charAt(at)
    const variable = options.variables && char === '$' ? readVariable(pattern, at) : null
    if (variable !== null) {
      if (typeof variable.token === 'string') text += variable.token
      else {
        flush()
        tokens.push(variable.token)
      }
      at = variable.end
      continue
    }
    if (options.wildcards && (char === '*' || char === '?')) {
      flush()
      tokens.push(char === '*' ? 'star' : 'any')
    } else text += char
    at++
  }
  flush()
  return tokens
}

/** Cuts a pattern with wildcards, unless they are all that is special in it: then it stays as written. */
export function patternTemplate(pattern: string, variables: boolean): string | readonly TemplateToken[] {
  return variables && pattern.includes('${') ? parseTemplate(pattern, { variables, wildcards: true }) : pattern
}

/** Tells whether a token stands for a context key. */
export function isVariable(token: TemplateToken): token is VariableToken {
  return typeof token !== 'string' && 'variable' in token
}

/** Puts the request's values in; null when a variable has neither a single value nor a default. */
export function resolveTemplate(tokens: readonly TemplateToken[], lookup: ContextLookup): readonly GlobToken[] | null {
  const resolved: GlobToken[] = []
  let length = 0
  for (const token of tokens) {
    if (!isVariable(token)) {
      resolved.push(token)
      continue
    }
    const text = singleValue(token.variable, lookup) ?? token.fallback
    if (text === null) return null
    length += text.length
    if (length > maxResolvedLength) return null
    resolved.push({ text, isValue: true })
  }
  return resolved
}

/** The text of tokens, wildcards written as themselves. */
export function tokensText(tokens: readonly GlobToken[]): string {
  let text = ''
  for (const token of tokens) text += token === 'star' ? '*' : token === 'any' ? '?' : token.text
  return text
}

function singleValue(key: string, lookup: ContextLookup): string | null {
  if (multivaluedKeys.has(key)) return null
  const values = lookup.values(key)
  return values !== null && values.length === 1 ? (values[0] ?? null) : null
}

interface ReadVariable {
  readonly token: VariableToken | string
  readonly end: number
}

function readVariable(pattern: string, at: number): ReadVariable | null {
  if (pattern[at + 1] !== '{') return null
  const text = pattern.slice(at + 2, at + maxReferenceLength)
  const close = text.indexOf('}')
  if (close < 0) return null
  const inner = text.slice(0, close)
  const end = at + 3 + close
  if (inner === '*' || inner === '?' || inner === '$') return { token: inner, end }
  const quote = inner.indexOf(", '")
  if (quote >= 0) {
    const closeQuoted = text.indexOf("'}", quote + 3)
    if (closeQuoted < 0) return null
    const token = variableToken(inner.slice(0, quote), text.slice(quote + 3, closeQuoted))
    return { token, end: at + 4 + closeQuoted }
  }
  return inner.trim() === '' ? null : { token: variableToken(inner, null), end }
}

function variableToken(key: string, fallback: string | null): VariableToken {
  return { variable: key.trim().toLowerCase(), key: key.trim(), fallback }
}
