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

function parseIpv4(text: string): Address | null {
  const octets = text.split('.')
  if (octets.length !== 4) return null
  const numbers: number[] = []
  for (const octet of octets) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return null
    numbers.push(Number(octet))
  }
  const [a = 0, b = 0, c = 0, d = 0] = numbers
  return [a * 256 + b, c * 256 + d]
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
