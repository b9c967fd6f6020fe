/** Opens a data directory: the lock first, then the key, the database and its form, and hands out the repositories. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { type Clock, DrawbridgeError, type Random, Secret, systemClock, systemRandom } from '../base/index.ts'
import type { ConnectionRepository, TicketRepository, WatchRepository } from '../connection/index.ts'
import type { DeliveryRepository, NewEntry, RouteRepository } from '../delivery/index.ts'
import {
  type EvidenceKey,
  exportPrivateKeyPem,
  generateEvidenceKey,
  importPrivateKeyPem,
  type LogStore,
} from '../evidence/index.ts'
import { SqlConnections } from './connections.ts'
import { openDatabase } from './database.ts'
import { SqlDeliveries } from './deliveries.ts'
import { GroupCommit } from './group-commit.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { enqueue, SqlLog } from './log.ts'
import { migrate } from './migrations.ts'
import { SqlRoutes } from './routes.ts'
import type { Tables } from './schema.ts'
import { rootKey, Sealer } from './seal.ts'
import { SqlTickets } from './tickets.ts'
import { SqlWatch } from './watch.ts'

/** How a data directory is opened. */
export interface StateOptions {
  /** Made when absent. */
  readonly directory: string
  /** The machine's clock; the embedded database has no other. */
  readonly clock: Clock
  readonly random?: Random
  /** How a busy database waits for more writes to come along. Absent: the machine's timer. */
  readonly pause?: Clock['sleep']
}

/** An opened data directory. */
export interface State {
  readonly connections: ConnectionRepository
  readonly routes: RouteRepository
  readonly deliveries: DeliveryRepository
  readonly tickets: TicketRepository
  readonly watch: WatchRepository
  readonly log: LogStore
  /** Signs checkpoints and receipts; made at the first start and kept sealed. */
  readonly evidenceKey: EvidenceKey
  /** Where the delivery room's spool belongs. */
  readonly spoolDirectory: string
  /** Writes entries that belong to no change of the delivery room into the evidence log's outbox; returns their ids. */
  record(tenant: string, entries: readonly NewEntry[]): Promise<number[]>
  /** Closes the database and gives the directory free. */
  close(): Promise<void>
}

const evidenceKeyName = 'evidence-key'

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
    const database = openDatabase(join(directory, 'drawbridge.sqlite'))
    try {
      return await assemble(directory, database, lock, clock, random, options.pause ?? systemClock.sleep)
    } catch (error) {
      await database.destroy()
      throw error
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function assemble(
  directory: string,
  database: Kysely<Tables>,
  lock: DirectoryLock,
  clock: Clock,
  random: Random,
  pause: Clock['sleep'],
): Promise<State> {
  const now = (): string => clock.now().toISOString()
  await migrate(database, now)
  const sealed = await database.selectFrom('sealed_values').selectAll().execute()
  const sealer = new Sealer(await rootKey(directory, sealed.length === 0, random), random)
  const evidenceKey = await openEvidenceKey(database, sealer, random)
  const commits = new GroupCommit(database, pause)
  const deliveries = new SqlDeliveries(database, commits, now)
  await deliveries.voidLeases()
  return {
    connections: new SqlConnections(database, sealer),
    routes: new SqlRoutes(database),
    deliveries,
    tickets: new SqlTickets(database),
    watch: new SqlWatch(database),
    log: new SqlLog(database, commits, now),
    evidenceKey,
    spoolDirectory: join(directory, 'spool'),
    record: (tenant, entries) => commits.run((transaction) => enqueue(transaction, tenant, entries, now())),
    async close() {
      await database.destroy()
      lock.release()
    },
  }
}

/** Opens the sealed evidence key, which also proves the root key, or makes and seals it at the first start. */
async function openEvidenceKey(database: Kysely<Tables>, sealer: Sealer, random: Random): Promise<EvidenceKey> {
  const place = ['', evidenceKeyName, 'private-key', '1']
  const row = await database
    .selectFrom('sealed_values')
    .select('sealed')
    .where('name', '=', evidenceKeyName)
    .executeTakeFirst()
  if (row !== undefined) {
    const opened = importPrivateKeyPem(new Secret(sealer.unseal(place, row.sealed)))
    if (opened.ok) return opened.value
    throw new DrawbridgeError({
      code: 'data-directory-broken',
      message: 'the sealed evidence key is no key',
      operation: 'state.open',
      help: 'restore the data directory from a backup',
    })
  }
  const key = generateEvidenceKey(random)
  const sealed = sealer.seal(place, exportPrivateKeyPem(key.privateKey).reveal())
  await database.insertInto('sealed_values').values({ name: evidenceKeyName, sealed }).execute()
  return key
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
