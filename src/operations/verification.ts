/** Verifying a connection and keeping what was found: whoever asked, a person, the watch or a command. */
import { newId } from '../base/index.ts'
import {
  alertMessageOf,
  changeBetween,
  historyEntryOf,
  type KeptVerification,
  requireIdentity,
  verifyConnection,
} from '../connection/index.ts'
import type {
  Connection,
  OperationOutput,
  Verification,
  VerificationChange,
  VerificationEvent,
} from '../contract/index.ts'
import type { Caller } from './caller.ts'
import { findConnection } from './connection.ts'
import { entryOf } from './evidence.ts'
import type { CallOptions, House } from './house.ts'
import { otherTargetsOf } from './other-targets.ts'
import { personToTry } from './person.ts'
import { closeTickets } from './ticket.ts'

/** What one verification may be asked for beside its name. */
export interface VerifyWish {
  readonly outsideRoot?: boolean | undefined
  readonly patienceSeconds?: number | undefined
}

/** New permissions have most often arrived everywhere after this time. */
const usualPatienceSeconds = 30

/**
 * Verifies a connection, passing every check on as it ends. The last event carries the verification as it was kept:
 * with the time since when it has been red. One that was broken off is not kept. A green one wakes the deliveries that are still owed to it.
 */
export async function* verify(
  house: House,
  caller: Caller,
  name: string,
  options: CallOptions & VerifyWish,
): AsyncGenerator<VerificationEvent, void, void> {
  const connection = await findConnection(house, name)
  const secret = await house.connections.secretOf(house.tenant, name)
  const identity = requireIdentity(connection.identityMapping, await personToTry(house, caller, connection))
  const { signal, outsideRoot, patienceSeconds = usualPatienceSeconds } = options
  const otherTargets = await otherTargetsOf(name, house.tenant, { ...house, now: house.clock.now() })
  const wanted = {
    signal,
    outsideRoot,
    patienceMs: patienceSeconds * 1000,
    hasWorked: await hasWorked(house, connection),
    otherTargets,
  }
  for await (const event of verifyConnection(connection, secret, identity, house.context, wanted)) {
    // What was broken off proves nothing, and is no result to keep.
    if (event.type !== 'done' || options.signal?.aborted === true) yield event
    else yield { type: 'done', verification: await keep(house, caller, connection, event.verification) }
  }
}

/** Whether the connection was ever green as it is now. One that is broken may be new all the same: the kit comes after it. */
async function hasWorked(house: House, { name, state, version }: Connection): Promise<boolean> {
  if (state !== 'broken') return state === 'active'
  const entries = await house.watch.history(house.tenant, name, mostEntries)
  return entries.some((entry) => entry.status === 'pass' && entry.version === version)
}

/** So far back is looked for a green verification. */
const mostEntries = 200

async function keep(
  house: House,
  caller: Caller,
  connection: Connection,
  verification: Verification,
): Promise<Verification> {
  const { tenant } = house
  const { name, id } = connection
  const state = stateAfter(connection.state, verification.status)
  const kept = await house.connections.saveVerification(tenant, name, verification, state)
  const { redSince } = kept
  const failed = verification.checks.filter((check) => check.status === 'fail').map((check) => check.id)
  const facts = { connection: name, status: verification.status, failed: failed.join(',') }
  await house.record([entryOf(caller, 'connection.verified', id, facts)])
  await keepHistory(house, caller, connection, verification, kept)
  if (verification.status === 'pass') {
    await closeTickets(house, caller, name)
    await house.deliveries.targetIsWell(tenant, name)
  }
  return redSince === null ? verification : { ...verification, redSince: redSince.toISOString() }
}

/** Keeps the result, and, where it turned, what turned: as an event of the evidence log and as an alert to every webhook and recipient. */
async function keepHistory(
  house: House,
  caller: Caller,
  connection: Connection,
  verification: Verification,
  { before, redSince }: KeptVerification,
): Promise<void> {
  const { tenant, clock, random } = house
  const { name, version } = connection
  const routes = (await house.routes.list(tenant)).filter(({ targets }) => targets.includes(name))
  const [last] = await house.watch.history(tenant, name, 1)
  const change = changeBetween(before, verification, {
    redSince,
    routes: routes.map((route) => route.name),
    isOursChanged: last !== undefined && last.version !== version,
  })
  const now = clock.now()
  const alerts = (change === null ? [] : house.alertedFor(name)).map((webhook) => {
    const id = newId('alr', random)
    return { id, webhook, body: JSON.stringify(change === null ? null : alertMessageOf(id, tenant, name, now, change)) }
  })
  await house.watch.keep(tenant, name, historyEntryOf(verification, nameOf(caller), version, change), alerts, now)
  if (change !== null)
    await house.record([entryOf(caller, 'connection.turned', connection.id, turnedFacts(name, change))])
}

function turnedFacts(connection: string, change: VerificationChange): Record<string, string> {
  const { from, to, since, turned, routes, cause } = change
  return {
    connection,
    from: from ?? 'none',
    to,
    since,
    turned: turned.map((one) => `${one.check}:${one.from ?? 'none'}>${one.to}`).join(','),
    routes: routes.join(','),
    cause: cause?.id ?? '',
  }
}

function nameOf({ actor }: Caller): string {
  return actor.displayName ?? actor.subject
}

/** Lists the results that were kept, the newest first. @throws not-found */
export async function showHistory(
  house: House,
  { name, limit }: { readonly name: string; readonly limit: number },
): Promise<OperationOutput<'connection.history'>> {
  await findConnection(house, name)
  return { entries: await house.watch.history(house.tenant, name, limit) }
}

/** An unknown outcome proves nothing in either direction: the state stays what it was. */
function stateAfter(before: Connection['state'], status: Verification['status']): Connection['state'] {
  if (status === 'unknown') return before
  return status === 'pass' ? 'active' : 'broken'
}
