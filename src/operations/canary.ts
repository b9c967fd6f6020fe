/**
 * Canaries: small probes through the whole delivery (spool, worker, session, write, receipt, log) to every target of a
 * route, backups included. The watch tries every link with a probe of its own; this tries that what is promised happens.
 */
import type { Delivery, Route } from '../contract/index.ts'
import type { Person } from '../delivery/index.ts'
import type { Caller, Claims } from './caller.ts'
import { operatorCaller } from './caller.ts'
import { canariesOf, periodOf } from './canary-pace.ts'
import { entryOf } from './evidence.ts'
import type { House } from './house.ts'
import { personOf } from './person.ts'
import { findRoute } from './route.ts'
import { verify } from './verification.ts'

/** A canary that is under way for longer than this did not arrive. */
const patienceMs = 15 * 60_000
/** While nothing is due it is looked again this late at the latest. */
const longestNapMs = 60_000

/** Sends a canary now. @throws not-found | claim-missing | spool-full */
export async function sendCanary(house: House, caller: Caller, name: string): Promise<Delivery> {
  const { id } = await findRoute(house, name)
  return await accept(house, personOf(caller), name, `canary:${id}:${house.clock.now().toISOString()}`)
}

/** The canaries of all routes. */
export interface Canaries {
  /** Judges those that ended, sends those that are due, and tells after how many milliseconds to look again. */
  turn(): Promise<number>
}

/** Makes the canaries of a house. Where none is sent by the clock, those that somebody asks for are judged all the same. */
export function makeCanaries(house: House, claims: Claims, onFault: (error: unknown) => void): Canaries {
  const caller = canaryCaller(claims)
  return {
    async turn() {
      for (const route of await house.routes.list(house.tenant)) {
        // A route whose canary can not be sent holds no other back.
        await one(house, caller, route).catch(onFault)
      }
      return longestNapMs
    },
  }
}

async function one(house: House, caller: Caller, route: Route): Promise<void> {
  const { name, id } = route
  const [last] = await house.deliveries.canaries(house.tenant, name, 1)
  if (last !== undefined) await judge(house, caller, name, last)
  const { everyHours } = canariesOf(house, route)
  if (everyHours === 0) return
  await accept(house, personOf(caller), name, `canary:${id}:${everyHours}h:${periodOf(house, everyHours)}`)
}

async function accept(house: House, person: Person, route: string, key: string): Promise<Delivery> {
  return await house.deliveries.acceptCanary(house.tenant, person, route, key)
}

/**
 * A canary that did not arrive everywhere is told once, and given up: it must not pile up as something owed. What it found
 * is verified at once, link by link, which keeps the result and alerts where it turned.
 */
async function judge(house: House, caller: Caller, route: string, canary: Delivery): Promise<void> {
  const { state, id, acceptedAt } = canary
  if (state === 'delivered' || state === 'cancelled') return
  const age = house.clock.now().getTime() - Date.parse(acceptedAt)
  if (state === 'accepted' && age < patienceMs) return
  const missing = canary.targets.filter((target) => target.state !== 'delivered')
  const ended = await house.deliveries.cancel(house.tenant, id, personOf(caller))
  // It arrived after all, or somebody else was first.
  if (ended.state !== 'cancelled') return
  for (const { connection, reason = 'it did not arrive in time' } of missing) {
    await house.record([entryOf(caller, 'canary.failed', id, { route, connection, reason })])
  }
  for (const { connection } of missing) {
    const events = verify(house, caller, connection, {})
    for (let step = await events.next(); step.done !== true; step = await events.next());
  }
}

function canaryCaller(claims: Claims): Caller {
  return {
    actor: { kind: 'schedule', issuer: 'local', subject: 'canary' },
    claims: { sub: 'drawbridge-canary', ...claims },
    rights: operatorCaller().rights,
  }
}
