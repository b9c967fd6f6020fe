/**
 * Opens the state: of a data directory the lock first, then the key, the database and its form; of PostgreSQL the
 * database that many processes share, and the key that all of them have. Hands out the repositories.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, DrawbridgeError, type Random, type Secret, systemRandom } from '../base/index.ts'
import type { ConnectionRepository, TicketRepository, WatchRepository } from '../connection/index.ts'
import type {
  CircuitRepository,
  DeliveryRepository,
  NewEntry,
  ReceiptMaker,
  RouteRepository,
  ScheduleRepository,
  SharedSpace,
} from '../delivery/index.ts'
import type { EvidenceKey, LogSealer, LogStore } from '../evidence/index.ts'
import { Aside, type ReceiptOptions } from './aside/aside.ts'
import { SqlCircuits } from './circuits.ts'
import { SqlConnections } from './connections.ts'
import { SqlDeliveries } from './deliveries.ts'
import { EvidenceKeys } from './evidence-keys.ts'
import { GroupCommit, machinePace, playedPace } from './group-commit.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { enqueue, SqlLog } from './log.ts'
import { PostgresForm } from './postgres/form.ts'
import type { PostgresOptions } from './postgres/pool.ts'
import type { WakeQueue } from './postgres/queue.ts'
import type { SharedNews } from './postgres/shared-news.ts'
import { PostgresStore } from './postgres/store.ts'
import { keepInstructions } from './receipts.ts'
import { SqlRoutes } from './routes.ts'
import { SqlSchedules } from './schedules.ts'
import { rootKey, Sealer } from './seal.ts'
import { SqlSignInSessions } from './sign-in-sessions.ts'
import { SqlSpoolSpace } from './spool-space.ts'
import { SqliteStore } from './sqlite-store.ts'
import { everyTenant, type Store } from './store.ts'
import { SqlTickets } from './tickets.ts'
import { SqlWatch } from './watch.ts'

const databaseFile = 'drawbridge.sqlite'

/** How a data directory is opened. */
export interface StateOptions {
  /** Made when absent. */
  readonly directory: string
  /** Where SQLite keeps the database; a URI may name memory. Absent: a file of the directory. */
  readonly databasePath?: string
  /** The machine's clock; the embedded database has no other. */
  readonly clock: Clock
  readonly random?: Random
  /** How a busy database waits for more writes to come along. Absent: the machine's timer and the turns of its event loop. */
  readonly pause?: Clock['sleep']
  /** True: deliveries and the log are kept on a thread of their own, for a process that delivers much. */
  readonly isAside?: boolean
}

/** How the state of a deployment with many processes is opened. */
export interface SharedStateOptions extends StateOptions {
  readonly postgres: PostgresOptions
  /** True: this process works deliveries off, and takes its turn in the upkeep of the queue. */
  readonly works?: boolean
  /** Who changes the form of the database when it is older; absent: nobody does, and an older one is refused. */
  readonly ownerUrl?: Secret
  /** The root key that all processes share; absent: `keys/root.key` of the directory. */
  readonly rootKeyFile?: string
  /** The spool that all processes share; absent: `spool` of the directory. */
  readonly spoolDirectory?: string
}

/** The opened state. */
export interface State {
  /** True: other processes work with the same database and spool. */
  readonly isShared: boolean
  readonly connections: ConnectionRepository
  readonly routes: RouteRepository
  readonly deliveries: DeliveryRepository
  readonly tickets: TicketRepository
  readonly watch: WatchRepository
  readonly schedules: ScheduleRepository
  readonly circuits: CircuitRepository
  readonly signInSessions: SqlSignInSessions
  readonly log: LogStore
  /** Makes receipts where the log is kept on another thread; null: it is kept on this one. */
  readonly makeReceipts: ((options: ReceiptOptions) => ReceiptMaker) | null
  /** Has receipts of small reports made with their commits, signed by this log; it does nothing where other processes share the database. */
  sealWith(log: LogSealer): void
  /** The keys that sign checkpoints and receipts, and those that did. */
  readonly evidenceKeys: EvidenceKeys
  /** The key that signed when the state was opened. */
  readonly evidenceKey: EvidenceKey
  /** Where the delivery room's spool belongs. */
  readonly spoolDirectory: string
  /** Writes entries that belong to no change of the delivery room into the evidence log's outbox; returns their ids. */
  record(tenant: string, entries: readonly NewEntry[]): Promise<number[]>
  /** Wakes workers of other processes, and lets one of them keep house; null: there are no others. */
  readonly queue: Pick<WakeQueue, 'work'> | null
  /** News of deliveries between processes; null: there are no others. */
  readonly news: Pick<SharedNews, 'answer' | 'tell' | 'follow' | 'progressOf'> | null
  /** The room of the spool that processes share; null: this one has it to itself. */
  readonly spoolSpace: SharedSpace | null
  /** The clock whose moments the database compares: of an embedded database, the machine's. */
  readonly clock: Clock
  /** Asks the database for nothing but an answer. @throws database-unavailable */
  ping(): Promise<void>
  /** Closes the database and gives the directory free. */
  close(): Promise<void>
}

