/** A caller as the rooms below know a person. */
import { mapIdentity, type SignedInPerson } from '../connection/index.ts'
import type { Connection } from '../contract/index.ts'
import type { Person } from '../delivery/index.ts'
import type { Caller } from './caller.ts'
import type { House } from './house.ts'

/** The caller as the identity mapping reads him. */
export function signedInPerson(caller: Caller): SignedInPerson {
  return { issuer: caller.actor.issuer, subject: caller.actor.subject, claims: caller.claims }
}

/** The caller as somebody for whom is delivered. */
export function personOf(caller: Caller): Person {
  return { actor: caller.actor, claims: caller.claims }
}

/**
 * Whose request a question is about. A person asks about her own. Somebody at the terminal, and the watch, ask about other
 * people's deliveries: the person of the newest one is meant. Nothing is called in that person's name.
 */
export async function personInQuestion(house: House, caller: Caller, connection: Connection): Promise<SignedInPerson> {
  const asking = signedInPerson(caller)
  if (caller.actor.kind === 'person') return asking
  const last = await house.deliveries.lastPerson(house.tenant, connection.name)
  return last === null ? asking : { issuer: last.actor.issuer, subject: last.actor.subject, claims: last.claims }
}

/**
 * In whose name a connection is tried. The caller's own, except where somebody at the terminal has no claims for the
 * identity mapping: then, as the job itself would, in the name of the person of the newest delivery.
 */
export async function personToTry(house: House, caller: Caller, connection: Connection): Promise<SignedInPerson> {
  const asking = signedInPerson(caller)
  return mapIdentity(connection.identityMapping, asking).ok ? asking : await personInQuestion(house, caller, connection)
}
