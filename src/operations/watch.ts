/** The watch over all connections, and the alerts about what turned: what runs in a server beside the worker. */
import { newId } from '../base/index.ts'
import {
  ConnectionWatch,
  Loop,
  type MailRecipient,
  type MailServer,
  sendAlerts,
  tellWarnings,
  turnsOf,
  type WatchPace,
  type WatchRepository,
  type Webhook,
  warningMessageOf,
} from '../connection/index.ts'
import { type Caller, type Claims, operatorCaller } from './caller.ts'
import { entryOf } from './evidence.ts'
import type { House } from './house.ts'
import { verify } from './verification.ts'

/** How a house is watched. */
export interface WatchSettings {
  readonly pace: WatchPace
  readonly webhooks: readonly Webhook[]
  /** Null: no mail server is configured. */
  readonly mail: { readonly server: MailServer; readonly recipients: readonly MailRecipient[] } | null
  /** Claims for identity mappings that require some, as for the operator at the terminal. */
  readonly claims: Claims
  /** Called when something could not be done; it is tried again by itself. Must not throw. */
  readonly onFault: (error: unknown) => void
}

/** A watch; not started. */
export interface Watch {
  start(): void
  /** Interrupts what runs; resolves when nothing does any more. */
  stop(): Promise<void>
  /** Verifies what is due now, and tells what has aged. For tests and commands. */
  round(): Promise<void>
  /** Sends the alerts that are due now. For tests and commands. */
  send(): Promise<void>
}

/** Makes the watch over a house. */
export function makeWatch(house: House, settings: WatchSettings): Watch {
  const { pace, webhooks, mail, claims, onFault } = settings
  const { clock } = house
  const repository: WatchRepository = house.watch
  const caller = watchCaller(claims)
  const connections = new ConnectionWatch({
    clock,
    pace,
    list: () => house.connections.list(house.tenant),
    turns: turnsOf(repository, house.tenant, newId('wch', house.random), clock),
    verify: async (name, signal) => {
      const events = verify(house, caller, name, { signal, patienceSeconds: 0 })
      for (let step = await events.next(); step.done !== true; step = await events.next());
    },
    onFault: (_connection, error) => onFault(error),
  })
  const alerts = {
    clock,
    repository,
    webhooks,
    mail,
    allow: house.context.allowedEndpoints,
    onFault: (_alert: string, error: unknown) => onFault(error),
  }
  const warnings: Parameters<typeof tellWarnings>[0] = {
    clock,
    list: () => house.connections.list(house.tenant),
    tell: async ({ name, id }, warning, key) => {
      const now = clock.now()
      const alertOf = (webhook: string) => {
        const alert = newId('alr', house.random)
        return { id: alert, webhook, body: JSON.stringify(warningMessageOf(alert, house.tenant, name, now, warning)) }
      }
      if (!(await repository.tellOnce(house.tenant, key, house.alertedFor(name).map(alertOf), now))) return
      const facts = { connection: name, kind: warning.kind, thresholdDays: String(warning.thresholdDays) }
      await house.record([entryOf(caller, 'connection.warned', id, facts)])
    },
    onFault: (_connection, error) => onFault(error),
  }
  const loops = [
    new Loop({ clock, onFault, turn: (signal) => tellWarnings(warnings, signal) }),
    new Loop({ clock, onFault, turn: (signal) => connections.round(signal) }),
    new Loop({ clock, onFault, turn: (signal) => sendAlerts(alerts, signal) }),
  ]
  const never = new AbortController().signal
  return {
    start: () => {
      for (const loop of loops) loop.start()
    },
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
    round: async () => {
      await tellWarnings(warnings, never)
      await connections.round(never)
    },
    send: async () => {
      await sendAlerts(alerts, never)
    },
  }
}

/** Nobody asked: the schedule did. It may do what the operator may. */
function watchCaller(claims: Claims): Caller {
  const operator = operatorCaller()
  return {
    actor: { kind: 'schedule', issuer: 'local', subject: 'watch' },
    claims: { sub: 'drawbridge-watch', ...claims },
    rights: operator.rights,
  }
}