/**
 * Opens a data directory for this process alone. Leases of an earlier process are void: the lock proves it gone.
 * @throws data-directory-locked — another process has it; the message names its process id
 * @throws data-directory-broken | disk-full
 */
export async function openState(options: StateOptions): Promise<State> {
  const { directory, clock } = options
  const random = options.random ?? systemRandom
  await makeDirectory(directory)
  const lock = lockDirectory(directory)
  try {
    const path = options.databasePath ?? join(directory, databaseFile)
    const store = await SqliteStore.open(path, clock)
    const place: Place = { directory, spool: join(directory, 'spool'), rootKeyFile: rootKeyOf(directory), lock }
    const state = await assembleOrClose(place, store, random, options)
    return options.isAside === true ? putAside(state, store, path, clock) : state
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Moves what every report goes through to a thread of its own; the rest stays here, and writes in its turn. */
function putAside(state: State, store: SqliteStore, path: string, clock: Clock): State {
  const aside = new Aside(path, clock)
  store.share(aside.turns)
  const { deliveries, log } = aside
  const close = async (): Promise<void> => {
    await aside.close()
    await state.close()
  }
  const makeReceipts: State['makeReceipts'] = (options) => aside.makeReceipts(options)
  // The log of the thread signs there.
  return { ...state, deliveries, log, makeReceipts, sealWith: () => {}, close }
}

/**
 * Opens the state that other processes share: no directory is locked, and leases are left to whoever holds them.
 * @throws database-outdated | database-too-new | database-unfit | database-unavailable | data-directory-broken
 */
export async function openSharedState(options: SharedStateOptions): Promise<State> {
  const { directory, postgres, ownerUrl, clock, works = false } = options
  const parts = { postgres, clock, works }
  await makeDirectory(directory)
  const store = await PostgresStore.open(parts).catch(async (error: unknown) => {
    const isOld = error instanceof DrawbridgeError && error.code === 'database-outdated'
    if (!isOld || ownerUrl === undefined) throw error
    await new PostgresForm({ ...postgres, url: ownerUrl }).migrate()
    return await PostgresStore.open(parts)
  })
  const place: Place = {
    directory,
    spool: options.spoolDirectory ?? join(directory, 'spool'),
    rootKeyFile: options.rootKeyFile ?? rootKeyOf(directory),
    lock: null,
  }
  const state = await assembleOrClose(place, store, options.random ?? systemRandom, options)
  return { ...state, queue: store.queue, news: store.news, spoolSpace: new SqlSpoolSpace(store), clock: store.clock }
}

/** What does not stand in the database. */
interface Place {
  readonly directory: string
  readonly spool: string
  readonly rootKeyFile: string
  readonly lock: DirectoryLock | null
}

function rootKeyOf(directory: string): string {
  return join(directory, 'keys', 'root.key')
}

async function assembleOrClose(place: Place, store: Store, random: Random, options: StateOptions): Promise<State> {
  try {
    return await assemble(place, store, random, options)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function assemble(place: Place, store: Store, random: Random, options: StateOptions): Promise<State> {
  const { clock, pause } = options
  const isNew = await store.read(everyTenant, async (executor) => {
    const sealed = await executor.selectFrom('sealed_values').select('name').execute()
    return sealed.length === 0
  })
  const sealer = new Sealer(await rootKey(place.rootKeyFile, isNew, random), random)
  const evidenceKeys = await EvidenceKeys.open(store, sealer, random, clock)
  const commits = new GroupCommit(store, pause === undefined ? machinePace : playedPace(pause))
  const deliveries = new SqlDeliveries(store, commits)
  await keepInstructions(store)
  // The lock proves that the workers of before are gone. Where there is none, their leases run out.
  if (place.lock !== null) await deliveries.voidLeases()
  return {
    isShared: store.isShared,
    queue: null,
    news: null,
    spoolSpace: null,
    clock,
    connections: new SqlConnections(store, sealer),
    routes: new SqlRoutes(store),
    deliveries,
    tickets: new SqlTickets(store),
    watch: new SqlWatch(store),
    schedules: new SqlSchedules(store, commits),
    circuits: new SqlCircuits(store, commits),
    signInSessions: new SqlSignInSessions(store),
    log: new SqlLog(store, commits),
    makeReceipts: null,
    sealWith: (log) => deliveries.sealWith(log),
    evidenceKeys,
    evidenceKey: evidenceKeys.keys.current,
    spoolDirectory: place.spool,
    record: (tenant, entries) =>
      commits.run(tenant, (transaction) => enqueue(transaction, tenant, entries, store.now())),
    ping: async () => {
      await store.read(everyTenant, (executor) =>
        executor.selectFrom('migrations').select('version').limit(1).execute(),
      )
    },
    async close() {
      await store.close()
      place.lock?.release()
    },
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new DrawbridgeError({
      code: 'data-directory-broken',
      message: `the data directory \`${directory}\` can not be made`,
      operation: 'state.open',
      help: 'is it writable, and a directory?',
      cause,
    })
  }
}
