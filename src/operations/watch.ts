/** The watch over all connections, and the alerts about what turned: what runs in a server beside the worker. */
import {
  ConnectionWatch,
  Loop,
  sendAlerts,
  type WatchPace,
  type WatchRepository,
  type Webhook,
} from '../connection/index.ts'
import { type Caller, type Claims, operatorCaller } from './caller.ts'
import type { House } from './house.ts'
import { verify } from './verification.ts'

/** How a house is watched. */
export interface WatchSettings {
  readonly pace: WatchPace
  readonly webhooks: readonly Webhook[]
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
  /** Verifies what is due now. For tests and commands. */
  round(): Promise<void>
  /** Sends the alerts that are due now. For tests and commands. */
  send(): Promise<void>
}

/** Makes the watch over a house. */
export function makeWatch(house: House, settings: WatchSettings): Watch {
  const { pace, webhooks, claims, onFault } = settings
  const { clock } = house
  const repository: WatchRepository = house.watch
  const caller = watchCaller(claims)
  const connections = new ConnectionWatch({
    clock,
    pace,
    list: () => house.connections.list(house.tenant),
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
    allow: house.context.allowedEndpoints,
    onFault: (_alert: string, error: unknown) => onFault(error),
  }
  const loops = [
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
