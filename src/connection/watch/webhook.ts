/**
 * One alert to one webhook: signed, to public addresses or those that the operator allows, without following redirects.
 * When it is tried again is `send-alerts.ts`.
 */
import { createHash, createHmac } from 'node:crypto'
import { type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { DrawbridgeError, type Secret } from '../../base/index.ts'
import { checkEndpoint, isAllowedOrigin, openAgents } from '../../storage/index.ts'

/** A webhook of the configuration. */
export interface Webhook {
  readonly url: string
  /** Signs what is sent. */
  readonly secret: Secret
}

const answerMs = 10_000

/** Names a webhook without telling its address, of which the path may be a secret. */
export function webhookName(url: string): string {
  return `${new URL(url).origin}#${createHash('sha256').update(url).digest('hex').slice(0, 12)}`
}

/**
 * Signs a body: `t=<Unix seconds>,v1=<hex of HMAC-SHA256 over "t.body">`. Whoever receives it computes the same, compares in
 * constant time, and refuses a time that is long past.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
export function signatureOf(body: string, secret: Secret, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000)
  const digest = createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${digest}`
}

/** What is sent. */
export interface Posting {
  readonly id: string
  readonly body: string
  readonly at: Date
  /** Origins that the operator allows, whatever they lead to. */
  readonly allow: readonly string[]
  readonly signal: AbortSignal
}

/** Sends one alert. @throws endpoint-refused | unavailable — no answer in time, or one that is not 2xx; the address stays out of it */
export async function postAlert({ url, secret }: Webhook, posting: Posting): Promise<void> {
  const { id, body, at, allow, signal } = posting
  await checkEndpoint(url, { allow })
  const agents = openAgents({ guarded: !isAllowedOrigin(url, allow), connectMs: answerMs, idleMs: answerMs })
  const isHttps = new URL(url).protocol === 'https:'
  try {
    const status = await send(isHttps ? requestHttps : requestHttp, url, body, {
      method: 'POST',
      agent: isHttps ? agents.https : agents.http,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'drawbridge',
        'drawbridge-event-id': id,
        'drawbridge-signature': signatureOf(body, secret, at),
      },
    })
    if (status < 200 || status > 299) throw refused(`the webhook answered ${status}`)
  } finally {
    agents.destroy()
  }
}

function send(request: typeof requestHttp, url: string, body: string, options: RequestOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      // What it says is of no use here, and may be without end.
      response.destroy()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', (cause: NodeJS.ErrnoException) => {
      reject(refused(`the webhook gave no answer (${cause.code ?? cause.name})`))
    })
    sent.end(body)
  })
}

function refused(message: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'unavailable', message, retry: 'later', operation: 'alert.send' })
}
