/** What a process reaches targets by: sessions that are issued, end and fail, and a wire to the bucket under the real retries. */
import { DrawbridgeError } from '../../src/base/index.ts'
import type { Diagnosis } from '../../src/contract/index.ts'
import type { DeliveryRecord, OpenTarget, TargetAccess } from '../../src/delivery/index.ts'
import type { State } from '../../src/state/index.ts'
import { withRetry } from '../../src/storage/index.ts'
import type { Bucket } from './bucket.ts'
import type { Chance } from './chance.ts'
import type { History } from './history.ts'
import type { PlantedBug, Surroundings } from './planted.ts'
import type { Process } from './process.ts'
import { type BucketName, bucketNames } from './schedule.ts'
import type { Timeline } from './timeline.ts'
import { type Way, Wire } from './wire.ts'
import { watchingRecords } from './write-ahead.ts'

/** What the world around the processes gives them. */
interface World {
  readonly timeline: Timeline
  readonly history: History
  readonly state: Pick<State, 'deliveries'>
  bucket(name: BucketName): Bucket
  way(name: BucketName): Way
  isPoison(delivery: string): boolean
}

/** Whose access it is, and where. */
export interface TargetParts {
  readonly house: World
  readonly process: Process
  readonly chance: Chance
  readonly surroundings: Surroundings
  readonly bug: PlantedBug | null
}

/** The targets of the house as one process reaches them. */
export function targetAccess(parts: TargetParts): TargetAccess {
  const { process, bug, chance } = parts
  const access: TargetAccess = {
    identityFor: async (_tenant, _connection, { actor }) => {
      await process.step()
      return { tags: { department: 'audit' }, sourceIdentity: actor.subject, sessionName: actor.subject }
    },
    ready: async (tenant, connection) =>
      chance.happens(0.8) ? await openTarget(parts, tenant, connection, true) : null,
    open: async (tenant, connection) => await openTarget(parts, tenant, connection),
    explain: async (_tenant, _connection, _identity, error): Promise<Diagnosis> => {
      await process.step()
      const operation = error.operation ?? 's3:PutObject'
      const chain = { service: 's3' as const, links: [] }
      return { view: 'vendor', operation, summary: 'refused', chain, causes: [], ruledOut: [], notSeen: [] }
    },
  }
  return bug?.access?.(access) ?? access
}

async function openTarget(
  parts: TargetParts,
  tenant: string,
  connection: string,
  hasSession = false,
): Promise<OpenTarget> {
  const { house, process, chance, surroundings, bug } = parts
  const { timeline, history } = house
  const name = bucketNames.find((candidate) => candidate === `${tenant}/${connection}`)
  if (name === undefined) throw new DrawbridgeError({ code: 'not-found', message: 'no such connection' })
  const [bucket, way] = [house.bucket(name), house.way(name)]
  const issue = async (): Promise<{ issuedAt: number; secret: string }> => {
    await timeline.wait(chance.between(5, 50))
    await process.step()
    if (way.isIn('sessions-down')) throw noSession()
    return held()
  }
  const held = (): { issuedAt: number; secret: string } => {
    const secret = `FwoGZ${Buffer.from(chance.bytes(12)).toString('hex')}`
    history.secrets.add(secret)
    return { issuedAt: timeline.now, secret }
  }
  // Of a session that was won before nobody is asked.
  let session = hasSession ? held() : await issue()
  const isPoison = (id: string | undefined): boolean => id !== undefined && house.isPoison(id)
  const raw = new Wire({
    ...{ timeline, process, bucket, way, chance },
    session: () => session,
    isPoison: ({ metadata }) => isPoison(metadata?.['drawbridge-delivery']),
  })
  const record = async (delivery: string): Promise<DeliveryRecord | null> =>
    await house.state.deliveries.byId(tenant, delivery)
  const seen = watchingRecords(raw, { connection, history, record })
  const wire = bug?.wire?.(seen, surroundings) ?? seen
  const retrying = withRetry(wire, { clock: process.clock, random: chance })
  const { rights } = bucket
  return {
    store: bug?.store?.(retrying, surroundings) ?? retrying,
    rootPath: 'root/',
    writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: rights.resume },
    purpose: rights.purpose,
    facts: { service: rights.service, location: bucket.location },
    renew: async () => {
      session = await issue()
    },
    close: () => {},
  }
}

function noSession(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'unavailable',
    message: 'no session now',
    retry: 'exhausted',
    operation: 'sts',
  })
}
