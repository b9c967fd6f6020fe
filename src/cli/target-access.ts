/** How deliveries reach connections: the joint between two rooms that do not know each other. */
import { DrawbridgeError } from '../base/index.ts'
import {
  type ConnectionContext,
  type ConnectionRepository,
  diagnoseLive,
  openConnection,
  requireIdentity,
} from '../connection/index.ts'
import type { Connection } from '../contract/index.ts'
import type { RouteRepository, TargetAccess } from '../delivery/index.ts'
import { otherTargetsOf } from '../operations/index.ts'

/** Makes the access of the delivery room to the connections of a repository. */
export function targetAccess(
  connections: ConnectionRepository,
  routes: Pick<RouteRepository, 'list'>,
  context: ConnectionContext,
): TargetAccess {
  const find = async (tenant: string, name: string): Promise<Connection> => {
    const connection = await connections.byName(tenant, name)
    if (connection !== null) return connection
    throw new DrawbridgeError({ code: 'not-found', message: `there is no connection \`${name}\`` })
  }
  return {
    identityFor: async (tenant, name, { actor, claims }) => {
      const { identityMapping } = await find(tenant, name)
      return requireIdentity(identityMapping, { issuer: actor.issuer, subject: actor.subject, claims })
    },
    open: async (tenant, name, identity) => {
      const connection = await find(tenant, name)
      const secret = (): ReturnType<ConnectionRepository['secretOf']> => connections.secretOf(tenant, name)
      return openConnection(connection, await secret(), identity, context, secret)
    },
    explain: async (tenant, name, identity, error) => {
      const connection = await find(tenant, name)
      const secret = await connections.secretOf(tenant, name)
      const otherTargets = await otherTargetsOf(name, tenant, { routes, connections, now: context.clock.now() })
      return diagnoseLive(connection, secret, identity, context, error, { otherTargets })
    },
  }
}
