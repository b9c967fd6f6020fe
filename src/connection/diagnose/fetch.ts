/** The reading of policies, loaded when somebody asks for it: the SDKs of three services come with it. */
import type { FetchedPolicies, FetchOptions } from './fetch-policies.ts'

/** Reads what can be read. @throws input-invalid (the role ARN); access-denied, unavailable … when nothing can be read */
export async function fetchPolicies(options: FetchOptions): Promise<FetchedPolicies> {
  const { fetchPolicies: fetch } = await import('./fetch-policies.ts')
  return await fetch(options)
}
