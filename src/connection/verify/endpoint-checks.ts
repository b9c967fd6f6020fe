/**
 * Whether the place is reached at all, before any credential is sent: its name, its certificate, what answers there, and how far
 * the two clocks are apart. One unsigned request tells all four.
 */
import type { DrawbridgeError } from '../../base/index.ts'
import type { Connection, LinkId } from '../../contract/index.ts'
import type { Look } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { lookAtPlace } from '../open/look.ts'
import type { CheckId } from './checks.ts'
import { type Outcome, outcomeOf, type Recorder } from './recorder.ts'

/** Longer than this the look waits for no answer. */
const lookMs = 10_000
/** From here on a clock should be set. */
const noticedMs = 60_000
/** AWS and Azure refuse signatures that are older or newer than this. */
const refusedMs = 15 * 60_000

/** What the outside told, or that there is none. */
export interface Outside {
  readonly look: Look | null
  /** False: nothing that is sent there can be answered. */
  readonly isReached: boolean
}

/** Runs the checks of the place from outside. */
export async function checkEndpoint(
  connection: Connection,
  context: ConnectionContext,
  recorder: Recorder,
  signal: AbortSignal,
): Promise<Outside> {
  const begin = context.clock.now().getTime()
  const look = await lookAtPlace(connection, context, { timeoutMs: lookMs, signal })
  if (look === null) return { look, isReached: true }
  const halfway = (begin + context.clock.now().getTime()) / 2
  const link: LinkId = connection.location.service === 'azblob' ? 'container' : 'object'
  const settle = (id: CheckId, outcome: Outcome): void => recorder.settle(id, { link, ...outcome }, begin)
  const fail = (id: CheckId, fault: DrawbridgeError): void => {
    recorder.blame(id, fault)
    settle(id, { ...outcomeOf(fault), status: isDefinite(fault) ? 'fail' : 'unknown' })
  }
  const { stage, fault, host } = look
  if (fault !== null && stage === 'name') {
    fail('dns', fault)
    for (const id of ['tls', 'endpoint', 'clock'] as const) settle(id, unreached(host))
    return { look, isReached: false }
  }
  settle('dns', { status: 'pass', detail: `\`${host}\` resolves` })
  if (fault !== null && stage === 'certificate') {
    fail('tls', fault)
    for (const id of ['endpoint', 'clock'] as const) settle(id, unreached(host))
    return { look, isReached: false }
  }
  if (fault !== null) {
    fail('endpoint', fault)
    for (const id of ['tls', 'clock'] as const) settle(id, unreached(host))
    return { look, isReached: false }
  }
  settle('tls', { status: 'pass', detail: `\`${host}\` has a certificate that is valid, in time, and for this name` })
  const isStore = isOfStore(connection, look)
  settle('endpoint', isStore ? answered(look) : stranger(connection, look))
  recorder.settle('clock', clockOutcome(look, halfway), begin)
  return { look, isReached: isStore }
}

/** A name that does not exist, a port where nobody listens, an address that is refused: asking again changes nothing. */
function isDefinite(fault: DrawbridgeError): boolean {
  if (fault.code === 'endpoint-refused' || fault.code === 'protocol-broken') return true
  const code = String(fault.context['providerCode'])
  return fault.code === 'unavailable' && (fault.retry === 'never' || code === 'ENOTFOUND' || code === 'ECONNREFUSED')
}

function unreached(host: string): Outcome {
  return { status: 'skipped', detail: `\`${host}\` was not reached` }
}

/**
 * Azure and AWS say who they are with every answer. Stores that speak S3 need not; but none of them welcomes a stranger, and none
 * refuses one with a page.
 */
function isOfStore(connection: Connection, { headers, status }: Look): boolean {
  if (connection.location.service === 'azblob') return headers['x-ms-request-id'] !== undefined
  if (Object.keys(headers).some((name) => name.startsWith('x-amz-'))) return true
  return (status ?? 0) >= 400 && !(headers['content-type'] ?? '').startsWith('text/html')
}

function answered({ host, status, headers }: Look): Outcome {
  const requestId = headers['x-amz-request-id'] ?? headers['x-ms-request-id']
  return {
    status: 'pass',
    detail: `\`${host}\` answered, as a store does (HTTP ${status})`,
    requestIds: requestId === undefined ? [] : [requestId],
  }
}

function stranger(connection: Connection, { host, status }: Look): Outcome {
  const protocol = connection.location.service === 'azblob' ? 'Azure Blob Storage' : 'S3'
  return {
    status: 'fail',
    detail: `\`${host}\` answers (HTTP ${status}), and not as ${protocol} does`,
    cause: { cause: 'not-reached', repair: `give the endpoint of the store itself, which speaks ${protocol}` },
  }
}

function clockOutcome({ serverTime, host }: Look, halfway: number): Outcome {
  if (serverTime === null) return { status: 'unknown', detail: `\`${host}\` does not tell its time` }
  const aheadMs = halfway - serverTime
  const difference = Math.abs(aheadMs)
  const seconds = Math.round(difference / 1000)
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  if (difference <= noticedMs) {
    return {
      status: 'pass',
      detail: seconds <= 2 ? 'both clocks agree' : `our clock is ${seconds} seconds ${side} theirs`,
    }
  }
  const detail = `our clock is ${seconds} seconds ${side} that of \`${host}\``
  if (difference < refusedMs) {
    return {
      status: 'pass',
      detail: `warning: ${detail}; from 900 seconds on every signature is refused: set the clock`,
    }
  }
  return {
    status: 'fail',
    detail: `${detail}, and signatures are refused from 900 seconds on`,
    cause: { cause: 'clock-skew', repair: 'set the clock of the machine that Drawbridge runs on, by NTP' },
  }
}
