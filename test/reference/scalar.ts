/** Numbers, dates, booleans, bytes and addresses as the reference model reads them (rule 17). Null: the text is none. */

export function numberOf(text: string): number | null {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : null
}

/** Seconds since 1970 of an ISO 8601 date or of epoch seconds. */
export function secondsOf(text: string): number | null {
  if (/^\d{5,}$/.test(text)) return Number(text)
  const found = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(Z|[+-]\d\d:\d\d))?)?)?$/.exec(text)
  if (found === null) return null
  const [, year = '', month = '01', day = '01', hour = '00', minute = '00', second = '00', zone = 'Z'] = found
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (m < 1 || m > 12 || d < 1 || d > daysIn(y, m)) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) >= 60) return null
  const days = Date.UTC(y, m - 1, d) / 86_400_000
  return days * 86_400 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - secondsOfZone(zone)
}

function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

function secondsOfZone(zone: string): number {
  if (zone === 'Z') return 0
  const [hours = '0', minutes = '0'] = zone.slice(1).split(':')
  return (zone.startsWith('-') ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

export function booleanOf(text: string): boolean | null {
  const lower = text.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : null
}

/** The bytes in hexadecimal. */
export function bytesOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex')
}

interface Address {
  readonly bits: string
}

/** An address as the text of its 32 or 128 bits. */
export function addressOf(text: string): Address | null {
  return text.includes(':') ? addressOfSix(text) : addressOfFour(text)
}

function addressOfFour(text: string): Address | null {
  const octets = text.split('.')
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256))
    return null
  return { bits: octets.map((octet) => Number(octet).toString(2).padStart(8, '0')).join('') }
}

function addressOfSix(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [front = [], back = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - front.length - back.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null
  return { bits: groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('') }
}

/** Length of a range's prefix: what stands behind the slash, or the whole address. */
export function prefixOf(range: string): number | null {
  const [address = '', length, ...rest] = range.split('/')
  const known = addressOf(address)
  if (known === null || rest.length > 0) return null
  if (length === undefined) return known.bits.length
  return /^\d{1,3}$/.test(length) && Number(length) <= known.bits.length ? Number(length) : null
}

export function rangeHolds(range: string, address: string): boolean {
  const network = addressOf(range.split('/')[0] ?? '')
  const length = prefixOf(range)
  const host = addressOf(address)
  if (network === null || length === null || host === null || network.bits.length !== host.bits.length) return false
  return network.bits.slice(0, length) === host.bits.slice(0, length)
}
