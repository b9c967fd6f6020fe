/**
 * IP addresses and CIDR ranges of both families, compared as numbers. An IPv4 address never fits an IPv6 range.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4291#section-2.2
 */

/** An address as 16-bit groups: two for IPv4, eight for IPv6. */
export type Address = readonly number[]

export interface AddressRange {
  readonly base: Address
  readonly prefixLength: number
}

/** Reads an address; null when malformed. Octets with leading zeros are refused: readers disagree on their base. */
export function parseAddress(text: string): Address | null {
  if (text.length > 45) return null
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** Reads `address` or `address/prefix`; without a prefix the range is the one address. */
export function parseAddressRange(text: string): AddressRange | null {
  const slash = text.indexOf('/')
  const base = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (base === null) return null
  const bits = base.length * 16
  if (slash < 0) return { base, prefixLength: bits }
  const prefix = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return null
  return { base, prefixLength: Number(prefix) }
}

/** Tells whether the address lies in the range. Host bits of the range's base do not count. */
function rangeContains(range: AddressRange, address: Address): boolean {
  if (range.base.length !== address.length) return false
  let left = range.prefixLength
  for (let i = 0; i < address.length && left > 0; i++, left -= 16) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff
    if (((address[i] ?? 0) & mask) !== ((range.base[i] ?? 0) & mask)) return false
  }
  return true
}

/** Up to this many, going through them is quicker than looking up. */
const manyRanges = 8

/** Makes one test of many ranges: they are merged and sorted, so that its cost hardly grows with their number. */
export function compileRanges(ranges: readonly AddressRange[]): (address: Address) => boolean {
  if (ranges.length <= manyRanges) return (address) => ranges.some((range) => rangeContains(range, address))
  const merged: { readonly low: Address; high: Address }[] = []
  const bounds = ranges.map((range) => ({ low: bound(range, 0), high: bound(range, 0xffff) }))
  for (const { low, high } of bounds.sort((a, b) => compare(a.low, b.low))) {
    const last = merged[merged.length - 1]
    if (last === undefined || compare(low, last.high) > 0) merged.push({ low, high })
    else if (compare(high, last.high) > 0) last.high = high
  }
  return (address) => {
    let from = 0
    let to = merged.length
    while (from < to) {
      const middle = (from + to) >>> 1
      if (compare(merged[middle]?.low ?? address, address) <= 0) from = middle + 1
      else to = middle
    }
    const last = merged[from - 1]
    return last !== undefined && compare(address, last.high) <= 0
  }
}

/** The first address of a range (`rest` 0) or the last (`rest` of ones). */
function bound({ base, prefixLength }: AddressRange, rest: number): Address {
  return base.map((group, i) => {
    const left = Math.min(16, Math.max(0, prefixLength - i * 16))
    const mask = (0xffff << (16 - left)) & 0xffff
    return (group & mask) | (rest & ~mask)
  })
}

/** The family first, for each lies by itself. */
function compare(one: Address, other: Address): number {
  let difference = one.length - other.length
  for (let i = 0; difference === 0 && i < one.length; i++) difference = (one[i] as number) - (other[i] as number)
  return difference
}

function parseIpv4(text: string): Address | null {
  let octets = 0
  let high = 0
  let low = 0
  let start = 0
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && text.charCodeAt(at) !== dot) continue
    const octet = parseOctet(text, start, at)
    if (octet < 0 || octets === 4) return null
    high = octets < 2 ? high * 256 + octet : high
    low = octets < 2 ? low : low * 256 + octet
    octets++
    start = at + 1
  }
  return octets === 4 ? [high, low] : null
}

const dot = 46
const zero = 48

/** Reads a number from 0 to 255 without leading zeros; -1 when it is none. */
function parseOctet(text: string, start: number, end: number): number {
  const length = end - start
  if (length < 1 || length > 3) return -1
  let octet = 0
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - zero
    if (digit < 0 || digit > 9) return -1
    octet = octet * 10 + digit
  }
  return octet > 255 || (length > 1 && text.charCodeAt(start) === zero) ? -1 : octet
}

function parseIpv6(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const front = parseGroups(halves[0] ?? '', halves.length === 1)
  if (front === null) return null
  if (halves.length === 1) return front.length === 8 ? front : null
  const back = parseGroups(halves[1] ?? '', true)
  if (back === null || front.length + back.length > 7) return null
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back]
}

/** Reads groups between single colons; the last may be a dotted IPv4 address when it ends the whole text. */
function parseGroups(text: string, endsAddress: boolean): readonly number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (endsAddress && i === parts.length - 1 && part.includes('.')) {
      const dotted = parseIpv4(part)
      if (dotted === null) return null
      groups.push(...dotted)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return null
  }
  return groups
}
