/**
 * pg-boss on the same PostgreSQL: it wakes workers, and lets one of them keep house every hour. A job carries nothing and
 * says only "look": the delivery's row is the truth, and a job that is lost costs a worker's nap and no delivery.
 */
import { CompiledQuery, type Kysely, sql } from 'kysely'
import type { PoolConfig } from 'pg'
import type { PgBoss, SendOptions } from 'pg-boss'
import type { Executor, Tables } from '../schema.ts'
import { Hosts } from './hosts.ts'
import type { Listening } from './listening.ts'
import { appRole, type PostgresOptions } from './pool.ts'
import { QueueDatabase } from './queue-database.ts'

const queueSchema = 'drawbridge_queue'
const wakeQueue = 'wake'
const houseQueue = 'keep-house'
/** At a minute that other timetables leave alone. */
const houseCron = '37 * * * *'
/** One look serves however many asked for it. */
const largestRound = 1_000

/** What a worker does when it is told. Must not throw. */
export interface QueueHandlers {
  /** Something may be due. */
  readonly wake: () => void
  /** It is this worker's turn to remove what nobody needs. */
  readonly keepHouse: () => Promise<void>
}

/** Makes the queue's own tables, as the owner, and lets workers use them. */
export async function installQueue(options: PostgresOptions, owner: Kysely<Tables>): Promise<void> {
  const connections = new QueueDatabase(queueConnections(options, null), new Hosts(options.url), null)
  const boss = await bossOf({ db: connections, schema: queueSchema, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  try {
    const brief = { retryLimit: 0, expireInSeconds: 60, retentionSeconds: 60, deleteAfterSeconds: 60 }
    await boss.createQueue(wakeQueue, { ...brief, notify: true })
    await boss.createQueue(houseQueue, { policy: 'singleton', retryLimit: 2, expireInSeconds: 15 * 60 })
    await boss.schedule(houseQueue, houseCron)
  } finally {
    await boss.stop({ graceful: false })
    await connections.close()
  }
  for (const statement of [
    `grant usage on schema ${queueSchema} to ${appRole}`,
    `grant select, insert, update, delete on all tables in schema ${queueSchema} to ${appRole}`,
    `grant usage on all sequences in schema ${queueSchema} to ${appRole}`,
    `grant execute on all functions in schema ${queueSchema} to ${appRole}`,
  ]) {
    await sql.raw(statement).execute(owner)
  }
}

/** What the queue of a process is opened with. */
export interface QueueParts {
  /** True: this process is a worker, and does the queue's own upkeep too. */
  readonly works: boolean
  readonly hosts: Hosts
  readonly listening: Listening
}

/** The queue as a process uses it. */
export class WakeQueue {
  readonly #boss: PgBoss
  readonly #connections: QueueDatabase
  readonly #announced = new WeakSet<Executor>()

  private constructor(boss: PgBoss, connections: QueueDatabase) {
    this.#boss = boss
    this.#connections = connections
  }

  /** Connects. @throws database-unavailable */
  static async open(options: PostgresOptions, { works, hosts, listening }: QueueParts): Promise<WakeQueue> {
    const connections = new QueueDatabase(queueConnections(options, appRole), hosts, listening)
    const boss = await bossOf({
      db: connections,
      schema: queueSchema,
      migrate: false,
      createSchema: false,
      reindex: false,
      monitorVacuum: false,
      supervise: works,
      schedule: works,
      useListenNotify: works,
    })
    // It tries again by itself, and workers look without being told.
    boss.on('error', () => {})
    boss.on('warning', () => {})
    try {
      await boss.start()
    } catch (error) {
      await connections.close()
      throw error
    }
    return new WakeQueue(boss, connections)
  }

  /** Tells workers to look once this transaction is committed; once, however often it is asked for. */
  async announce(transaction: Executor): Promise<void> {
    if (this.#announced.has(transaction)) return
    this.#announced.add(transaction)
    await this.#boss.send(wakeQueue, null, { db: through(transaction) })
  }

  /** Listens from now on. */
  async work({ wake, keepHouse }: QueueHandlers): Promise<void> {
    const often = { pollingIntervalSeconds: 2, batchSize: largestRound }
    await this.#boss.work(wakeQueue, often, async () => wake())
    await this.#boss.work(houseQueue, { pollingIntervalSeconds: 30 }, keepHouse)
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false })
    await this.#connections.close()
  }
}

/** The queue's own statements are few, and must not wait behind the work. */
function queueConnections({ connectTimeoutMs, statementTimeoutMs }: PostgresOptions, role: string | null): PoolConfig {
  const settings = [`statement_timeout=${statementTimeoutMs}`, ...(role === null ? [] : [`role=${role}`])]
  return {
    max: 2,
    application_name: 'drawbridge-queue',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    options: settings.map((setting) => `-c ${setting}`).join(' '),
  }
}

/** Runs pg-boss's statement inside somebody else's transaction. */
function through(transaction: Executor): NonNullable<SendOptions['db']> {
  return {
    async executeSql(text, values = []) {
      const { rows } = await transaction.executeQuery<object>(CompiledQuery.raw(text, [...values]))
      return { rows: [...rows] }
    },
  }
}

/** Loaded here: it is large, and an embedded database has no use for it. */
async function bossOf(options: ConstructorParameters<typeof PgBoss>[0] & object): Promise<PgBoss> {
  const { PgBoss: Boss } = await import('pg-boss')
  return new Boss(options)
}
