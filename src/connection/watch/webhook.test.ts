/** Alerts on the wire: signed so that anybody can check it, only to where it may go, and never on to somewhere else. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../base/index.ts'
import { againAt } from './send-alerts.ts'
import { postAlert, webhookName } from './webhook.ts'

const secret = new Secret('a-secret-of-this-test')
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

interface Received {
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A webhook that answers with `status`; `location` makes it a redirect. */
async function receiver(status: number, location?: string): Promise<{ origin: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    received.push({ url: request.url ?? '', headers: request.headers, body })
    response.writeHead(status, location === undefined ? {} : { location }).end('thanks')
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

const posting = (allow: readonly string[]) => ({
  id: 'alr_1',
  body: '{"summary":"`acme` turned red — ünïcode"}',
  at: new Date('2026-11-02T10:00:00Z'),
  allow,
  signal: new AbortController().signal,
})

describe('an alert', () => {
  it('arrives byte for byte, with a signature that the platform’s own cryptography confirms', async () => {
    const { origin, received } = await receiver(204)
    const sent = posting([origin])
    await postAlert({ url: `${origin}/hooks/1`, secret }, sent)
    expect(received).toHaveLength(1)
    const { headers, body, url } = received[0] ?? { headers: {}, body: '', url: '' }
    expect([url, body, headers['drawbridge-event-id']]).toEqual(['/hooks/1', sent.body, 'alr_1'])
    const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['drawbridge-signature'])) ?? []
    expect(seconds).toBe('1793613600')
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(secret.reveal()),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['verify'],
    )
    const verify = (text: string): Promise<boolean> =>
      crypto.subtle.verify('HMAC', key, Buffer.from(hex ?? '', 'hex'), new TextEncoder().encode(text))
    expect(await verify(`${seconds}.${body}`)).toBe(true)
    expect(await verify(`${seconds}.${body} `)).toBe(false)
    expect(await verify(`${Number(seconds) + 1}.${body}`)).toBe(false)
  })

  it('does not follow a redirect, and counts it as not taken', async () => {
    const other = await receiver(200)
    const { origin, received } = await receiver(302, `${other.origin}/stolen`)
    const allow = [origin, other.origin]
    await expect(postAlert({ url: origin, secret }, posting(allow))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the webhook answered 302',
    })
    expect([received.length, other.received.length]).toEqual([1, 0])
  })

  it('does not go to an address of our own network that nobody allowed', async () => {
    const { origin, received } = await receiver(200)
    await expect(postAlert({ url: origin, secret }, posting([]))).rejects.toMatchObject({ code: 'endpoint-refused' })
    expect(received).toEqual([])
  })

  it('says nothing of the address’s path when nobody answers', async () => {
    const { origin } = await receiver(200)
    for (const server of servers.splice(0)) server.close()
    const sending = postAlert({ url: `${origin}/hooks/T0K3N`, secret }, posting([origin]))
    const failure = await sending.then(
      () => null,
      (error: unknown) => error,
    )
    expect(String(failure)).not.toContain('T0K3N')
    expect(failure).toMatchObject({ code: 'unavailable', retry: 'later' })
    expect(webhookName(`${origin}/hooks/T0K3N`)).not.toContain('T0K3N')
    expect(webhookName(`${origin}/hooks/T0K3N`)).not.toBe(webhookName(`${origin}/hooks/OTHER`))
  })
})

describe('an alert that was not taken', () => {
  const createdAt = new Date('2026-11-02T10:00:00Z')

  it('is tried again, later every time, for a day and no longer', () => {
    let now = createdAt
    const waits: number[] = []
    for (let attempts = 0; attempts < 100; attempts++) {
      const next = againAt({ createdAt, attempts }, now)
      if (next === null) break
      waits.push((next.getTime() - now.getTime()) / 1000)
      now = next
    }
    expect(waits.slice(0, 4)).toEqual([10, 20, 40, 80])
    expect(Math.max(...waits)).toBe(3600)
    expect(now.getTime() - createdAt.getTime()).toBeLessThanOrEqual(24 * 3_600_000)
    expect(now.getTime() - createdAt.getTime()).toBeGreaterThan(22 * 3_600_000)
  })
})
