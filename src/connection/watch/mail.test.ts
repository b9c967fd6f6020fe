/** Alerts by mail, against a mail server that speaks the protocol: what arrives, to whom, and what no server can make of it. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../../../test/needs.ts'
import { Secret } from '../../base/index.ts'
import type { VerificationChange } from '../../contract/index.ts'
import { alertMessageOf } from './change.ts'
import { type MailServer, mailAlert, mailName } from './mail.ts'
import { mailTextOf, subjectOf } from './mail-text.ts'
import { warningMessageOf } from './tell-warnings.ts'

const hasNoOpenssl = needs('/usr/bin/openssl', 'openssl')
const certificate = { key: '', cert: '' }
const password = 'correct-horse-battery'
const ends: (() => Promise<void>)[] = []

beforeAll(async () => {
  if (hasNoOpenssl) return
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-mail-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  await promisify(execFile)('/usr/bin/openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...names])
  certificate.key = await readFile(key, 'utf8')
  certificate.cert = await readFile(cert, 'utf8')
  await rm(folder, { recursive: true })
})

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

interface Received {
  readonly to: readonly string[]
  readonly isSecure: boolean
  readonly user: unknown
  readonly raw: string
}

/** A mail server on loopback. */
async function mailServer(options: SMTPServerOptions): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = []
  const server = new SMTPServer({
    ...(certificate.key === '' ? {} : certificate),
    onAuth: (auth, _session, done) =>
      auth.username === 'drawbridge' && auth.password === password
        ? done(null, { user: auth.username })
        : done(new Error('Invalid username or password')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        received.push({ to, isSecure: session.secure, user: session.user, raw: Buffer.concat(chunks).toString('utf8') })
        done()
      })
    },
    ...options,
  })
  // Sockets that the other side breaks off are no concern of the test.
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => new Promise((resolve) => server.close(() => resolve())))
  return { port: (server.server.address() as AddressInfo).port, received }
}

const change: VerificationChange = {
  from: 'pass',
  to: 'fail',
  since: '2026-11-02T12:00:00.000Z',
  turned: [
    { check: 'assume-role', link: 'assume-role', from: 'pass', to: 'fail', detail: 'STS refused: <b>& "no"</b>' },
  ],
  routes: ['audit'],
  cause: {
    id: 'trust-source-ip',
    link: 'assume-role',
    confidence: 'likely',
    summary: 'a condition on `aws:SourceIp` refuses us',
    repair: 'let 198.51.100.0/24 in',
  },
  isOursChanged: false,
  policies: 'not seen',
}
const at = new Date('2026-11-02T12:00:00Z')
const message = alertMessageOf('alr_1', 'tenant-a', 'acme', at, change)

function letter(signal = new AbortController().signal) {
  return { id: 'alr_1', body: JSON.stringify(message), at, signal }
}

function via(port: number, more: Partial<MailServer> = {}): MailServer {
  const trusted = certificate.cert === '' ? {} : { trustedCertificates: certificate.cert }
  return {
    host: '127.0.0.1',
    port,
    tls: 'starttls',
    from: 'drawbridge@vendor.example',
    stepMs: 2_000,
    ...trusted,
    ...more,
  }
}

const signedIn = { user: 'drawbridge', password: new Secret(password) }

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => {
      throw new Error('it was sent')
    },
    (error: Error) => error,
  )
}

describe.skipIf(hasNoOpenssl)('an alert by mail', () => {
  it('arrives encrypted and signed in, with the difference as text and as HTML', async () => {
    const { port, received } = await mailServer({})
    await mailAlert(via(port, signedIn), 'ops@customer.example', letter())
    expect(received).toHaveLength(1)
    const [{ to, isSecure, user, raw } = { to: [], isSecure: false, user: '', raw: '' }] = received
    expect([to, isSecure, user]).toEqual([['ops@customer.example'], true, 'drawbridge'])
    expect(raw).toMatch(/^Message-ID: <alr_1@vendor\.example>\r$/m)
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m)
    expect(raw).toContain('Content-Type: text/plain')
    expect(raw).toContain('Content-Type: text/html')
    expect(raw).toContain('pass =E2=86=92 fail')
    expect(raw).not.toContain(password)
  })

  it('goes by implicit TLS too', async () => {
    const { port, received } = await mailServer({ secure: true })
    await mailAlert(via(port, { ...signedIn, tls: 'implicit' }), 'ops@customer.example', letter())
    expect(received.map(({ isSecure }) => isSecure)).toEqual([true])
  })

  it('is not sent in the clear when encryption is wanted and not offered', async () => {
    const { port, received } = await mailServer({ disabledCommands: ['STARTTLS'], authOptional: true })
    expect(await failureOf(mailAlert(via(port, signedIn), 'ops@customer.example', letter()))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ETLS'),
    })
    expect(received).toEqual([])
  })

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const { port, received } = await mailServer({})
    const { trustedCertificates: _, ...server } = via(port, signedIn)
    expect(await failureOf(mailAlert(server, 'ops@customer.example', letter()))).toMatchObject({ code: 'unavailable' })
    expect(received).toEqual([])
  })

  it('is refused by a wrong password, which no message holds', async () => {
    const { port } = await mailServer({})
    const server = via(port, { user: 'drawbridge', password: new Secret('hunter2hunter2') })
    const error = await failureOf(mailAlert(server, 'ops@customer.example', letter()))
    expect(error).toMatchObject({ code: 'unavailable', retry: 'later', message: expect.stringContaining('EAUTH 535') })
    expect([String(error), JSON.stringify(error)].join()).not.toMatch(/hunter2|aHVudGVy|customer\.example/)
  })

  it('is tried again later when the server takes no mail for the recipient, or no mail at all', async () => {
    const refusing = await mailServer({
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no such user'), { responseCode: 550 })),
    })
    const sent = mailAlert(via(refusing.port, signedIn), 'gone@customer.example', letter())
    expect(await failureOf(sent)).toMatchObject({ retry: 'later', message: expect.stringContaining('EENVELOPE 550') })
    const full = await mailServer({
      onData: (stream, _session, done) => {
        stream.resume()
        stream.on('end', () => done(Object.assign(new Error('later'), { responseCode: 452 })))
      },
    })
    const later = mailAlert(via(full.port, signedIn), 'ops@customer.example', letter())
    expect(await failureOf(later)).toMatchObject({ retry: 'later', message: expect.stringContaining('452') })
  })
})

