/** A new connection: every rule of the intake in one place, before anything is kept or called. */
import { newId } from '../../base/index.ts'
import { type Connection, type ConnectionInput, connection as connectionShape, name } from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { ConnectionSecret } from '../repository.ts'
import { type TakeReservation, takeAuthentication } from './authentication.ts'
import { defaultIdentityMapping, takeIdentityMapping } from './identity-mapping.ts'
import { takeLocation } from './location.ts'
import { invalid, quoted } from './refuse.ts'
import { takeWriting } from './writing.ts'

/**
 * Makes a connection of what an engineer typed. Nothing is saved and the customer's cloud is not called.
 *
 * @param takeReservation takes an External ID that was reserved by `connection.prepare`
 * @throws input-invalid | not-found (the reservation) | endpoint-refused | sas-unusable | no-base-identity
 */
export async function createConnection(
  tenant: string,
  input: ConnectionInput,
  context: ConnectionContext,
  takeReservation: TakeReservation,
): Promise<{ connection: Connection; secret: ConnectionSecret }> {
  if (!name.safeParse(input.name).success) {
    throw invalid('name', `${quoted(input.name)} is not a name`, 'lower-case letters, digits and hyphens, at most 63')
  }
  const location = await takeLocation(input.location, context)
  const writing = takeWriting(input.writing ?? {}, input.purpose, location)
  const identityMapping = takeIdentityMapping(input.identityMapping ?? defaultIdentityMapping)
  const around = { name: input.name, tenant, purpose: input.purpose, location }
  const taken = await takeAuthentication(input.authentication, around, context, takeReservation)
  const connection: Connection = {
    id: newId('con', context.random),
    tenant,
    name: input.name,
    purpose: input.purpose,
    location,
    authentication: taken.authentication,
    identityMapping,
    writing,
    state: 'unverified',
    version: 1,
    createdAt: context.clock.now().toISOString(),
    warnings: [...taken.warnings],
  }
  return { connection: checked(connection), secret: taken.secret }
}

/** The contract has the last word: whatever a rule above overlooked does not get in. @throws input-invalid */
export function checked(connection: Connection): Connection {
  const result = connectionShape.safeParse(connection)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw invalid(issue?.path.join('.') ?? 'connection', `is refused: ${issue?.message ?? 'it has the wrong form'}`)
}
