/**
 * Name resolution that answers with checked addresses only. The socket connects to the very address that was checked, so a name
 * that changes between check and use gains nothing.
 */
import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns'
import { refusedAddress } from './address.ts'

/** The error that a socket gets for a refused address. Its message names no address: it may be shown to a stranger. */
export class EndpointRefused extends Error {
  readonly code = 'ERR_ENDPOINT_REFUSED'
  constructor() {
    super('the name leads to an address that must not be called')
    this.name = 'EndpointRefused'
  }
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

/** Resolves a name, in the form that `net.connect` and the agents take. One refused address refuses the name. */
export function guardedLookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, [])
      return
    }
    const [first] = addresses
    if (first === undefined || addresses.some(({ address }) => refusedAddress(address) !== null)) {
      callback(new EndpointRefused(), [])
      return
    }
    if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}
