/** The operations on connections. The rules of the intake, the kit and the checks are the connection room's own. */
import { DrawbridgeError, newId } from '../base/index.ts'
import {
  authenticationOffers,
  buildKit,
  changeConnection,
  createConnection,
  describeEgress,
  draftConnection,
  newExternalId,
  takeWebIdentity,
  withCurrentWarnings,
} from '../connection/index.ts'
import type { Connection, OperationInput, OperationOutput } from '../contract/index.ts'
import type { Caller } from './caller.ts'
import { entryOf } from './evidence.ts'
import type { House } from './house.ts'

/** Finds a connection of the tenant. @throws not-found */
export async function findConnection(house: House, name: string): Promise<Connection> {
  const connection = await house.connections.byName(house.tenant, name)
  if (connection !== null) return connection
  throw new DrawbridgeError({
    code: 'not-found',
    message: `there is no connection \`${name}\``,
    help: '`drawbridge connection list` names them all',
  })
}

export async function prepareConnection(house: House): Promise<OperationOutput<'connection.prepare'>> {
  const { context } = house
  const role = authenticationOffers(context).find(({ mode }) => mode === 'role')
  const tokens = role?.isOffered === true ? null : (context.tokens ?? null)
  const principal = tokens === null ? await requirePrincipal(house) : null
  const reservation = newId('rsv', house.random)
  const externalId = newExternalId(house.random)
  await house.connections.reserveExternalId(house.tenant, reservation, externalId)
  const shared = { reservation, externalId, egress: describeEgress(context.egress) }
  if (tokens === null) return { ...shared, principal: principal ?? '' }
  // Which of a platform's tokens it will be depends on the connection's name, which nobody has said yet.
  if (tokens.kind === 'file') return { ...shared, principal: 'the identity provider of our platform' }
  const { webIdentity } = await takeWebIdentity(tokens, '', externalId)
  return { ...shared, principal: webIdentity.issuer, webIdentity }
}

/** Shows the kit of a connection that is not saved. Nothing is kept, and its reservation stays. */
export async function draftKit(
  house: House,
  input: OperationInput<'connection.draft'>,
): Promise<OperationOutput<'connection.draft'>> {
  await refuseTaken(house, input.name)
  const reserved = (reservation: string): Promise<string | null> =>
    house.connections.reserved(house.tenant, reservation)
  return buildKit(await draftConnection(house.tenant, input, house.context, reserved), house.context)
}

export async function addConnection(
  house: House,
  caller: Caller,
  input: OperationInput<'connection.add'>,
): Promise<Connection> {
  // Before the reservation is taken: the External ID may be with the customer already, and another name is quickly found.
  await refuseTaken(house, input.name)
  const takeReservation = (reservation: string): Promise<string | null> =>
    house.connections.takeReservation(house.tenant, reservation)
  const { connection, secret } = await createConnection(house.tenant, input, house.context, takeReservation)
  await house.connections.add(connection, secret)
  await house.record([entryOf(caller, 'connection.added', connection.id, factsOf(connection))])
  return connection
}

export async function listConnections(house: House): Promise<OperationOutput<'connection.list'>> {
  const now = house.clock.now()
  const connections = await house.connections.list(house.tenant)
  return { connections: connections.map((connection) => withCurrentWarnings(connection, now)) }
}

/** Shows a connection with the warnings that time has brought. @throws not-found */
export async function showConnection(house: House, name: string): Promise<Connection> {
  return withCurrentWarnings(await findConnection(house, name), house.clock.now())
}

export async function change(
  house: House,
  caller: Caller,
  input: OperationInput<'connection.change'>,
): Promise<Connection> {
  const { name, ...wanted } = input
  const before = await findConnection(house, name)
  const { connection, secret } = await changeConnection(before, wanted, house.context)
  await house.connections.update(connection, before.version, secret)
  const changed = Object.keys(wanted).sort().join(',')
  const consent = input.writing?.probeOutsideRoot
  const facts = {
    ...factsOf(connection),
    changed,
    // What the customer agreed to, or not any more, is said in so many words.
    ...(consent === undefined ? {} : { probeOutsideRoot: consent ? 'agreed' : 'not agreed' }),
  }
  await house.record([entryOf(caller, 'connection.changed', connection.id, facts)])
  return connection
}

export async function showKit(house: House, name: string): Promise<OperationOutput<'connection.kit'>> {
  return buildKit(await findConnection(house, name), house.context)
}

export async function removeConnection(
  house: House,
  caller: Caller,
  name: string,
): Promise<OperationOutput<'connection.remove'>> {
  const connection = await findConnection(house, name)
  await house.connections.remove(house.tenant, name)
  await house.record([entryOf(caller, 'connection.removed', connection.id, factsOf(connection))])
  return { removed: name, toDelete: leftovers(connection) }
}

async function refuseTaken(house: House, name: string): Promise<void> {
  if ((await house.connections.byName(house.tenant, name)) === null) return
  throw new DrawbridgeError({
    code: 'already-exists',
    message: `\`${name}\` exists already`,
    help: 'choose another name; what was reserved stays reserved',
  })
}

function factsOf(connection: Connection): Record<string, string> {
  const { location, authentication } = connection
  const where =
    location.service === 's3'
      ? location.uri
      : location.service === 'azblob'
        ? location.containerUrl
        : location.directory
  return {
    connection: connection.name,
    purpose: connection.purpose,
    location: where,
    rootPath: location.rootPath,
    authentication: authentication.kind,
    ...(authentication.kind === 'role'
      ? { roleArn: authentication.roleArn, externalId: authentication.externalIdOrigin }
      : {}),
    ...(authentication.kind === 'sas' ? { fingerprint: authentication.fingerprint } : {}),
  }
}

/** What the customer's administrator can delete once we are gone. */
function leftovers(connection: Connection): string[] {
  const { location, authentication, writing } = connection
  const list: string[] = []
  if (authentication.kind === 'role') list.push(`the role ${authentication.roleArn} and its policies`)
  if (authentication.kind === 'access-key') list.push(`the access key ${authentication.accessKeyId}`)
  if (authentication.kind === 'sas') list.push('the stored access policy of the SAS token, which revokes the token')
  if (location.service === 's3') list.push(`the statements for that principal in the bucket policy of ${location.uri}`)
  if (writing.encryption.kind === 'sse-kms') {
    list.push(`the statement for that principal in the key policy of ${writing.encryption.keyArn}`)
  }
  return list
}

async function requirePrincipal(house: House): Promise<string> {
  if (house.context.base === null) {
    throw new DrawbridgeError({
      code: 'no-base-identity',
      message: 'this deployment has no AWS identity of its own',
      help: 'give it credentials as the AWS SDK finds them: a role, a profile, or the environment',
    })
  }
  return (await house.context.base.whoAmI()).principalArn
}
