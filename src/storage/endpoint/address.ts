/** Which addresses a customer's endpoint may lead to: public ones. Everything that is ours, or nobody's, is refused. */
import ipaddr from 'ipaddr.js'

/** Public addresses that clouds answer with their instances' secrets or their control plane. */
const hostServices = new Set(['168.63.129.16', '100.100.100.200'])

/**
 * Tells why an address must not be called, or null when it is public. Addresses that wrap an IPv4 address (mapped, NAT64,
 * 6to4, Teredo) are refused whatever they wrap: no public store needs them.
 *
 * @param text an address as the resolver or `URL` gives it, without brackets
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function refusedAddress(text: string): string | null {
  // A zone (`fe80::1%eth0`) exists only for link-local addresses.
  if (text.includes('%') || !ipaddr.isValid(text)) return 'not an address'
  const address = ipaddr.parse(text)
  if (address.kind() === 'ipv4' && hostServices.has(address.toString())) return 'a cloud’s host service'
  const range = address.range()
  return range === 'unicast' ? null : range
}

/** Tells whether a URL's host is an address; `URL` has already turned decimal, octal and hexadecimal spellings into dotted ones. */
export function literalAddress(hostname: string): string | null {
  const bare = hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname
  return ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare) ? bare : null
}
