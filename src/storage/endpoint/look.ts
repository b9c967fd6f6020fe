/**
 * Looks at a place from outside: one unsigned request without a body, which tells how far a caller gets who has no rights at
 * all. Name, connection, certificate and clock are judged by it before any credential is sent.
 */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { DrawbridgeError } from '../../base/index.ts'
import { connectionFault } from '../../credentials/index.ts'
import { openAgents } from './agents.ts'

export interface LookOptions {
  readonly url: URL
  /** For messages: `s3:HeadBucket`. */
  readonly operation: string
  /** True: addresses that are not public are refused. */
  readonly guarded: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** After this time without an answer the look is given up; absent: 10 seconds. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** How far the look got: the name, the connection, the certificate, or an answer. */
export type LookStage = 'name' | 'connection' | 'certificate' | 'answer'

/** What the outside tells. */
export interface Look {
  readonly host: string
  /** Where it ended. */
  readonly stage: LookStage
  /** Why there was no answer; null when there was one. */
  readonly fault: DrawbridgeError | null
  /** Null without an answer; so are the rest. */
  readonly status: number | null
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The other side's Date header, in milliseconds of its clock; null when it sent none. */
  readonly serverTime: number | null
}

const nameFaults: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT'])

/** Sends the one request. Never rejects: what went wrong is the answer. */
export async function lookFromOutside(options: LookOptions): Promise<Look> {
  const { url, operation, signal } = options
  const nothing = { host: url.host, status: null, headers: {}, serverTime: null }
  if (signal?.aborted === true) {
    return {
      ...nothing,
      stage: 'connection',
      fault: connectionFault(new Error('aborted'), operation, url.host, signal),
    }
  }
  try {
    const { status, headers } = await ask(options)
    const serverTime = Date.parse(headers['date'] ?? '')
    return {
      host: url.host,
      stage: 'answer',
      fault: null,
      status,
      headers,
      serverTime: Number.isNaN(serverTime) ? null : serverTime,
    }
  } catch (error) {
    const fault = connectionFault(error, operation, url.host, signal) ?? notUnderstood(operation, url.host)
    return { ...nothing, stage: stageOf(fault), fault }
  }
}

function stageOf(fault: DrawbridgeError): LookStage {
  if (nameFaults.has(String(fault.context['providerCode']))) return 'name'
  return fault.code === 'unavailable' && fault.retry === 'never' ? 'certificate' : 'connection'
}

function notUnderstood(operation: string, host: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'protocol-broken',
    message: `\`${host}\` answered something that can not be understood`,
    operation,
  })
}

async function ask(options: LookOptions): Promise<{ status: number; headers: Record<string, string> }> {
  const { url, guarded, headers = {}, timeoutMs = 10_000, signal } = options
  const agents = openAgents({ guarded, connectMs: timeoutMs, idleMs: timeoutMs, maximumSockets: 1 })
  const isSecure = url.protocol === 'https:'
  try {
    return await new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)(url, {
        method: 'HEAD',
        agent: isSecure ? agents.https : agents.http,
        headers: { 'user-agent': 'drawbridge', ...headers },
      })
      const deadline = setTimeout(() => request.destroy(late()), timeoutMs)
      const onAbort = (): void => void request.destroy(new Error('aborted'))
      signal?.addEventListener('abort', onAbort, { once: true })
      request.once('close', () => {
        clearTimeout(deadline)
        signal?.removeEventListener('abort', onAbort)
      })
      request.once('error', reject)
      request.once('response', (response) => {
        response.resume()
        response.once('error', () => undefined)
        resolve({ status: response.statusCode ?? 0, headers: plain(response.headers) })
      })
      request.end()
    })
  } finally {
    agents.destroy()
  }
}

function late(): Error {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })
}

/** The headers of an answer that are of use, bounded: the other side is a stranger. */
function plain(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers).slice(0, 100)) {
    if (typeof value === 'string') kept[name] = value.slice(0, 300)
  }
  return kept
}
