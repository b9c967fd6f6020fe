/**
 * The front of the delivery room: takes reports in, tells what became of them, and asks for another attempt. Nothing
 * here sends a byte to a target; the worker does.
 */
import { DrawbridgeError } from '../base/index.ts'
import {
  type Delivery,
  maximumProofBytes,
  type ReceiptBundle,
  type Route,
  type TargetHealth,
  type UploadedFile,
} from '../contract/index.ts'
import { type AcceptanceParts, type AcceptInput, acceptOn, notFound, takeIn } from './acceptance.ts'
import { targetHealthOf } from './circuit.ts'
import { actorName, cancelledEntry, retryEntry } from './entries.ts'
import { type DeliveryRecord, describeDelivery, wantedTargets } from './record.ts'
import type { RouteRepository } from './repository.ts'
import { type RouteRoom, roomOf } from './room.ts'
import type { Spool } from './spool/spool.ts'
import type { Person } from './target-access.ts'

/** What the service works with. */
export interface DeliveryServiceParts extends AcceptanceParts {
  readonly routes: RouteRepository
  /** How far apart deliveries that are owed to a target are taken up when it is well again; absent: all at once. */
  readonly backfillSpacingMs?: (connection: string) => number
}

/** Takes reports in and tells about deliveries. Every method is confined to one tenant. */
export class DeliveryService {
  readonly #parts: DeliveryServiceParts

  constructor(parts: DeliveryServiceParts) {
    this.#parts = parts
  }

  /** The bytes on the spool's disk, and the most that it holds: infinite unless said otherwise. */
  get spool(): Pick<Spool, 'measure' | 'quotaBytes'> {
    return this.#parts.spool
  }

