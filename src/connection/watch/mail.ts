/**
 * One alert as a mail, to one recipient, through the operator's own mail server. Bounded in time, without attachments, and with
 * nothing in its headers that a stranger could have put there. When it is tried again is `send-alerts.ts`; what it says is
 * `mail-text.ts`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8314 — implicit TLS and STARTTLS
 */
import { createHash } from 'node:crypto'
import { DrawbridgeError, type Secret } from '../../base/index.ts'
import { alertMessage } from '../../contract/index.ts'
import { mailTextOf, subjectOf } from './mail-text.ts'

/** The mail server of the configuration. */
export interface MailServer {
  readonly host: string
  readonly port: number
  /** `starttls`: refused when the server does not offer it. `none`: in the clear, and never with a password. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  /** Certificates in PEM form that are trusted beside the public ones. Absent: none. */
  readonly trustedCertificates?: string
  readonly user?: string
  readonly password?: Secret
  /** The sender's address. */
  readonly from: string
  /** How long a step may take. Absent: ten seconds. */
  readonly stepMs?: number
}

/** Whom a connection's alerts are mailed to. */
export interface MailRecipient {
  readonly address: string
  /** Absent: those of every connection. */
  readonly connections?: readonly string[]
}

const defaultStepMs = 10_000
/** Steps of one mail: to connect, to greet, to sign in, to be accepted. */
const mostSteps = 3

/** Names a recipient without telling the address. */
export function mailName(address: string): string {
  return `mail#${createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, 12)}`
}

/** What is sent. */
export interface Letter {
  readonly id: string
  /** An `alertMessage` as JSON. */
  readonly body: string
  readonly at: Date
  readonly signal: AbortSignal
}

/** Sends one alert. @throws unavailable — no answer in time, or one that refuses; neither password nor address is in it */
export async function mailAlert(server: MailServer, address: string, letter: Letter): Promise<void> {
  const message = alertMessage.parse(JSON.parse(letter.body))
  const { text, html } = mailTextOf(message)
  // Loaded when the first mail is sent: most processes send none.
  const { createTransport } = await import('nodemailer')
  const transport = createTransport(transportOptions(server))
  const domain = server.from.slice(server.from.lastIndexOf('@') + 1)
  try {
    const sent = transport.sendMail({
      from: server.from,
      to: address,
      subject: subjectOf(message),
      text,
      html,
      date: letter.at,
      // The same when it is sent again, so that a mail program shows it once.
      messageId: `<${letter.id}@${domain}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'Drawbridge-Event-Id': letter.id },
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    await bounded(sent, letter.signal, mostSteps * (server.stepMs ?? defaultStepMs))
  } catch (error) {
    throw mailError(error)
  } finally {
    transport.close()
  }
}

function transportOptions(server: MailServer) {
  const { host, port, tls, trustedCertificates, user, password } = server
  const stepMs = server.stepMs ?? defaultStepMs
  return {
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: { minVersion: 'TLSv1.2' as const, ...(trustedCertificates === undefined ? {} : { ca: trustedCertificates }) },
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    dnsTimeout: stepMs,
    ...(user === undefined || password === undefined || tls === 'none'
      ? {}
      : { auth: { user, pass: password.reveal() } }),
  }
}

/** A server that answers a byte now and then would hold every single timeout off. */
async function bounded(work: Promise<unknown>, signal: AbortSignal, milliseconds: number): Promise<void> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)])
  let onEnd: () => void = () => {}
  const ended = new Promise<never>((_, reject) => {
    onEnd = () => reject(Object.assign(new Error('too late'), { code: 'ETIMEDOUT' }))
    if (end.aborted) onEnd()
    else end.addEventListener('abort', onEnd, { once: true })
  })
  try {
    await Promise.race([work, ended])
  } finally {
    end.removeEventListener('abort', onEnd)
    // Nobody waits for it any more; the transport is closed by the caller.
    work.catch(() => {})
  }
}

/** What nodemailer adds to its errors. */
interface MailFault {
  readonly code?: string
  /** The server's reply code, such as 550. */
  readonly responseCode?: number
}

/** The server's own words may repeat what was sent to it, so only its codes are kept. */
function mailError(error: unknown): DrawbridgeError {
  const { code = 'unknown', responseCode } = (error instanceof Error ? error : {}) as MailFault
  const words = Object.hasOwn(meanings, code) ? meanings[code] : undefined
  const number = responseCode === undefined ? '' : ` ${responseCode}`
  return new DrawbridgeError({
    code: 'unavailable',
    message: `${words ?? 'the mail server gave no answer'} (${code}${number})`,
    retry: 'later',
    operation: 'alert.mail',
    help: 'compare `alerts.mail` in the configuration with what the mail server wants',
  })
}

const meanings: Readonly<Record<string, string>> = {
  EAUTH: 'the mail server refuses the sign-in',
  EENVELOPE: 'the mail server refuses the sender or the recipient',
  EMESSAGE: 'the mail server refuses the mail',
  ETLS: 'the mail server offers no encryption that can be trusted',
  ESOCKET: 'the mail server broke the connection off',
  ETIMEDOUT: 'the mail server did not answer in time',
}