describe('a mail server that is none', () => {
  /** Accepts connections and does with them what it is told. */
  async function hole(onSocket: (socket: Socket) => void): Promise<number> {
    const sockets = new Set<Socket>()
    const server: Server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      onSocket(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    })
    return (server.address() as AddressInfo).port
  }

  it('says nothing: given up in time', async () => {
    const port = await hole(() => {})
    const sent = mailAlert(via(port, { tls: 'none', stepMs: 100 }), 'ops@customer.example', letter())
    expect(await failureOf(sent)).toMatchObject({ code: 'unavailable', retry: 'later' })
  })

  it('says a byte now and then: given up all the same', async () => {
    const port = await hole((socket) => {
      const drip = setInterval(() => socket.write('2'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    const sent = mailAlert(via(port, { tls: 'none', stepMs: 100 }), 'ops@customer.example', letter())
    expect(await failureOf(sent)).toMatchObject({ code: 'unavailable', retry: 'later' })
  })

  it('is not there: said so', async () => {
    const port = await hole(() => {})
    for (const end of ends.splice(0)) await end()
    const sent = mailAlert(via(port, { tls: 'none' }), 'ops@customer.example', letter())
    expect(await failureOf(sent)).toMatchObject({ code: 'unavailable', message: expect.stringContaining('ESOCKET') })
  })

  it('is left when the process stops', async () => {
    const port = await hole(() => {})
    const stop = new AbortController()
    const sent = mailAlert(via(port, { tls: 'none', stepMs: 60_000 }), 'ops@customer.example', letter(stop.signal))
    stop.abort()
    expect(await failureOf(sent)).toMatchObject({ code: 'unavailable' })
  })
})

describe('what a mail says', () => {
  it('can not be made to say more in its headers', () => {
    const hostile = 'red\r\nBcc: everybody@evil.example\r\n\r\n<script>\u2028\u0000x'
    const subject = subjectOf({ ...message, summary: hostile })
    expect(subject).toBe('Drawbridge: red Bcc: everybody@evil.example <script> x')
    expect(subjectOf({ ...message, summary: '😀'.repeat(400) }).length).toBeLessThanOrEqual(300)
  })

  it.skipIf(hasNoOpenssl)('nor over the wire', async () => {
    const { port, received } = await mailServer({})
    const hostile = alertMessageOf('alr_2', 't', 'acme', at, {
      ...change,
      cause: { id: 'x', link: 'object', confidence: 'likely', summary: 'x\r\nBcc: a@evil.example\r\n.\r\nQUIT' },
    })
    const sent = { ...letter(), body: JSON.stringify(hostile) }
    await mailAlert(via(port, signedIn), 'ops@customer.example', sent)
    expect(received.map(({ to }) => to)).toEqual([['ops@customer.example']])
    expect(received[0]?.raw.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m)
  })

  it('escapes what strangers wrote, and loads nothing', () => {
    const { html, text } = mailTextOf(message)
    expect(html).toContain('STS refused: &lt;b&gt;&amp; &quot;no&quot;&lt;/b&gt;')
    expect(html).not.toMatch(/<b>|<script|<img|https?:/)
    expect(text).toContain('assume-role: pass → fail: STS refused')
    expect(text).toContain('repair: let 198.51.100.0/24 in')
  })

  it('tells of a token that ends', () => {
    const warning = { kind: 'sas-expiry', thresholdDays: 7, message: 'the SAS token ends within 7 days' } as const
    const told = warningMessageOf('alr_3', 't', 'acme', at, warning)
    expect(subjectOf(told)).toBe('Drawbridge: acme: the SAS token ends within 7 days')
    expect(mailTextOf(told).text).toContain('What is to be done')
  })

  it('and whose it is stands nowhere but in the configuration', () => {
    expect(mailName('Ops@customer.example')).toMatch(/^mail#[0-9a-f]{12}$/)
    expect(mailName('Ops@customer.example')).toBe(mailName('ops@customer.example'))
  })
})
