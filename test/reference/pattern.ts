/**
 * Patterns of the reference model: texts with `*` and `?` (rules 11, 12) and policy variables (rule 16), matched by plain
 * recursion over a table of what is known already.
 */

/** One character to be met as it is, or a wildcard. */
export type Token = { readonly wildcard: '*' | '?' } | { readonly letter: string }

/** What the request answers for a context key: null when it has none, or several values. */
export type SingleValue = (key: string) => string | null

/** Every character as it stands. */
export function literally(text: string): readonly Token[] {
  return text.split('').map((letter) => ({ letter }))
}

/** Stars and question marks as wildcards, nothing else special. */
export function wildcards(text: string): readonly Token[] {
  return text.split('').map((letter) => (letter === '*' || letter === '?' ? { wildcard: letter } : { letter }))
}

/** Replaces policy variables; a value that came from the request is literal. Null when one has neither value nor default. */
export function substituted(
  text: string,
  lookUp: SingleValue,
  plain: (text: string) => readonly Token[],
): readonly Token[] | null {
  const start = text.indexOf('${')
  if (start < 0) return plain(text)
  const variable = variableAt(text, start)
  if (variable === null)
    return [...plain(text.slice(0, start + 2)), ...(substituted(text.slice(start + 2), lookUp, plain) ?? [])]
  const rest = substituted(text.slice(variable.end), lookUp, plain)
  const value = variable.escape ?? lookUp(variable.key) ?? variable.fallback
  return rest === null || value === null ? null : [...plain(text.slice(0, start)), ...literally(value), ...rest]
}

interface Variable {
  readonly end: number
  readonly key: string
  readonly escape: string | null
  readonly fallback: string | null
}

/** `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`; a default may hold any character but the quote. */
function variableAt(text: string, start: number): Variable | null {
  const found = /^\$\{(?:([*?$])|([^},'${]+?)(?:,\s*'([^']*)')?)\}/.exec(text.slice(start))
  if (found === null) return null
  const [whole, escaped = null, key = '', fallback = null] = found
  return { end: start + whole.length, key: key.trim(), escape: escaped, fallback }
}

/** Whether the whole text fits. */
export function fits(pattern: readonly Token[], text: string): boolean {
  const known = new Map<number, boolean>()
  const width = text.length + 1
  const from = (at: number, position: number): boolean => {
    const place = at * width + position
    const before = known.get(place)
    if (before !== undefined) return before
    const answer = step(at, position)
    known.set(place, answer)
    return answer
  }
  const step = (at: number, position: number): boolean => {
    const token = pattern[at]
    if (token === undefined) return position === text.length
    if ('wildcard' in token && token.wildcard === '*') {
      return from(at + 1, position) || (position < text.length && from(at, position + 1))
    }
    if (position === text.length) return false
    return ('wildcard' in token || token.letter === text[position]) && from(at + 1, position + 1)
  }
  return from(0, 0)
}

/** Whether an action fits: letter case counts neither in the service prefix nor in the name. */
export function actionFits(pattern: string, action: string): boolean {
  return fits(wildcards(pattern.toLowerCase()), action.toLowerCase())
}

/** Whether a resource fits: as it is written, or as an incomplete ARN with stars for the fields that are missing. */
export function resourceFits(pattern: string, resource: string, lookUp: SingleValue | null): boolean {
  if (pattern === '*') return true
  return [pattern, completed(pattern)].some((one) => {
    const tokens = resourceTokens(one, lookUp)
    return tokens !== null && fits(tokens, resource)
  })
}

/** Variables stand only behind the fifth colon. */
function resourceTokens(pattern: string, lookUp: SingleValue | null): readonly Token[] | null {
  const behind = indexBehindColon(pattern, 5)
  const head = wildcards(pattern.slice(0, behind))
  const tail =
    lookUp === null ? wildcards(pattern.slice(behind)) : substituted(pattern.slice(behind), lookUp, wildcards)
  return tail === null ? null : [...head, ...tail]
}

function completed(pattern: string): string {
  if (!pattern.startsWith('arn:')) return pattern
  return pattern + ':*'.repeat(Math.max(0, 6 - pattern.split(':').length))
}

function indexBehindColon(text: string, count: number): number {
  let index = 0
  for (let i = 0; i < count; i++) {
    const colon = text.indexOf(':', index)
    if (colon < 0) return text.length
    index = colon + 1
  }
  return index
}

/** Whether an ARN fits a pattern of a condition: each of the six parts for itself; the last may hold colons. */
export function arnFits(pattern: readonly Token[], arn: string): boolean {
  const value = arn.split(':')
  const wanted = partsOf(pattern)
  if (value.length < 6 || wanted.length < 6) return false
  const parts = [...value.slice(0, 5), value.slice(5).join(':')]
  return parts.every((part, i) => fits(wanted[i] ?? [], part))
}

function partsOf(pattern: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  for (const token of pattern) {
    if ('letter' in token && token.letter === ':' && parts.length < 6) parts.push([])
    else parts[parts.length - 1]?.push(token)
  }
  return parts
}
