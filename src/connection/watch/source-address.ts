/** What is known of the address from which our calls come. */
import type { ConnectionContext } from '../context.ts'

/** The address that AWS sees: the observed one, or a declared egress of exactly one address; null when it is not known. */
export function sourceAddressOf({ egress, observedAddress }: ConnectionContext): string | null {
  if (observedAddress !== null) return observedAddress
  if (egress === 'dynamic' || egress.length !== 1) return null
  const [address = '', bits] = (egress[0] ?? '').split('/')
  return bits === undefined || bits === (address.includes(':') ? '128' : '32') ? address : null
}
