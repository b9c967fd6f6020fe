/**
 * Readers for the scalar values of conditions: numbers, instants and binary. Each gives null for text that is no such
 * value; a condition then does not hold. No clock: `aws:CurrentTime` comes with the request.
 */

/** Reads a decimal number. */
export function parseDecimal(text: string): number | null {
  if (text.length > 64 || !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

const isoDate = /^(\d{4})-(\d{2})(?:-(\d{2}))?(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** Reads ISO 8601 or epoch seconds as milliseconds since 1970. Without an offset the time is UTC. */
export function parseInstant(text: string): number | null {
  if (text.length > 40) return null
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  const found = isoDate.exec(text)
  if (found === null) return null
  const [, year, month, day = '1', hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = found
  const date = [Number(year), Number(month), Number(day)] as const
  if (!isCalendarDate(...date) || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return null
  const midnight = Date.UTC(date[0], date[1] - 1, date[2])
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second) + Number(`0.${fraction}`)
  return midnight + seconds * 1000 - offsetMinutes(zone) * 60_000
}

function isCalendarDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Reads base64 into a canonical text of its bytes, so that two spellings of the same bytes compare equal. */
export function parseBinary(text: string): string | null {
  let bare = text
  if (text.length % 4 === 0 && text.endsWith('==')) bare = text.slice(0, -2)
  else if (text.length % 4 === 0 && text.endsWith('=')) bare = text.slice(0, -1)
  if (bare.length % 4 === 1) return null
  let bits = 0
  let held = 0
  let bytes = ''
  for (const char of bare) {
    const value = base64Alphabet.indexOf(char)
    if (value < 0) return null
    bits = ((bits << 6) | value) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes += String.fromCharCode((bits >>> held) & 0xff)
  }
  return bytes
}
