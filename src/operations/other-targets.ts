/**
 * How the other targets of a connection's routes fare, for diagnoses: where Azure takes the same reports, the fault is on the AWS
 * side. What counts is the last verification, and only one that is fresh: an old one says nothing of now.
 */
import type { ConnectionRepository } from '../connection/index.ts'
import type { RouteRepository } from '../delivery/index.ts'

/** How another target fares. */
export interface OtherTarget {
  readonly service: 's3' | 'azblob'
  readonly ok: boolean
}

const freshMs = 24 * 60 * 60_000

/** Tells how those targets fare that share a route with the connection; those of which nothing certain is known are left out. */
export async function otherTargetsOf(
  name: string,
  tenant: string,
  around: {
    readonly routes: Pick<RouteRepository, 'list'>
    readonly connections: Pick<ConnectionRepository, 'byName'>
    readonly now: Date
  },
): Promise<OtherTarget[]> {
  const shared = (await around.routes.list(tenant)).filter(({ targets }) => targets.includes(name))
  const others = new Set(shared.flatMap(({ targets }) => targets).filter((target) => target !== name))
  const found: OtherTarget[] = []
  for (const target of others) {
    const connection = await around.connections.byName(tenant, target)
    const last = connection?.lastVerification
    if (connection === null || last === undefined || last.status === 'unknown') continue
    const { service } = connection.location
    const isFresh = around.now.getTime() - new Date(last.finishedAt).getTime() < freshMs
    if (service !== 'local' && isFresh) found.push({ service, ok: last.status === 'pass' })
  }
  return found
}
