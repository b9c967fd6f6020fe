/**
 * Lower-case forms of names that come again with every request: actions and context keys. Folding is pure; what is kept
 * only saves the work, and lets maps of names compare by identity. Values and patterns are folded where they are compared.
 */

/** Names come from strangers too, so what is kept is bounded. */
const mostNames = 2000
const longestName = 128

const folded = new Map<string, string>()

/** Folds the letter case of an action or a context key. */
export function foldName(name: string): string {
  const known = folded.get(name)
  if (known !== undefined) return known
  const fresh = name.toLowerCase()
  if (folded.size < mostNames && name.length <= longestName) {
    const shared = folded.get(fresh) ?? fresh
    folded.set(shared, shared)
    folded.set(name, shared)
    return shared
  }
  return fresh
}
