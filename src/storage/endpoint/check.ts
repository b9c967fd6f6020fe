/** The guard in front of every endpoint that a customer names: checked when it is entered, and again whenever a socket opens. */
import { lookup } from 'node:dns/promises'
import { DrawbridgeError } from '../../base/index.ts'
import { literalAddress, refusedAddress } from './address.ts'

export interface EndpointPolicy {
  /** Exact origins (`http://127.0.0.1:9000`) that the operator allows, whatever they lead to. */
  readonly allow: readonly string[]
  /** Resolves a name to addresses; the machine's resolver when absent. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
}

/** Ports of object stores behind TLS. Others are for the operator to allow. */
const ports = new Set(['', '443', '8443', '9000', '9443'])

function refused(message: string, help: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'endpoint-refused', message, operation: 'endpoint.check', help })
}

function parsed(url: string): URL {
  const parsedUrl = url.length > 2048 ? null : URL.parse(url)
  if (parsedUrl === null) throw refused('the endpoint is not a URL', 'give an origin such as `https://s3.example.com`')
  // Not quoted before this: a URL with a password in it must not be repeated.
  if (parsedUrl.username !== '' || parsedUrl.password !== '') {
    throw refused('the endpoint carries a name or a password', 'give the credentials of the connection, not of the URL')
  }
  return parsedUrl
}

/** Tells whether the operator allowed the URL's exact origin. */
export function isAllowedOrigin(url: string, allow: readonly string[]): boolean {
  const origin = URL.parse(url)?.origin
  return origin !== undefined && origin !== 'null' && allow.some((entry) => URL.parse(entry)?.origin === origin)
}

async function systemResolve(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true })
  return found.map(({ address }) => address)
}

/**
 * Checks that an endpoint may be called: `https`, a port of object stores, no credentials in it, and public addresses only,
 * unless its exact origin was allowed by the operator.
 *
 * Names can change: whoever then connects does so through `guardedLookup`.
 *
 * @throws DrawbridgeError endpoint-refused; unavailable when the name can not be resolved
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export async function checkEndpoint(url: string, policy: EndpointPolicy): Promise<void> {
  const endpoint = parsed(url)
  if (isAllowedOrigin(url, policy.allow)) return
  const allowHelp = 'the operator can allow this exact origin in the configuration'
  if (endpoint.protocol !== 'https:') throw refused(`the endpoint \`${endpoint.origin}\` is not https`, allowHelp)
  if (!ports.has(endpoint.port))
    throw refused(`the endpoint’s port \`${endpoint.port}\` is not one of object stores`, allowHelp)
  const literal = literalAddress(endpoint.hostname)
  const addresses = literal === null ? await resolved(endpoint.hostname.replace(/\.$/, ''), policy) : [literal]
  // The range is not named: the answer must not map the operator's network for whoever asks.
  if (addresses.length === 0 || addresses.some((address) => refusedAddress(address) !== null)) {
    throw refused(`the endpoint \`${endpoint.origin}\` does not lead to a public address`, allowHelp)
  }
}

async function resolved(hostname: string, policy: EndpointPolicy): Promise<readonly string[]> {
  try {
    return await (policy.resolve ?? systemResolve)(hostname)
  } catch {
    throw new DrawbridgeError({
      code: 'unavailable',
      message: `the endpoint’s name \`${hostname}\` can not be resolved`,
      retry: 'later',
      operation: 'endpoint.check',
    })
  }
}