  /**
   * Streams one file into the spool. It is durable when this resolves, and forgotten after a day unless a delivery
   * takes it.
   * @throws report-unreadable | disk-full | spool-full | input-invalid
   */
  async upload(tenant: string, name: string, source: AsyncIterable<Uint8Array>): Promise<UploadedFile> {
    const { file, bytes } = await takeIn(this.#parts, tenant, name, source)
    if (bytes !== null) await this.#parts.repository.addUpload(tenant, file, bytes)
    return { upload: file.upload, name: file.name, sizeBytes: file.sizeBytes, sha256: file.sha256 }
  }

  /**
   * Accepts a report: when it resolves, the delivery is durable and nothing will drop it silently. The same
   * idempotency key with the same bytes is the same delivery. Files that come with it are read to their ends first.
   * @throws not-found — the route or an upload
   * @throws claim-missing — the person's sign-in lacks a claim that a target's identity mapping requires
   * @throws input-invalid — an upload belongs to another delivery, or the key was used for other bytes
   * @throws spool-full — every target of the route is down, and enough waits for them
   */
  async accept(tenant: string, person: Person, input: AcceptInput): Promise<Delivery> {
    return acceptOn(this.#parts, { tenant, person, route: await this.#route(tenant, input.route), input })
  }

  /**
   * Accepts a canary: a small report that goes to every target of the route, backups included, under `.drawbridge/`. The
   * same idempotency key is the same canary.
   * @throws not-found | claim-missing | spool-full
   */
  async acceptCanary(tenant: string, person: Person, route: string, idempotencyKey: string): Promise<Delivery> {
    const { repository } = this.#parts
    const earlier = await repository.byIdempotencyKey(tenant, idempotencyKey)
    if (earlier !== null) return describeDelivery(earlier)
    const mirror: Route = { ...(await this.#route(tenant, route)), policy: 'mirror' }
    const files = [{ name: 'canary.json', source: canaryOf(route, idempotencyKey) }]
    const input = { route, report: 'canary', idempotencyKey, files }
    return acceptOn(this.#parts, { tenant, person, route: mirror, input, isCanary: true })
  }

  /** The newest canaries of a route, the newest first. */
  async canaries(tenant: string, route: string, limit: number): Promise<Delivery[]> {
    const records = await this.#parts.repository.list(tenant, { route, limit, isCanary: true })
    return records.map(describeDelivery)
  }

  async #route(tenant: string, name: string): Promise<Route> {
    const route = await this.#parts.routes.byName(tenant, name)
    if (route === null) throw notFound(`there is no route \`${name}\``)
    return route
  }

  /**
   * Accepts one small report for one connection alone, on no route: the proof of its whole chain, under the keys of the job and by
   * the same writer. Its route is told as the connection's name.
   * @throws not-found | input-invalid — it is larger than 1 MiB, or the upload belongs to another delivery
   * @throws claim-missing | spool-full, as `accept`
   */
  async acceptProof(tenant: string, person: Person, connection: string, upload: string): Promise<Delivery> {
    const { clock, repository } = this.#parts
    const [found] = await repository.uploads(tenant, [upload])
    if (found !== undefined && found.file.sizeBytes > maximumProofBytes) {
      throw new DrawbridgeError({
        code: 'input-invalid',
        message: `a report that proves a connection has at most ${maximumProofBytes} bytes`,
        help: 'deliver larger ones on a route',
      })
    }
    const createdAt = clock.now().toISOString()
    const alone: Route = { id: 'none', name: connection, policy: 'failover', targets: [connection], createdAt }
    return acceptOn(this.#parts, { tenant, person, route: alone, input: { route: connection, uploads: [upload] } })
  }

  /** Lists deliveries, the newest first. */
  async list(tenant: string, filter: { route?: string | undefined; limit: number }): Promise<Delivery[]> {
    const { route, limit } = filter
    const records = await this.#parts.repository.list(tenant, { limit, ...(route === undefined ? {} : { route }) })
    return records.map(describeDelivery)
  }

  /** Shows one delivery. @throws not-found */
  async show(tenant: string, id: string): Promise<Delivery> {
    return describeDelivery(await this.#record(tenant, id))
  }

  /**
   * Makes everything that a delivery still owes due now, in the name of whoever asks.
   * @throws not-found
   * @throws ended — it was cancelled
   */
  async retry(tenant: string, id: string, person: Person): Promise<Delivery> {
    const { repository, wake } = this.#parts
    const record = await this.#record(tenant, id)
    if (record.cancelledAt !== null) throw ended(record)
    const owed = owedConnections(record)
    if (owed.length > 0) {
      await repository.makeDue(tenant, id, owed, [retryEntry(record, actorName(person.actor), owed)])
      wake()
    }
    return await this.show(tenant, id)
  }

  /**
   * Ends what of a delivery has not arrived, in the name of whoever asks. What a worker has under way stops within a few
   * seconds; an object whose write was sent by then may still appear, and is written down as possible.
   * @throws not-found
   * @throws ended — it is delivered wherever its route wants it
   */
  async cancel(tenant: string, id: string, person: Person): Promise<Delivery> {
    const { repository, wake } = this.#parts
    const record = await this.#record(tenant, id)
    if (record.cancelledAt === null) {
      const left = wantedTargets(record).filter((target) => target.state !== 'delivered')
      if (left.length === 0) throw ended(record)
      const connections = left.map((target) => target.connection)
      await repository.cancel(tenant, id, [cancelledEntry(record, actorName(person.actor), connections)])
      wake()
    }
    return await this.show(tenant, id)
  }

  /** Tells that a target was found well again: what is owed to it becomes due. Returns how many deliveries that are. */
  async targetIsWell(tenant: string, connection: string): Promise<number> {
    const { repository, wake, circuits, backfillSpacingMs } = this.#parts
    await circuits?.answered(tenant, connection)
    const owed = await repository.makeOwedDue(tenant, connection, backfillSpacingMs?.(connection) ?? 0)
    if (owed > 0) wake()
    return owed
  }

  /** Tells how targets fare, in their order. */
  async health(tenant: string, connections: readonly string[]): Promise<TargetHealth[]> {
    const { circuits, clock, repository } = this.#parts
    return await Promise.all(
      connections.map(async (connection) => {
        const record = (await circuits?.find(tenant, connection)) ?? null
        return targetHealthOf(connection, record, clock.now(), await repository.owedCount(tenant, connection))
      }),
    )
  }

  /** The deliveries that a target is still to get, in the order of acceptance, at most `limit`. */
  async waitingFor(tenant: string, connection: string, limit: number): Promise<Delivery[]> {
    const ids = await this.#parts.repository.owedTo(tenant, connection)
    return await Promise.all(ids.slice(0, limit).map((id) => this.show(tenant, id)))
  }

  /** Tells how much of the spool the reports of a route hold, and whether more of them are pushed back. */
  async room(tenant: string, route: Route): Promise<RouteRoom> {
    return await roomOf(this.#parts, tenant, route)
  }

  /** Tries what the first delivery of this person to this connection would need of the sign-in. @throws claim-missing | not-found */
  async tryIdentity(tenant: string, connection: string, person: Person): Promise<void> {
    await this.#parts.access.identityFor(tenant, connection, person)
  }

  /** In whose name the newest delivery to this connection went; null when none has. */
  async lastPerson(tenant: string, connection: string): Promise<Person | null> {
    const newest = await this.#parts.repository.newestTo(tenant, connection)
    return newest === null ? null : { actor: newest.actor, claims: newest.claims }
  }

  /** Hands over the receipt of one delivery to one target. @throws not-found */
  async receipt(tenant: string, id: string, connection: string): Promise<ReceiptBundle> {
    const files = await this.#parts.repository.receipt(tenant, id, connection)
    if (files === null) throw notFound(`there is no receipt of \`${id.slice(0, 64)}\` for \`${connection}\``)
    return {
      delivery: id,
      connection,
      files: files.map(({ path, bytes }) => ({ path, base64: Buffer.from(bytes).toString('base64') })),
    }
  }

  async #record(tenant: string, id: string): Promise<DeliveryRecord> {
    const record = await this.#parts.repository.byId(tenant, id)
    if (record === null) throw notFound(`there is no delivery \`${id.slice(0, 64)}\``)
    return record
  }
}

/** Says what it is, to whoever finds it. The same key gives the same bytes. */
async function* canaryOf(route: string, key: string): AsyncGenerator<Uint8Array> {
  const what =
    'Drawbridge delivered this object to try the way to this place. Nothing depends on it; it can be deleted.'
  yield Buffer.from(`${JSON.stringify({ what, route, canary: key }, null, 2)}\n`)
}

/** Where the report is still missing, or its receipt or the receipt's copies. */
function owedConnections(record: DeliveryRecord): string[] {
  return wantedTargets(record)
    .filter((target) => target.state !== 'delivered' || target.receipt === 'due' || target.sidecar === 'due')
    .map((target) => target.connection)
}

function ended(record: DeliveryRecord): DrawbridgeError {
  const how = record.cancelledAt === null ? 'delivered' : 'cancelled'
  return new DrawbridgeError({ code: 'ended', message: `\`${record.id}\` was ${how}; nothing of it is left to do` })
}
