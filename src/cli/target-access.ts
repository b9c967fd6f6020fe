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
import type { OpenTarget, RouteRepository, TargetAccess, TargetIdentity } from '../delivery/index.ts'
import { otherTargetsOf } from '../operations/index.ts'
import { loadS3Sdk } from '../storage/index.ts'

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
  const shared = new SharedTargets()
  const open = async (connection: Connection, identity: TargetIdentity): Promise<OpenTarget> => {
    const { tenant, name } = connection
    const secret = (): ReturnType<ConnectionRepository['secretOf']> => connections.secretOf(tenant, name)
    return await shared.open(placeOf(connection, identity), async () =>
      openConnection(connection, await secret(), identity, context, secret),
    )
  }
  return {
    identityFor: async (tenant, name, { actor, claims }) => {
      const { identityMapping } = await find(tenant, name)
      return requireIdentity(identityMapping, { issuer: actor.issuer, subject: actor.subject, claims })
    },
    ready: async (tenant, name, identity) => {
      const connection = await find(tenant, name)
      // A role's session may have to be won first: what others have open has won it.
      const isNear = connection.authentication.kind !== 'role' || shared.has(placeOf(connection, identity))
      return isNear ? await open(connection, identity) : null
    },
    open: async (tenant, name, identity) => await open(await find(tenant, name), identity),
    explain: async (tenant, name, identity, error) => {
      const connection = await find(tenant, name)
      const secret = await connections.secretOf(tenant, name)
      const otherTargets = await otherTargetsOf(name, tenant, { routes, connections, now: context.clock.now() })
      return diagnoseLive(connection, secret, identity, context, error, { otherTargets })
    },
  }
}

/** Loads what uploads in parts take, while the report still comes in: once it is accepted, nothing waits for that. */
export async function foreseeParts(connections: ConnectionRepository, tenant: string): Promise<void> {
  const known = await connections.list(tenant).catch(() => [])
  if (known.some(({ location, writing }) => location.service === 's3' && writing.resume)) await loadS3Sdk()
}

/** What is opened follows from these: another version of the connection is opened anew. */
function placeOf({ tenant, id, version }: Connection, identity: TargetIdentity): string {
  return JSON.stringify([tenant, id, version, identity])
}

interface Shared {
  readonly target: Promise<OpenTarget>
  users: number
  isOpen: boolean
}

/**
 * Targets that are open at this moment. Deliveries of one person to one target use the same one side by side: its session,
 * its signing key and its sockets are the same anyway. It is closed when the last of them has closed it.
 */
class SharedTargets {
  readonly #open = new Map<string, Shared>()

  /** Tells whether a target is open, and not about to be. */
  has(place: string): boolean {
    return this.#open.get(place)?.isOpen === true
  }

  async open(place: string, make: () => Promise<OpenTarget>): Promise<OpenTarget> {
    const entry = this.#open.get(place) ?? { target: make(), users: 0, isOpen: false }
    this.#open.set(place, entry)
    entry.users += 1
    try {
      const target = await entry.target
      entry.isOpen = true
      let isClosed = false
      const close = (): void => {
        if (isClosed) return
        isClosed = true
        this.#leave(place, entry, target)
      }
      return { ...target, close }
    } catch (error) {
      // Whoever asks next tries again.
      if (this.#open.get(place) === entry) this.#open.delete(place)
      throw error
    }
  }

  #leave(place: string, entry: Shared, target: OpenTarget): void {
    entry.users -= 1
    if (entry.users > 0) return
    if (this.#open.get(place) === entry) this.#open.delete(place)
    target.close()
  }
}
