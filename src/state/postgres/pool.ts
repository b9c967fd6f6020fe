/**
 * Connections to PostgreSQL: opened with the limits that keep a broken network or a stuck query from holding work up,
 * handed out to Kysely, and thrown away once something about them is unclear.
 */
import { Kysely } from 'kysely'
import pg from 'pg'
import type { Secret } from '../../base/index.ts'
import type { Tables } from '../schema.ts'
import { PoolDialect } from './dialect.ts'
import { Hosts } from './hosts.ts'

/** Where the tables are. */
export const schemaName = 'drawbridge'
/** Who works with them: owns nothing, can sign in only through a role that is its member. */
export const appRole = 'drawbridge_app'

/** How PostgreSQL is reached. */
export interface PostgresOptions {
  /** `postgres://user:password@host/database`, with several hosts where a standby may take over; TLS as `sslmode` says. */
  readonly url: Secret
  /** Connections at most. */
  readonly poolSize: number
  /** After so long a statement counts as stuck, on both sides. */
  readonly statementTimeoutMs: number
  /** After so long without a connection a caller is told that the database is unavailable. */
  readonly connectTimeoutMs: number
}

/** What is used where nothing else was asked for. */
export const defaultLimits = { poolSize: 10, statementTimeoutMs: 30_000, connectTimeoutMs: 5_000 } as const

/** A pool and Kysely on it. */
export interface OpenPool {
  readonly database: Kysely<Tables>
  close(): Promise<void>
}

/** int8 as number: the sizes and places that stand there are far below 2^53. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === 20 ? safeInteger : pg.types.getTypeParser(oid, format ?? 'text'),
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new TypeError('a number of the database is too large')
  return value
}

/** Opens a pool. Nothing is connected before the first query. `role`: what every connection acts as. */
export function openPool(options: PostgresOptions, role: string | null, hosts = new Hosts(options.url)): OpenPool {
  const { poolSize } = options
  const pool = new pg.Pool({ ...clientConfig(options, role), max: poolSize, types, Client: hosts.clientClass() })
  // A connection that breaks while nobody uses it is the pool's own business.
  pool.on('error', () => {})
  const database = new Kysely<Tables>({ dialect: new PoolDialect(() => lend(pool, hosts)) })
  return {
    database,
    async close() {
      await database.destroy()
      await pool.end()
    },
  }
}

/** How each connection is made, but for where to. */
export function clientConfig(options: PostgresOptions, role: string | null): pg.ClientConfig {
  const { statementTimeoutMs, connectTimeoutMs } = options
  const settings = {
    ...(role === null ? {} : { role }),
    search_path: schemaName,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    // An acknowledged commit is on the disk, and on the synchronous standby's where there is one.
    synchronous_commit: 'on',
    client_min_messages: 'warning',
  }
  return {
    application_name: 'drawbridge',
    connectionTimeoutMillis: connectTimeoutMs,
    // A little later than the server gives up: then it is the network that does not answer.
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  }
}

/** Lends a connection to whichever server serves; each is tried once. */
export async function lend(pool: pg.Pool, hosts: Hosts): Promise<pg.PoolClient> {
  for (let left = hosts.count - 1; ; left -= 1) {
    try {
      return await pool.connect()
    } catch (error) {
      if (left === 0) throw error
    }
  }
}
