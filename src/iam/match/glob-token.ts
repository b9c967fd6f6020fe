/** What patterns are made of. */

/**
 * Literal text, `*` (`star`) or `?` (`any`). Literal text may itself hold `*` or `?`: then it came from a variable, which
 * `isValue` says.
 */
export type GlobToken = { readonly text: string; readonly isValue?: boolean } | 'star' | 'any'
