/**
 * A small house for tests of the delivery room: the real database and spool in a directory, real stores in memory, and
 * faults that tests put in front of a store. Nothing that is tested is replaced.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DrawbridgeError, ManualClock, newId, systemRandom } from '../../base/index.ts'
import type { Connection, Diagnosis, Purpose, Writing } from '../../contract/index.ts'
import { EvidenceLog } from '../../evidence/index.ts'
import { openState, type State } from '../../state/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import {
  Circuits,
  type DeliveryEvent,
  DeliveryService,
  DeliveryWorker,
  evidenceReceipts,
  type OpenTarget,
  type Person,
  Spool,
  type TargetAccess,
  type TargetIdentity,
} from '../index.ts'

export const tenant = 'default'

export const person: Person = {
  actor: { kind: 'person', issuer: 'https://login.example', subject: 'maria' },
  claims: { department: 'audit' },
}

/** A target of the test house. */
export interface TestTarget {
  store: ObjectStore
  writing?: Partial<Writing>
  purpose?: Purpose
  service?: 's3' | 'azblob' | 'local'
  /** Called by `renew()`. */
  onRenew?: () => void
}

/** What a test works with. */
export interface TestHouse {
  readonly state: State
  readonly spool: Spool
  readonly log: EvidenceLog
  readonly service: DeliveryService
  readonly worker: DeliveryWorker
  readonly clock: ManualClock
  readonly events: DeliveryEvent[]
  readonly explained: DrawbridgeError[]
  readonly targets: Map<string, TestTarget>
  readonly directory: string
  /** Uploads each text as a file and accepts them as one report. */
  deliver(files: Readonly<Record<string, string | Uint8Array>>, options?: DeliverOptions): Promise<string>
  /** Closes and opens the same directory again, as after a crash: nothing is drained or given back. */
  reopen(): Promise<TestHouse>
  close(): Promise<void>
}

/** How a test house differs from the usual one. */
export interface TestHouseOptions {
  readonly hasCircuits?: boolean
  readonly backfillSpacingMs?: number
  readonly smallConcurrency?: number
  readonly spool?: { readonly quotaBytes?: number; readonly smallBytes?: number }
}

export interface DeliverOptions {
  readonly report?: string
  readonly idempotencyKey?: string
  readonly route?: string
}

/** Opens a house with one route `audit` over the given targets, in their order. */
export async function openTestHouse(
  targets: Readonly<Record<string, TestTarget>>,
  policy: 'failover' | 'mirror' = 'failover',
  more: TestHouseOptions = {},
): Promise<TestHouse> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-delivery-'))
  const clock = new ManualClock(new Date('2026-11-03T10:00:00.000Z'))
  const house = await open(directory, clock, new Map(Object.entries(targets)), more)
  const names = Object.keys(targets)
  for (const name of names) await house.state.connections.add(localConnection(name), { kind: 'none' })
  const createdAt = clock.now().toISOString()
  await house.state.routes.add(tenant, { id: 'rte_1', name: 'audit', policy, targets: names, createdAt })
  return house
}

