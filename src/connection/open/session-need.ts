/** From a connection and a person to the AssumeRole that reaches it: the one place where that request is put together. */
import { DrawbridgeError } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import {
  type AssumeRoleRequest,
  assumeRole,
  assumeRoleWithWebIdentity,
  type BaseIdentity,
  type IdentityTokens,
  type RoleSession,
  type SessionNeed,
} from '../../credentials/index.ts'
import { writeSessionPolicy } from '../../iam/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { setupModelOf } from '../model/setup-model.ts'
import { providerArnOf } from '../model/web-identity.ts'

type RoleAuthentication = Extract<Connection['authentication'], { kind: 'role' }>

/** Returns the role of a connection. @throws TypeError when it has none */
export function roleOf(connection: Connection): RoleAuthentication {
  if (connection.authentication.kind === 'role') return connection.authentication
  throw new TypeError(`connection \`${connection.name}\` has no role`)
}

/** Returns our own identity. @throws no-base-identity */
export function baseOf(context: ConnectionContext): BaseIdentity {
  if (context.base !== null) return context.base
  throw new DrawbridgeError({
    code: 'no-base-identity',
    message: 'this deployment has no AWS identity of its own',
    help: 'run Drawbridge with AWS credentials: an instance role, a container role, or a profile',
  })
}

/** Who we are to the role of a connection: our own principal, or the provider that its account registered for our ID tokens. */
export async function callerOf(
  connection: Connection,
  context: ConnectionContext,
): Promise<{ readonly callerArn: string; readonly principalArn: string }> {
  const { authentication } = connection
  if (authentication.kind !== 'role' || authentication.webIdentity === undefined) return baseOf(context).whoAmI()
  const providerArn = providerArnOf(authentication.roleArn, authentication.webIdentity.issuer)
  return { callerArn: providerArn, principalArn: providerArn }
}

/** Returns where our ID tokens come from. @throws no-base-identity */
export function tokensOf({ tokens }: Pick<ConnectionContext, 'tokens'>): IdentityTokens {
  if (tokens) return tokens
  throw new DrawbridgeError({
    code: 'no-base-identity',
    message: 'this deployment has no ID tokens of its own any more',
    help: 'put `webIdentity` back into the configuration',
  })
}

/**
 * Puts the AssumeRole request together: External ID of the connection and nothing of the caller's, tags and source
 * identity of the person, and a session policy that narrows the session to bucket, root path and purpose.
 */
export function assumeRoleRequest(
  connection: Connection,
  identity: SessionIdentity,
  vendorPrincipalArn: string,
  context: Pick<ConnectionContext, 'stsEndpoint'>,
): AssumeRoleRequest {
  const role = roleOf(connection)
  const { webIdentity } = role
  const isProjected = webIdentity?.tokens === 'file'
  return {
    roleArn: role.roleArn,
    sessionName: identity.sessionName,
    externalId: role.externalId,
    tags: identity.tags,
    sourceIdentity: isProjected ? null : identity.sourceIdentity,
    durationSeconds: role.durationSeconds,
    sessionPolicy: JSON.stringify(writeSessionPolicy(setupModelOf(connection, vendorPrincipalArn))),
    region: role.stsRegion,
    endpoint: context.stsEndpoint,
    ...(webIdentity === undefined
      ? {}
      : {
          webIdentity: {
            issuer: webIdentity.issuer,
            audience: webIdentity.audience,
            subject: webIdentity.subject,
            connection: connection.name,
          },
        }),
  }
}

/** Wins a session, now and not from the cache. @throws whatever STS, or the lack of an identity, throws */
export async function assumeNow(
  request: AssumeRoleRequest,
  context: ConnectionContext,
  signal?: AbortSignal,
): Promise<RoleSession> {
  const options = signal === undefined ? { clock: context.clock } : { clock: context.clock, signal }
  if (request.webIdentity !== undefined) return assumeRoleWithWebIdentity(tokensOf(context), request, options)
  return assumeRole(await baseOf(context).credentials(), request, options)
}

/** Names the session that a connection needs for a person, for the cache. @throws no-base-identity */
export async function sessionNeed(
  connection: Connection,
  identity: SessionIdentity,
  context: ConnectionContext,
): Promise<SessionNeed> {
  const us = await callerOf(connection, context)
  return {
    tenant: connection.tenant,
    connectionId: connection.id,
    connectionVersion: connection.version,
    baseArn: us.callerArn,
    request: assumeRoleRequest(connection, identity, us.principalArn, context),
  }
}
