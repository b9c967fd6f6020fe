/** Verifying a connection and keeping what was found: whoever asked, a person, the watch or a command. */
import { requireIdentity, verifyConnection } from '../connection/index.ts'
import type { Connection, Verification, VerificationEvent } from '../contract/index.ts'
import type { Caller } from './caller.ts'
import { findConnection } from './connection.ts'
import { entryOf } from './evidence.ts'
import type { CallOptions, House } from './house.ts'
import { personToTry } from './person.ts'
import { closeTickets } from './ticket.ts'

/**
 * Verifies a connection, passing every check on as it ends. The last event carries the verification as it was kept:
 * with the time since when it has been red. A green one wakes the deliveries that are still owed to it.
 */
export async function* verify(
  house: House,
  caller: Caller,
  name: string,
  options: CallOptions,
): AsyncGenerator<VerificationEvent, void, void> {
  const connection = await findConnection(house, name)
  const secret = await house.connections.secretOf(house.tenant, name)
  const identity = requireIdentity(connection.identityMapping, await personToTry(house, caller, connection))
  for await (const event of verifyConnection(connection, secret, identity, house.context, options)) {
    if (event.type === 'check') yield event
    else yield { type: 'done', verification: await keep(house, caller, connection, event.verification) }
  }
}

async function keep(
  house: House,
  caller: Caller,
  connection: Connection,
  verification: Verification,
): Promise<Verification> {
  const state = stateAfter(connection.state, verification.status)
  const redSince = await house.connections.saveVerification(house.tenant, connection.name, verification, state)
  const failed = verification.checks.filter((check) => check.status === 'fail').map((check) => check.id)
  await house.record([
    entryOf(caller, 'connection.verified', connection.id, {
      connection: connection.name,
      status: verification.status,
      failed: failed.join(','),
    }),
  ])
  if (verification.status === 'pass') {
    await closeTickets(house, caller, connection.name)
    await house.deliveries.targetIsWell(house.tenant, connection.name)
  }
  return redSince === null ? verification : { ...verification, redSince: redSince.toISOString() }
}

/** An unknown outcome proves nothing in either direction: the state stays what it was. */
function stateAfter(before: Connection['state'], status: Verification['status']): Connection['state'] {
  if (status === 'unknown') return before
  return status === 'pass' ? 'active' : 'broken'
}
