/** Where in the pages the reader is: the part of the address after `#`, so that one file serves them all. */
import { useSyncExternalStore } from 'react'

/** What can be looked at of one connection. */
export const connectionSections = ['overview', 'history', 'what-if', 'kit'] as const
export type ConnectionSection = (typeof connectionSections)[number]

export type Place =
  | { readonly view: 'connections' }
  | { readonly view: 'set-up' }
  | { readonly view: 'connection'; readonly name: string; readonly section: ConnectionSection }
  | { readonly view: 'routes' }
  | { readonly view: 'schedules' }
  | { readonly view: 'schedule'; readonly name: string }
  | { readonly view: 'targets' }
  | { readonly view: 'target'; readonly name: string }
  | { readonly view: 'alerts' }
  | { readonly view: 'account' }
  | { readonly view: 'tickets' }
  | { readonly view: 'ticket'; readonly id: string }
  | { readonly view: 'deliveries' }
  | { readonly view: 'delivery'; readonly id: string }

function subscribe(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange)
  return () => window.removeEventListener('hashchange', onChange)
}

/** Reads a place from an address fragment; anything unknown is the first page. */
export function parsePlace(fragment: string): Place {
  const [view, argument, more] = fragment
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decoded)
  if (view === 'connections' && argument) return { view: 'connection', name: argument, section: sectionOf(more) }
  if (view === 'set-up') return { view: 'set-up' }
  if (view === 'routes' || view === 'alerts' || view === 'account') return { view }
  if (view === 'schedules') return argument ? { view: 'schedule', name: argument } : { view: 'schedules' }
  if (view === 'targets') return argument ? { view: 'target', name: argument } : { view: 'targets' }
  if (view === 'tickets') return argument ? { view: 'ticket', id: argument } : { view: 'tickets' }
  if (view === 'deliveries') return argument ? { view: 'delivery', id: argument } : { view: 'deliveries' }
  return { view: 'connections' }
}

/** The place that the address names, followed as it changes. */
export function usePlace(): Place {
  return parsePlace(useSyncExternalStore(subscribe, () => window.location.hash))
}

/** The address of a place of one connection. */
export function connectionAddress(name: string, section: ConnectionSection = 'overview'): string {
  return section === 'overview' ? `#/connections/${name}` : `#/connections/${name}/${section}`
}

function sectionOf(word: string | undefined): ConnectionSection {
  return connectionSections.find((section) => section === word) ?? 'overview'
}

/** A fragment that somebody typed may be no encoding of anything. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
