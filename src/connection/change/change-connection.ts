/**
 * A changed connection: how we use it may change, what it is may not. The External ID never changes, and a new secret is
 * tried before it takes over, so that a wrong one can not cut off a connection that works.
 */
import { type Connection, type ConnectionChange, connectionChange } from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import { checkDuration, checkedRegion, checkRole, takeAccessKey } from '../model/authentication.ts'
import { checked } from '../model/create.ts'
import { takeIdentityMapping } from '../model/identity-mapping.ts'
import { invalid } from '../model/refuse.ts'
import { takeSasToken } from '../model/sas-intake.ts'
import { checkCarriedClaims } from '../model/web-identity.ts'
import { takeWriting } from '../model/writing.ts'
import type { ConnectionSecret } from '../repository.ts'
import { trySecret } from './try-secret.ts'

/**
 * Makes the connection as it is after a change: one version higher and unverified. `secret` is present when the change
 * brought a new one, which has then opened the customer's storage once. Nothing is saved.
 *
 * @throws input-invalid | sas-unusable | no-base-identity
 * @throws access-denied, unavailable … — the new secret was tried and does not work
 */
export async function changeConnection(
  connection: Connection,
  change: ConnectionChange,
  context: ConnectionContext,
): Promise<{ connection: Connection; secret?: ConnectionSecret }> {
  const known = new Set(Object.keys(connectionChange.shape))
  const stranger = Object.keys(change).find((key) => !known.has(key) && key !== 'name')
  if (stranger !== undefined) {
    const help = stranger.startsWith('externalId') ? 'an External ID never changes; make a new connection' : undefined
    throw invalid(stranger, 'can not be changed', help)
  }
  const token = await changeAuthentication(connection, change, context)
  const { lastVerification: _, ...rest } = connection
  const next: Connection = {
    ...rest,
    authentication: token.authentication,
    identityMapping: takeIdentityMapping(change.identityMapping ?? connection.identityMapping),
    writing: takeWriting(change.writing ?? {}, connection.purpose, connection.location, connection.writing),
    state: 'unverified',
    version: connection.version + 1,
    warnings: token.warnings,
  }
  if (next.authentication.kind === 'role' && next.authentication.webIdentity !== undefined) {
    checkCarriedClaims(next.authentication.webIdentity, next.identityMapping)
  }
  const made = checked(next)
  if (token.secret === undefined) return { connection: made }
  await trySecret(made, token.secret, context)
  return { connection: made, secret: token.secret }
}

interface ChangedAuthentication {
  readonly authentication: Connection['authentication']
  readonly warnings: string[]
  readonly secret?: ConnectionSecret
}

async function changeAuthentication(
  connection: Connection,
  change: ConnectionChange,
  context: ConnectionContext,
): Promise<ChangedAuthentication> {
  const { authentication, location, purpose, warnings } = connection
  const touchesRole = [change.roleArn, change.stsRegion, change.durationSeconds].some((value) => value !== undefined)
  if (authentication.kind !== 'role' && touchesRole) {
    throw invalid('authentication', 'is not a role, so it has no role ARN, STS region or duration')
  }
  if (change.sasToken !== undefined) {
    if (location.service !== 'azblob') throw invalid('sasToken', 'is only for a container')
    const taken = takeSasToken(change.sasToken, location.containerUrl, location.rootPath, purpose, context)
    return { authentication: taken.authentication, warnings: [...taken.warnings], secret: taken.secret }
  }
  if (change.accessKeyId !== undefined || change.secretAccessKey !== undefined) {
    if (authentication.kind !== 'access-key') {
      throw invalid('accessKeyId', 'is only for a connection with an access key')
    }
    if (change.accessKeyId === undefined || change.secretAccessKey === undefined) {
      throw invalid('accessKeyId', 'and `secretAccessKey` change together')
    }
    const taken = takeAccessKey(change.accessKeyId, change.secretAccessKey, context)
    return { authentication: taken.authentication, warnings: [...taken.warnings], secret: taken.secret }
  }
  if (authentication.kind !== 'role' || location.service !== 's3' || !touchesRole) return { authentication, warnings }
  const roleArn = change.roleArn ?? authentication.roleArn
  const byToken = authentication.webIdentity !== undefined
  const ownRole = byToken ? null : authentication.externalIdOrigin === 'none'
  const aboutRole = change.roleArn === undefined ? [] : await checkRole(roleArn, ownRole, location.bucketOwner, context)
  if (change.durationSeconds !== undefined) {
    await checkDuration(change.durationSeconds, byToken ? { base: null } : context)
  }
  return {
    authentication: {
      ...authentication,
      roleArn,
      stsRegion: checkedRegion(change.stsRegion ?? authentication.stsRegion),
      durationSeconds: change.durationSeconds ?? authentication.durationSeconds,
    },
    warnings:
      change.roleArn === undefined
        ? warnings
        : [...warnings.filter((warning) => !warning.startsWith('the role is in account ')), ...aboutRole],
  }
}
