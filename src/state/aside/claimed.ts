/** Claims on their way to the main thread: the reports that came with them travel as bytes beside the text. Pure. */
import type { Claimed, Found } from '../../delivery/index.ts'

/** A claim whose report stands behind all claims, in their order; null: it came without one. */
type Told = Omit<Claimed, 'found'> & { readonly record: Found['record'] | null; readonly hasReport: boolean }

/** Lays the claims first and their reports behind them. */
export function packClaims(claims: readonly Claimed[]): readonly unknown[] {
  const reports: Uint8Array[] = []
  const told = claims.map(({ found, ...claim }): Told => {
    if (found?.report) reports.push(found.report)
    return { ...claim, record: found?.record ?? null, hasReport: Boolean(found?.report) }
  })
  return [told, ...reports]
}

/** Puts them together again. */
export function unpackClaims(packed: unknown): Claimed[] {
  const [told, ...reports] = packed as readonly [readonly Told[], ...Uint8Array[]]
  let next = 0
  return told.map(({ record, hasReport, ...claim }) => {
    const report = hasReport ? (reports[next++] ?? null) : null
    return record === null ? claim : { ...claim, found: { record, report } }
  })
}
