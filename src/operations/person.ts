/** A caller as the rooms below know a person. */
import type { SignedInPerson } from '../connection/index.ts'
import type { Person } from '../delivery/index.ts'
import type { Caller } from './caller.ts'

/** The caller as the identity mapping reads him. */
export function signedInPerson(caller: Caller): SignedInPerson {
  return { issuer: caller.actor.issuer, subject: caller.actor.subject, claims: caller.claims }
}

/** The caller as somebody for whom is delivered. */
export function personOf(caller: Caller): Person {
  return { actor: caller.actor, claims: caller.claims }
}