async function open(
  directory: string,
  clock: ManualClock,
  targets: Map<string, TestTarget>,
  more: TestHouseOptions,
): Promise<TestHouse> {
  const state = await openState({ directory, clock })
  const keep = new Set(await state.deliveries.spooledUploads())
  const spool = await Spool.open({ directory: state.spoolDirectory, keep, ...more.spool })
  const log = new EvidenceLog({ store: state.log, signer: state.evidenceKey.privateKey, origin: 'test.example', clock })
  state.sealWith(log)
  const events: DeliveryEvent[] = []
  const explained: DrawbridgeError[] = []
  const shared = {
    clock,
    random: systemRandom,
    repository: state.deliveries,
    access: access(targets, explained),
    spool,
    ...(more.hasCircuits === true ? { circuits: new Circuits(clock, state.circuits) } : {}),
    ...(more.backfillSpacingMs === undefined ? {} : { backfillSpacingMs: () => more.backfillSpacingMs ?? 0 }),
  }
  const receipts = evidenceReceipts(log)
  const { smallConcurrency = 128 } = more
  const worker = new DeliveryWorker({ ...shared, receipts, smallConcurrency, onEvent: (event) => events.push(event) })
  const service = new DeliveryService({
    ...shared,
    routes: state.routes,
    wake: () => worker.wake(),
    reserve: () => worker.reserve(),
  })
  const house: TestHouse = {
    ...{ state, spool, log, service, worker, clock, events, explained, targets, directory },
    async deliver(files, options = {}) {
      const uploads: string[] = []
      for (const [name, bytes] of Object.entries(files)) {
        const { upload } = await service.upload(tenant, name, chunks(bytes))
        uploads.push(upload)
      }
      const { id } = await service.accept(tenant, person, { route: 'audit', period: '2026-10', ...options, uploads })
      return id
    },
    async reopen() {
      await state.close()
      return await open(directory, clock, targets, more)
    },
    async close() {
      await worker.stop({ drainMs: 0 })
      await state.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return house
}

function access(targets: Map<string, TestTarget>, explained: DrawbridgeError[]): TargetAccess {
  const find = (name: string): TestTarget => {
    const target = targets.get(name)
    if (target === undefined) throw new DrawbridgeError({ code: 'not-found', message: `no connection \`${name}\`` })
    return target
  }
  const open = async (_tenant: string, connection: string): Promise<OpenTarget> => {
    const { store, writing, purpose, service, onRenew } = find(connection)
    return {
      store,
      rootPath: 'root/',
      writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: false, ...writing },
      purpose: purpose ?? 'export',
      facts: { service: service ?? 's3', location: store.location, bucketOwner: '222222222222' },
      renew: async () => onRenew?.(),
      close: () => {},
    }
  }
  return {
    ready: open,
    open,
    identityFor: async (_tenant, connection, { actor }): Promise<TargetIdentity> => {
      find(connection)
      return { tags: { department: 'audit' }, sourceIdentity: actor.subject, sessionName: actor.subject }
    },
    async explain(_tenant, _connection, _identity, error): Promise<Diagnosis> {
      explained.push(error)
      const chain = { service: 's3' as const, links: [] }
      const operation = error.operation ?? 's3:PutObject'
      return { view: 'vendor', operation, summary: 'refused', chain, causes: [], ruledOut: [], notSeen: [] }
    },
  }
}

/** A store whose requests a test can hold, fail, or answer late: `before` runs ahead of each, `after` once it was done. */
export function intercepted(
  inner: ObjectStore,
  hooks: {
    before?: (operation: string, key: string, rest: readonly unknown[]) => Promise<void> | void
    after?: (operation: string, key: string) => Promise<void> | void
  },
): ObjectStore {
  return new Proxy(inner, {
    get(store, property) {
      const member: unknown = Reflect.get(store, property, store)
      if (typeof member !== 'function' || typeof property !== 'string' || property === 'close' || property === 'list') {
        return typeof member === 'function' ? member.bind(store) : member
      }
      return async (key: string, ...rest: unknown[]): Promise<unknown> => {
        await hooks.before?.(property, key, rest)
        const answer: unknown = await Reflect.apply(member, store, [key, ...rest])
        await hooks.after?.(property, key)
        return answer
      }
    },
  })
}

export function unavailable(operation: string): DrawbridgeError {
  return new DrawbridgeError({
    code: 'unavailable',
    message: 'the store does not answer',
    retry: 'exhausted',
    operation,
  })
}

export function denied(operation: string): DrawbridgeError {
  return new DrawbridgeError({ code: 'access-denied', message: 'Access Denied', operation })
}

export async function* chunks(bytes: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.from(bytes)
  for (let offset = 0; offset < buffer.length; offset += size) yield buffer.subarray(offset, offset + size)
}

/** Every object of a store by its key. */
export async function objectsOf(store: ObjectStore): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>()
  for await (const { key } of store.list('')) {
    const { body } = await store.get(key)
    objects.set(key, Buffer.concat(await body.toArray()))
  }
  return objects
}

/** The actions in the outbox and the log, in order. */
export async function actionsOf(house: TestHouse): Promise<string[]> {
  await house.log.integrate(tenant)
  const entries = await house.state.log.entries(tenant, 0, await house.state.log.size(tenant))
  return entries.map((entry) => JSON.parse(entry).action)
}

export function localConnection(name: string, over: Partial<Connection> = {}): Connection {
  return {
    id: newId('con', systemRandom),
    tenant,
    name,
    purpose: 'export',
    location: { service: 'local', directory: '/nowhere', rootPath: 'root/' },
    authentication: { kind: 'none' },
    identityMapping: { sourceIdentityClaim: 'sub', tags: [] },
    writing: { acl: 'none', encryption: { kind: 'bucket-default' }, resume: false },
    state: 'active',
    version: 1,
    createdAt: '2026-11-03T10:00:00.000Z',
    warnings: [],
    ...over,
  }
}
