/**
 * Relations between patterns: whether one covers all that another does, and whether two can meet. Both err on the quiet
 * side: `covers` may miss, `mayMeet` may say yes too often; neither leads to a false finding.
 */
import { compileGlob, type GlobToken, globMatches } from '../match/glob.ts'
import { isVariable, parseTemplate, type TemplateToken } from '../match/template.ts'

/** A pattern prepared for comparing. */
export interface ComparablePattern {
  readonly tokens: readonly TemplateToken[]
  /** Wildcards and variables written as private characters, which stand for themselves alone. */
  readonly marked: string
  readonly hasVariable: boolean
  readonly hasAny: boolean
  readonly hasWildcard: boolean
}

/** Prepares a pattern; variables count when the policy's version has them. */
export function comparable(pattern: string, variables: boolean): ComparablePattern {
  const tokens = parseTemplate(pattern, { variables, wildcards: true })
  let marked = ''
  for (const token of tokens) {
    if (token === 'star') marked += '\uE000'
    else if (token === 'any') marked += '\uE001'
    else marked += isVariable(token) ? `\uE002${token.variable}\uE003` : token.text
  }
  const hasAny = tokens.includes('any')
  return {
    tokens,
    marked,
    hasVariable: tokens.some(isVariable),
    hasAny,
    hasWildcard: hasAny || tokens.includes('star'),
  }
}

/** Tells whether everything that fits `narrow` fits `broad`. */
export function covers(broad: ComparablePattern, narrow: ComparablePattern): boolean {
  if (broad.marked === narrow.marked) return true
  if (!broad.hasWildcard || broad.hasVariable) return false
  if (broad.hasAny && (narrow.hasWildcard || narrow.hasVariable)) return false
  const glob = compileGlob(broad.tokens.filter((token): token is GlobToken => !isVariable(token)))
  return globMatches(glob, narrow.marked)
}

/** A step of an ARN's form: a character, or a run of characters other than those excluded. */
type FormStep = string | { readonly excluded: string }

const segmentParts = new Set(['Partition', 'Region', 'Account'])
const nameParts = new Set(['BucketName', 'AccessPointName'])
const forms = new Map<string, readonly FormStep[]>()

/** Reads `arn:<Partition>:s3:::<BucketName>` into steps. Segments and names hold no separators. */
function formOf(arn: string): readonly FormStep[] {
  const known = forms.get(arn)
  if (known !== undefined) return known
  const steps: FormStep[] = []
  for (const part of arn.split(/(<\w+>)/)) {
    const name = /^<(\w+)>$/.exec(part)?.[1]
    if (name === undefined) steps.push(...part)
    else steps.push({ excluded: segmentParts.has(name) ? ':' : nameParts.has(name) ? '/' : '' })
  }
  forms.set(arn, steps)
  return steps
}

/** Tells whether some ARN of the form `arn:<Partition>:…` fits the pattern. The cost is the product of both lengths. */
export function mayMeet(pattern: string, form: string): boolean {
  const steps = formOf(form)
  const tokens = characters(pattern)
  let row = new Array<boolean>(steps.length + 1).fill(false)
  row[0] = true
  for (let i = 0; i <= tokens.length; i++) {
    const token = tokens[i]
    const next = new Array<boolean>(steps.length + 1).fill(false)
    for (let j = 0; j <= steps.length; j++) {
      if (row[j] !== true) continue
      const step = steps[j]
      if (typeof step === 'object') row[j + 1] = true
      if (token === undefined) continue
      if (token === 'star') {
        next[j] = true
        if (step !== undefined) row[j + 1] = true
      } else if (typeof step === 'string') {
        if (token === 'any' || token.text === step) next[j + 1] = true
      } else if (step !== undefined && (token === 'any' || !step.excluded.includes(token.text))) {
        next[j] = true
      }
    }
    if (i === tokens.length) return row[steps.length] === true
    row = next
  }
  return false
}

/** One token per character; a variable may stand for anything. */
function characters(pattern: string): readonly GlobToken[] {
  return parseTemplate(pattern, { variables: true, wildcards: true }).flatMap((token): GlobToken[] => {
    if (typeof token === 'string') return [token]
    return isVariable(token) ? ['star'] : [...token.text].map((text) => ({ text }))
  })
}
