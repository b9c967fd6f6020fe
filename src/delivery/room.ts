/**
 * Room in the spool for the reports of a route. While every target of it is down, its reports may take half of the quota:
 * the other half is for those that can go.
 */
import { DrawbridgeError } from '../base/index.ts'
import type { Route } from '../contract/index.ts'
import type { Circuits } from './circuit.ts'
import type { SpooledFile } from './record.ts'
import type { DeliveryRepository } from './repository.ts'
import { retryAfterSeconds, type Spool } from './spool/spool.ts'

/** What the room is judged with. */
interface RoomParts {
  readonly repository: DeliveryRepository
  readonly spool: Spool
  readonly circuits?: Circuits
}

/** How much of the spool the reports of one route hold, and may hold. */
export interface RouteRoom {
  /** Of accepted reports that no target has yet. */
  readonly heldBytes: number
  /** Whether every target is down. */
  readonly isDown: boolean
  /** Null: nothing but the quota. */
  readonly limitBytes: number | null
  /** The largest report that would be accepted; null: nothing but the disk limits it. */
  readonly roomBytes: number | null
}

/** Tells how it is now. */
export async function roomOf(parts: RoomParts, tenant: string, route: Route): Promise<RouteRoom> {
  const { spool, repository } = parts
  const isDown = await isEveryTargetDown(parts, tenant, route)
  const heldBytes = await repository.heldBytes(tenant, route.name)
  if (!Number.isFinite(spool.quotaBytes)) return { heldBytes, isDown, limitBytes: null, roomBytes: null }
  const limitBytes = isDown ? limitOf(spool) : null
  const free = spool.quotaBytes - (await spool.measure())
  const roomBytes = Math.max(0, limitBytes === null ? free : Math.min(free, limitBytes - heldBytes))
  return { heldBytes, isDown, limitBytes, roomBytes }
}

/** Refuses a report that the other side's outage leaves no room for. @throws spool-full */
export async function requireRoom(
  parts: RoomParts,
  tenant: string,
  route: Route,
  files: readonly SpooledFile[],
): Promise<void> {
  const { spool, repository } = parts
  if (!Number.isFinite(spool.quotaBytes) || !(await isEveryTargetDown(parts, tenant, route))) return
  const wanted = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const held = await repository.heldBytes(tenant, route.name)
  if (held + wanted <= limitOf(spool)) return
  throw new DrawbridgeError({
    code: 'spool-full',
    message: `every target of \`${route.name}\` is down, and what waits for them fills half of the spool`,
    retry: 'later',
    operation: 'delivery.accept',
    context: { retryAfterSeconds },
  })
}

/** What an outage may fill. */
function limitOf({ quotaBytes }: Spool): number {
  return Math.floor(quotaBytes / 2)
}

async function isEveryTargetDown({ circuits }: RoomParts, tenant: string, { targets }: Route): Promise<boolean> {
  if (circuits === undefined) return false
  for (const target of targets) if ((await circuits.open(tenant, target)) === null) return false
  return true
}
