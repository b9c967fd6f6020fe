/** The operations on targets and the spool: how deliveries fare where they go, and what is pushed back meanwhile. */
import { DrawbridgeError } from '../base/index.ts'
import type { OperationOutput, Route, SpoolRoom, Target, TargetDetail, TargetHealth } from '../contract/index.ts'
import { retryAfterSeconds } from '../delivery/index.ts'
import type { House } from './house.ts'
import { listRoutes } from './route.ts'

/** How many waiting deliveries are shown. */
const shownDeliveries = 50

/** Lists every target once, by name. */
export async function listTargets(house: House): Promise<OperationOutput<'target.list'>> {
  const { routes } = await listRoutes(house)
  const known = new Map(routes.flatMap(({ health = [] }) => health).map((health) => [health.connection, health]))
  const targets = [...known.values()].map((health) => targetOf(health, routes))
  return { targets: targets.toSorted((one, other) => one.connection.localeCompare(other.connection)) }
}

/** Shows one target with what waits for it. @throws not-found */
export async function showTarget(house: House, connection: string): Promise<TargetDetail> {
  const { targets } = await listTargets(house)
  const target = targets.find((one) => one.connection === connection)
  if (target === undefined) {
    throw new DrawbridgeError({
      code: 'not-found',
      message: `no route has the target \`${connection}\``,
      help: '`drawbridge target list` names them all',
    })
  }
  const deliveries = await house.deliveries.waitingFor(house.tenant, connection, shownDeliveries)
  const waiting = deliveries.map(({ id, report, period, route, state, files, acceptedAt }) => ({
    ...{ id, report, period, route, state, acceptedAt },
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
  }))
  return { ...target, waiting }
}

/** Tells how full the spool is, and whose reports are pushed back. */
export async function showSpool(house: House): Promise<SpoolRoom> {
  const { spool } = house.deliveries
  const { quotaBytes } = spool
  const routes = await house.routes.list(house.tenant)
  return {
    usedBytes: await spool.measure(),
    quotaBytes: Number.isFinite(quotaBytes) ? quotaBytes : null,
    retryAfterSeconds,
    routes: await Promise.all(
      routes.map(async (route) => ({ route: route.name, ...(await house.deliveries.room(house.tenant, route)) })),
    ),
  }
}

function targetOf(health: TargetHealth, routes: readonly Route[]): Target {
  const { connection } = health
  const own = routes.filter(({ targets }) => targets.includes(connection))
  const canaries = own.flatMap(({ canary }) => {
    const found = canary?.targets.find((target) => target.connection === connection)
    if (canary === undefined || found === undefined) return []
    const { state, reason } = found
    return [{ delivery: canary.delivery, at: canary.at, state, ...(reason === undefined ? {} : { reason }) }]
  })
  const [newest] = canaries.toSorted((one, other) => other.at.localeCompare(one.at))
  return { ...health, routes: own.map(({ name }) => name), ...(newest === undefined ? {} : { canary: newest }) }
}
