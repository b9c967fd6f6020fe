/** Policies as they are pasted: plain, a list of several, or still in what the AWS CLI printed around them. */

/** The members under which the AWS CLI's answers carry a policy, outermost first. */
const wrappers = ['Role', 'PolicyVersion', 'AssumeRolePolicyDocument', 'PolicyDocument', 'Document', 'Policy'] as const

/**
 * Takes a pasted text apart into the texts of its policies. A text that is not JSON comes back as it is, so that whoever
 * reads it can say where it stops being so.
 */
export function policyTextsOf(pasted: string): string[] {
  if (pasted.trim() === '') return []
  const value = parsed(pasted)
  if (value === undefined) return [pasted]
  if (Array.isArray(value)) return value.map((one: unknown) => JSON.stringify(unwrapped(one), null, 2))
  const inside = unwrapped(value)
  return [inside === value ? pasted : JSON.stringify(inside, null, 2)]
}

/** Puts an edited policy in the place of the one it came from. */
export function withPolicy(pasted: string, index: number, after: unknown): string {
  const texts = policyTextsOf(pasted).map((text): unknown => parsed(text) ?? text)
  if (after === null) texts.splice(index, 1)
  else texts[index] = after
  const [only] = texts
  if (only === undefined) return ''
  return JSON.stringify(texts.length === 1 ? only : texts, null, 2)
}

function unwrapped(value: unknown): unknown {
  let inside = value
  for (const name of wrappers) {
    // A policy has a Statement; what has one is not looked into any further.
    if (!isObject(inside) || Object.hasOwn(inside, 'Statement') || !Object.hasOwn(inside, name)) continue
    const member = inside[name]
    // Bucket and key policies are printed as JSON in a string.
    inside = typeof member === 'string' ? (parsed(member) ?? member) : member
  }
  return inside
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
