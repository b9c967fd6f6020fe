/** One pass over one claimed delivery. */
import type { Claim } from './repository.ts'
import type { WorkTools } from './work.ts'

export async function runPass(_tools: WorkTools, _claim: Claim, _signal: AbortSignal, _limit: number): Promise<void> {
  throw new TypeError('not yet')
}
