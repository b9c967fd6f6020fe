/** Where in the pages the reader is: the part of the address after `#`, so that one file serves them all. */
import { useSyncExternalStore } from 'react'

export type Place =
  | { readonly view: 'connections' }
  | { readonly view: 'connection'; readonly name: string }
  | { readonly view: 'deliveries' }
  | { readonly view: 'delivery'; readonly id: string }

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange)
  return () => window.removeEventListener('hashchange', onChange)
}

/** Reads a place from an address fragment; anything unknown is the first page. */
export function parsePlace(fragment: string): Place {
  const [view, argument] = fragment
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decodeURIComponent)
  if (view === 'connections' && argument) return { view: 'connection', name: argument }
  if (view === 'deliveries') return argument ? { view: 'delivery', id: argument } : { view: 'deliveries' }
  return { view: 'connections' }
}

/** The place that the address names, followed as it changes. */
export function usePlace(): Place {
  return parsePlace(useSyncExternalStore(subscribe, () => window.location.hash))
}
