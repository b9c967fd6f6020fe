/** Kysely on a pool of pg's connections. A connection goes back to the pool only when its last query had an answer. */
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type QueryResult,
} from 'kysely'
import type pg from 'pg'
import { DrawbridgeError } from '../../base/index.ts'
import { translated } from './unavailable.ts'

/** PostgreSQL's own grammar over connections that are never lent twice once something about them is unclear. */
export class PoolDialect implements Dialect {
  readonly #lend: () => Promise<pg.PoolClient>

  constructor(lend: () => Promise<pg.PoolClient>) {
    this.#lend = lend
  }

  createDriver(): Driver {
    return new PoolDriver(this.#lend)
  }

  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler()
  }

  createAdapter(): DialectAdapter {
    return new PostgresAdapter()
  }

  createIntrospector(database: Kysely<unknown>): DatabaseIntrospector {
    return new PostgresIntrospector(database)
  }
}

class PoolDriver implements Driver {
  readonly #lend: () => Promise<pg.PoolClient>

  constructor(lend: () => Promise<pg.PoolClient>) {
    this.#lend = lend
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<LentConnection> {
    return new LentConnection(await translated(this.#lend))
  }

  async beginTransaction(connection: LentConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'))
  }

  async commitTransaction(connection: LentConnection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: LentConnection): Promise<void> {
    // On a broken connection the server rolls back by itself.
    if (!connection.isBroken) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async releaseConnection(connection: LentConnection): Promise<void> {
    connection.release()
  }

  async destroy(): Promise<void> {}
}

class LentConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient
  isBroken = false
  #isUnconfirmed = false

  constructor(client: pg.PoolClient) {
    this.#client = client
    client.on('error', this.#onError)
    client.on('notice', this.#onNotice)
  }

  readonly #onError = (): void => {
    this.isBroken = true
  }

  /** Somebody broke off the wait for the synchronous standby; the server then tells of success, with a warning. */
  readonly #onNotice = ({ routine }: { readonly routine?: string | undefined }): void => {
    if (routine === 'SyncRepWaitForLSN') this.#isUnconfirmed = true
  }

  /** Ends a transaction. What the standby has not confirmed may be lost with the primary, and does not count. */
  async commit(): Promise<void> {
    await this.executeQuery(CompiledQuery.raw('commit'))
    if (!this.#isUnconfirmed) return
    this.isBroken = true
    throw new DrawbridgeError({
      code: 'database-unavailable',
      message: 'the wait for the synchronous standby was broken off: what was written may be lost with the primary',
      retry: 'later',
      operation: 'state.database',
    })
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const result = await translated(() =>
        this.#client.query<pg.QueryResultRow & R>({
          ...nameOf(query),
          text: query.sql,
          values: query.parameters.map(storable),
        }),
      )
      const isWrite = /^(INSERT|UPDATE|DELETE|MERGE)$/.test(result.command ?? '')
      return { rows: result.rows ?? [], ...(isWrite ? { numAffectedRows: BigInt(result.rowCount ?? 0) } : {}) }
    } catch (error) {
      if (error instanceof DrawbridgeError) this.isBroken = true
      throw error
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncGenerator<QueryResult<R>> {
    yield await this.executeQuery<R>(query)
  }

  release(): void {
    this.#client.off('error', this.#onError)
    this.#client.off('notice', this.#onNotice)
    this.#client.release(this.isBroken)
  }
}

/** Texts that come again and again are prepared once for each connection: planning them costs more than running them. */
const mostNames = 300
const longestText = 4_000
const names = new Map<string, string>()

/** The house knows a few hundred texts, and lists of any length; those that come late go unprepared. */
function nameOf({ sql, parameters }: CompiledQuery): { readonly name?: string } {
  if (parameters.length === 0 || sql.length > longestText) return {}
  const known = names.get(sql)
  if (known !== undefined) return { name: known }
  if (names.size >= mostNames) return {}
  const name = `drawbridge_${names.size}`
  names.set(sql, name)
  return { name }
}

/** PostgreSQL's text has no NUL, and strangers' error messages may. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}
