/** What is made of a key's values lasts as long as the request: a policy may ask for the same key in hundreds of conditions. */
import type { ContextLookup } from './template.ts'

type Made = Map<(values: readonly string[]) => unknown, unknown>

const kept = new WeakMap<ContextLookup, Map<readonly string[], Made>>()

/** Makes something of the values of a key of one request, once per request and maker. */
export function madeOnce<T>(
  lookup: ContextLookup,
  values: readonly string[],
  make: (values: readonly string[]) => T,
): T {
  let ofRequest = kept.get(lookup)
  if (ofRequest === undefined) {
    ofRequest = new Map()
    kept.set(lookup, ofRequest)
  }
  let ofValues = ofRequest.get(values)
  if (ofValues === undefined) {
    ofValues = new Map()
    ofRequest.set(values, ofValues)
  }
  if (ofValues.has(make)) return ofValues.get(make) as T
  const fresh = make(values)
  ofValues.set(make, fresh)
  return fresh
}
