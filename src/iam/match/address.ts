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
export function rangeContains(range: AddressRange, address: Address): boolean {
  if (range.base.length !== address.length) return false
  let left = range.prefixLength
  for (let i = 0; i < address.length && left > 0; i++, left -= 16) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff
    if (((address[i] ?? 0) & mask) !== ((range.base[i] ?? 0) & mask)) return false
  }
  return true
}

/** Makes one test of many ranges; its cost does not grow with their number. */
export function compileRanges(ranges: readonly AddressRange[]): (address: Address) => boolean {
  const byLength = new Map<
    number,
    { readonly groups: number; readonly prefixLength: number; readonly keys: Set<string> }
  >()
  for (const { base, prefixLength } of ranges) {
    const key = base.length * 1000 + prefixLength
    const entry = byLength.get(key) ?? { groups: base.length, prefixLength, keys: new Set<string>() }
    entry.keys.add(networkKey(base, prefixLength))
    byLength.set(key, entry)
  }
  const lengths = [...byLength.values()]
  return (address) =>
    lengths.some(
      ({ groups, prefixLength, keys }) => groups === address.length && keys.has(networkKey(address, prefixLength)),
    )
}

/** The network's bits as text. */
function networkKey(address: Address, prefixLength: number): string {
  let key = ''
  for (let i = 0, left = prefixLength; i < address.length && left > 0; i++, left -= 16) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff
    key += `${(address[i] ?? 0) & mask}.`
  }
  return key
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
