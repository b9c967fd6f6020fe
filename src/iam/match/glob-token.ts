/** What patterns are made of. */

/**
 * Literal text, `*` (`star`) or `?` (`any`). Literal text may itself hold `*` or `?`: then it came from a variable, which
 * `isValue` says.
 */
export type GlobToken = { readonly text: string; readonly isValue?: boolean } | 'star' | 'any'

/** Shorter values are treated like text of the policy. */
const longValue = 16

/** Tells whether a text came from the request and is long enough to be treated as a whole. */
export function isLongValue(token: GlobToken): boolean {
  return typeof token !== 'string' && token.isValue === true && token.text.length >= longValue
}
