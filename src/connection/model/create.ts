/** A new connection: every rule of the intake in one place, before anything is kept or called. */
import { newId } from '../../base/index.ts'
import {
  type Authentication,
  type Connection,
  type ConnectionDraft,
  type ConnectionInput,
  connection as connectionShape,
  name,
} from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { ConnectionSecret } from '../repository.ts'
import { type TakeReservation, takeAuthentication } from './authentication.ts'
import { defaultIdentityMapping, takeIdentityMapping } from './identity-mapping.ts'
import { takeLocation } from './location.ts'
import { invalid, quoted } from './refuse.ts'
import { checkCarriedClaims } from './web-identity.ts'
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
  const place = await takePlace(tenant, input, context)
  const taken = await takeAuthentication(input.authentication, place, context, takeReservation)
  return { connection: assemble(place, taken.authentication, taken.warnings, context), secret: taken.secret }
}

/**
 * Makes the connection that would come of a draft, for its set-up kit alone: whatever the customer has yet to make is left open.
 *
 * @param reserved finds an External ID that is reserved, and leaves it reserved
 * @throws input-invalid | not-found (the reservation) | endpoint-refused | no-base-identity
 */
export async function draftConnection(
  tenant: string,
  draft: ConnectionDraft,
  context: ConnectionContext,
  reserved: TakeReservation,
): Promise<Connection> {
  const place = await takePlace(tenant, draft, context)
  const authentication = await draftAuthentication(draft.authentication, place, context, reserved)
  return assemble(place, authentication, [], context)
}

async function draftAuthentication(
  draft: ConnectionDraft['authentication'],
  place: Place,
  context: ConnectionContext,
  reserved: TakeReservation,
): Promise<Authentication> {
  if (draft.kind === 'role') {
    if (draft.reservation === undefined && draft.adoptExternalId === undefined && draft.withoutExternalId !== true) {
      throw invalid('authentication.reservation', 'is missing', 'what a draft shows the customer has to stay as it is')
    }
    return (await takeAuthentication(draft, place, context, reserved)).authentication
  }
  const fitting = { s3: 'access-key', azblob: 'sas', local: 'none' } as const
  if (fitting[place.location.service] !== draft.kind) throw invalid('authentication', 'does not fit the location')
  if (draft.kind === 'access-key') {
    return { kind: draft.kind, accessKeyId: 'AKIA…', createdAt: context.clock.now().toISOString() }
  }
  if (draft.kind === 'sas') return { kind: draft.kind, fingerprint: '', permissions: '', expiresAt: null }
  return { kind: draft.kind }
}

type Described = Pick<ConnectionInput, 'name' | 'purpose' | 'location' | 'identityMapping' | 'writing'>
type Place = Pick<Connection, 'name' | 'tenant' | 'purpose' | 'location' | 'identityMapping' | 'writing'>

/** Everything but the authentication: what is wrong here must not use a reservation up. */
async function takePlace(tenant: string, input: Described, context: ConnectionContext): Promise<Place> {
  if (!name.safeParse(input.name).success) {
    throw invalid('name', `${quoted(input.name)} is not a name`, 'lower-case letters, digits and hyphens, at most 63')
  }
  const location = await takeLocation(input.location, context)
  return {
    name: input.name,
    tenant,
    purpose: input.purpose,
    location,
    writing: takeWriting(input.writing ?? {}, input.purpose, location),
    identityMapping: takeIdentityMapping(input.identityMapping ?? defaultIdentityMapping),
  }
}

function assemble(
  place: Place,
  authentication: Authentication,
  warnings: readonly string[],
  context: ConnectionContext,
): Connection {
  if (authentication.kind === 'role' && authentication.webIdentity !== undefined) {
    checkCarriedClaims(authentication.webIdentity, place.identityMapping)
  }
  return checked({
    id: newId('con', context.random),
    ...place,
    authentication,
    state: 'unverified',
    version: 1,
    createdAt: context.clock.now().toISOString(),
    warnings: [...warnings],
  })
}

/** The contract has the last word: whatever a rule above overlooked does not get in. @throws input-invalid */
export function checked(connection: Connection): Connection {
  const result = connectionShape.safeParse(connection)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw invalid(issue?.path.join('.') ?? 'connection', `is refused: ${issue?.message ?? 'it has the wrong form'}`)
}
