/** Finds the known name that a misspelled one was probably meant to be. The work per candidate is bounded. */

const longest = 100

/**
 * The candidate with the smallest edit distance, letter case aside; null when none is within a quarter of the name's
 * length (at least two, at most six edits). The first of equals wins.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  if (name.length > longest) return null
  const wanted = name.toLowerCase()
  let limit = Math.min(6, Math.max(2, Math.floor(wanted.length / 4)))
  let best: string | null = null
  for (const candidate of candidates) {
    const distance = boundedDistance(wanted, candidate.toLowerCase(), limit)
    if (distance > limit) continue
    best = candidate
    limit = distance - 1
    if (limit < 0) break
  }
  return best
}

/** `, did you mean` with the nearest name, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates)
  return nearest === null ? '' : `; did you mean \`${nearest}\`?`
}

/** Edit distance (insert, delete, replace, swap of neighbours) within a band; anything above the limit is `limit + 1`. */
function boundedDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = new Array<number>(b.length + 1).fill(limit + 1)
    row[0] = i
    let least = i
    const from = Math.max(1, i - limit)
    const to = Math.min(b.length, i + limit)
    for (let j = from; j <= to; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let cost = Math.min(
        (previous[j - 1] ?? limit) + (same ? 0 : 1),
        (previous[j] ?? limit) + 1,
        (row[j - 1] ?? limit) + 1,
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (older[j - 2] ?? limit) + 1)
      }
      row[j] = cost
      least = Math.min(least, cost)
    }
    if (least > limit) return limit + 1
    older = previous
    previous = row
  }
  return previous[b.length] ?? limit + 1
}
