/** Sends alerts that are due, and again until they are taken, for a day. What is waiting survives a restart. */
import { type Clock, DrawbridgeError } from '../../base/index.ts'
import { type MailRecipient, type MailServer, mailAlert, mailName } from './mail.ts'
import type { DueAlert, WatchRepository } from './repository.ts'
import { postAlert, type Webhook, webhookName } from './webhook.ts'

/** What sending works with. */
export interface AlertParts {
  readonly clock: Clock
  readonly repository: WatchRepository
  readonly webhooks: readonly Webhook[]
  /** Null: no mail server is configured. */
  readonly mail: { readonly server: MailServer; readonly recipients: readonly MailRecipient[] } | null
  /** Origins that the operator allows, whatever they lead to. */
  readonly allow: readonly string[]
  /** Called when an alert was not taken. Must not throw. */
  onFault(alert: string, error: unknown): void
}

const firstDelayMs = 10_000
const longestDelayMs = 60 * 60_000
const givenUpAfterMs = 24 * 60 * 60_000
/** Alerts are written by this process and by commands beside it, so the table is looked at now and then. */
const longestNapMs = 5_000

/** So long whoever sends an alert has it for himself: longer than any way of sending takes. */
const sendingMs = 2 * 60_000

/** When a failed alert is tried again; null when it is a day old. */
export function againAt(alert: Pick<DueAlert, 'createdAt' | 'attempts'>, now: Date): Date | null {
  const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(alert.attempts, 20))
  const next = new Date(now.getTime() + delayMs)
  return next.getTime() - alert.createdAt.getTime() > givenUpAfterMs ? null : next
}

/** Sends what is due and tells after how many milliseconds to look again. */
export async function sendAlerts(parts: AlertParts, signal: AbortSignal): Promise<number> {
  const { clock, repository } = parts
  for (;;) {
    const due = await repository.dueAlerts(clock.now(), 20)
    if (due.length === 0) break
    for (const alert of due) {
      if (signal.aborted) return longestNapMs
      await sendOne(alert, parts, signal)
    }
  }
  const next = await repository.nextAlertAt()
  return next === null ? longestNapMs : Math.min(longestNapMs, next.getTime() - clock.now().getTime())
}

async function sendOne(alert: DueAlert, parts: AlertParts, signal: AbortSignal): Promise<void> {
  const { clock, repository, onFault } = parts
  const until = new Date(clock.now().getTime() + sendingMs)
  // Of several servers with one database one sends it. Should that one die of it, it is due again then.
  if (!(await repository.moveAlert(alert.id, alert.dueAt, until))) return
  const send = senderOf(alert, parts)
  if (send === null) {
    await repository.alertFailed(alert.id, 'the webhook or recipient is not in the configuration any more', null)
    return
  }
  try {
    await send(signal)
    await repository.alertTaken(alert.id, clock.now())
  } catch (error) {
    if (signal.aborted) {
      await repository.moveAlert(alert.id, until, alert.dueAt)
      return
    }
    const reason = error instanceof DrawbridgeError ? error.message : 'a fault of Drawbridge itself'
    await repository.alertFailed(alert.id, reason, againAt(alert, clock.now()))
    onFault(alert.id, error)
  }
}

/** How an alert goes out; null when nobody of its name is configured any more. */
function senderOf(alert: DueAlert, parts: AlertParts): ((signal: AbortSignal) => Promise<void>) | null {
  const { clock, webhooks, mail, allow } = parts
  const { id, body } = alert
  const webhook = webhooks.find(({ url }) => webhookName(url) === alert.webhook)
  if (webhook !== undefined) return (signal) => postAlert(webhook, { id, body, at: clock.now(), allow, signal })
  const recipient = mail?.recipients.find(({ address }) => mailName(address) === alert.webhook)
  if (mail === null || recipient === undefined) return null
  return (signal) => mailAlert(mail.server, recipient.address, { id, body, at: clock.now(), signal })
}
