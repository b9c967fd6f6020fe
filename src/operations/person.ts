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
 * Whose request it is about. Somebody at the terminal asks about other people's deliveries, and has no sign-in whose
 * claims could be mapped: then it is the person of the newest delivery.
 */
export async function personInQuestion(house: House, caller: Caller, connection: Connection): Promise<SignedInPerson> {
  const asking = signedInPerson(caller)
  if (mapIdentity(connection.identityMapping, asking).ok && caller.actor.kind === 'person') return asking
  const last = await house.deliveries.lastPerson(house.tenant, connection.name)
  return last === null ? asking : { issuer: last.actor.issuer, subject: last.actor.subject, claims: last.claims }
}
