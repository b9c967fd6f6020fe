/**
 * Intake of a SAS token: read, checked against container, purpose, time and the addresses that we call from, and kept with
 * its fingerprint. What changes with time (how many days are left) is not kept but told when it is read: `warnings.ts`.
 */
import { isIPv4 } from 'node:net'
import { DrawbridgeError } from '../../base/index.ts'
import type { Purpose } from '../../contract/index.ts'
import { checkSasToken, parseSasToken } from '../../credentials/index.ts'
import { type ConnectionContext, describeEgress } from '../context.ts'
import type { TakenAuthentication } from './taken-authentication.ts'

type Token = Extract<ReturnType<typeof parseSasToken>, { ok: true }>['value']

/** Reads and checks a SAS token before it is used. @throws sas-unusable — with the first reason against it */
export function takeSasToken(
  text: string,
  containerUrl: string,
  rootPath: string,
  purpose: Purpose,
  context: ConnectionContext,
): TakenAuthentication {
  const parsed = parseSasToken(text)
  if (!parsed.ok) throw sasUnusable(parsed.error.message, parsed.error.help)
  const token = parsed.value
  const needs = purpose === 'source' ? 'read' : purpose === 'export' ? 'write' : 'read-write'
  const findings = checkSasToken(token, { now: context.clock.now(), containerUrl, needs, rootPath })
  const refused = findings.find((finding) => finding.severity === 'refused')
  if (refused !== undefined) throw sasUnusable(refused.message, refused.help)
  // Told afresh at every reading, or by the rules below.
  const kept = findings.filter(({ code }) => code !== 'expires-soon' && code !== 'address-bound')
  return {
    authentication: {
      kind: 'sas',
      fingerprint: token.fingerprint,
      permissions: token.permissions,
      expiresAt: endOf(token)?.toISOString() ?? null,
    },
    secret: { kind: 'sas', token: token.secret.reveal() },
    warnings: [...kept.map((finding) => finding.message), ...addressWarnings(token, context), ...endWarnings(token)],
  }
}

/** The token's own end or that of the key behind it, whichever comes first. */
function endOf(token: Token): Date | null {
  const ends = [token.expiresAt, token.delegationKeyExpiresAt].filter((date) => date !== null)
  return ends.length === 0 ? null : new Date(Math.min(...ends.map((date) => date.getTime())))
}

function endWarnings(token: Token): string[] {
  if (endOf(token) !== null) return []
  return [
    'the token says no end: its stored access policy may hold one, which we can not see and warn of; a token with `se` is better',
  ]
}

/** Compares `sip` with where our calls come from. @throws sas-unusable — we would never get through */
function addressWarnings(token: Token, context: ConnectionContext): string[] {
  if (token.addresses === null) return []
  if (context.egress === 'dynamic') {
    return [
      `the token works only from \`${token.addresses}\`, and our calls come from addresses that change: ask for one without \`sip\``,
    ]
  }
  if (context.egress.every((cidr) => isCovered(cidr, token.addresses ?? ''))) return []
  throw sasUnusable(
    `the token works only from \`${token.addresses}\`, and our calls come from ${describeEgress(context.egress)}`,
    'ask for a token without `sip`, or with all of our addresses in it',
  )
}

/**
 * True when every address of the CIDR lies in `sip`, one IPv4 address or a range of them.
 *
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas#specify-an-ip-address-or-ip-range
 */
function isCovered(cidr: string, sip: string): boolean {
  const [network = '', bits = ''] = cidr.split('/')
  const [from = '', to = from] = sip.split('-')
  if (![network, from, to].every((address) => isIPv4(address))) return false
  const size = 2 ** (32 - Number(bits))
  const first = Math.floor(numberOf(network) / size) * size
  return numberOf(from) <= first && first + size - 1 <= numberOf(to)
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}

function sasUnusable(message: string, help?: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'sas-unusable',
    message,
    help: help ?? 'ask for a SAS token of the container, as the set-up kit makes it',
  })
}
