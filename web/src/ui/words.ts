/** Small things in words: a location, a moment, a size. */
import type { Location } from '../../../src/contract/index.ts'

/** Where a connection leads, in one line. */
export function placeOf(location: Location): string {
  if (location.service === 's3') return `${location.uri}/${location.rootPath}`
  if (location.service === 'azblob') return `${location.containerUrl}/${location.rootPath}`
  return `${location.directory}/${location.rootPath}`
}

/** A moment in the reader's own time zone. */
export function when(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

/** A size as people say it: `1.4 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** A number of things: `1 call`, `3 calls`. */
export function count(number: number, thing: string, things = `${thing}s`): string {
  return `${number} ${number === 1 ? thing : things}`
}

/** A moment as clocks in a time zone show it: `Tue, 1 Dec 2026, 06:00`. */
export function momentIn(iso: string, timeZone: string): string {
  return new Date(iso).toLocaleString(undefined, {
    timeZone,
    ...{ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  })
}

/** The time zone of the reader. */
export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
