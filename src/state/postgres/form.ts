/**
 * The form of a PostgreSQL database: made and changed by its owner, one at a time, and looked at by everybody else
 * before they begin to work.
 */
import { type Kysely, sql } from 'kysely'
import { DrawbridgeError } from '../../base/index.ts'
import { assertUsable, type DatabaseForm, type FormDialect, formOf, migrate, readForm, rollBack } from '../migrate.ts'
import type { Migration } from '../migrations.ts'
import type { Tables } from '../schema.ts'
import { freeOwner, settlePolicies } from './policies.ts'
import { appRole, openPool, type PostgresOptions, schemaName } from './pool.ts'
import { installQueue } from './queue.ts'
import { inPostgresWords } from './words.ts'

const postgresForm: FormDialect = { translate: inPostgresWords, settle: settlePolicies, showAll: freeOwner }

/** Any number; the same for every Drawbridge. */
const migrationLock = 4_780_001

/** What the owner of a database can do to its form. */
export class PostgresForm {
  readonly #options: PostgresOptions
  readonly #known: readonly Migration[] | undefined

  /** `known`: other steps than the present ones, for tests of older and newer code. */
  constructor(options: PostgresOptions, known?: readonly Migration[]) {
    this.#options = options
    this.#known = known
  }

  /** Which steps the database has seen. */
  async read(): Promise<DatabaseForm> {
    return await this.#asOwner((database) => readForm(database, postgresForm, this.#known))
  }

  /** Runs the missing steps and returns how many those were; waits while somebody else does. @throws database-too-new */
  async migrate(): Promise<number> {
    const now = (): string => new Date().toISOString()
    return await this.#asOwner(async (database) => {
      const steps = await migrate(database, now, postgresForm, this.#known)
      await installQueue(this.#options, database)
      return steps
    })
  }

  /** Takes the last step back and returns its name. @throws input-invalid | database-too-new */
  async rollBack(): Promise<string> {
    return await this.#asOwner((database) => rollBack(database, postgresForm, this.#known))
  }

  async #asOwner<T>(work: (database: Kysely<Tables>) => Promise<T>): Promise<T> {
    // Changing a large table may take its time.
    const { database, close } = openPool({ ...this.#options, poolSize: 1, statementTimeoutMs: 30 * 60_000 }, null)
    try {
      return await database.connection().execute(async (connection) => {
        await sql`select pg_advisory_lock(${migrationLock})`.execute(connection)
        try {
          await prepare(connection)
          return await work(connection)
        } finally {
          await sql`select pg_advisory_unlock(${migrationLock})`.execute(connection).catch(() => {})
        }
      })
    } catch (cause) {
      throw isForbidden(cause) ? notOwner(cause) : cause
    } finally {
      await close()
    }
  }
}

/** The schema, and the role that works in it. */
async function prepare(database: Kysely<Tables>): Promise<void> {
  await sql.raw(`create schema if not exists ${schemaName}`).execute(database)
  const { rows } = await sql`select from pg_roles where rolname = ${appRole}`.execute(database)
  if (rows.length === 0) await sql.raw(`create role ${appRole} nologin`).execute(database)
  await sql.raw(`grant usage on schema ${schemaName} to ${appRole}`).execute(database)
}

/**
 * Makes sure that a pool's connections meet a database they can work with, as a role that its rules bind.
 * @throws database-outdated | database-too-new | database-unfit | database-unavailable
 */
export async function assertFit(database: Kysely<Tables>, known?: readonly Migration[]): Promise<void> {
  const form = await formOf(database, known).catch((cause: unknown) => {
    throw isMissing(cause) ? outdated(0, cause) : cause
  })
  await assertUsable(database, form)
  if (form.version < form.known) throw outdated(form.version)
  const { rows } = await sql<{ is_bound: boolean }>`
    select not (rolsuper or rolbypassrls) and not exists (
      select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schemaName} and c.relowner = r.oid) as is_bound
    from pg_roles r where rolname = current_user`.execute(database)
  if (rows[0]?.is_bound === true) return
  throw new DrawbridgeError({
    code: 'database-unfit',
    message: `row-level security does not bind the role \`${appRole}\``,
    operation: 'state.open',
    help: `\`alter role ${appRole} nosuperuser nobypassrls\`, and let another role own the tables`,
  })
}

function outdated(version: number, cause?: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'database-outdated',
    message: version === 0 ? 'the database was not set up yet' : `the database has the older form ${version}`,
    operation: 'state.open',
    cause,
  })
}

function notOwner(cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'database-unfit',
    message: 'the role that changes the form of the database may not do that',
    operation: 'state.migrate',
    help: 'give the owner in DATABASE_OWNER_URL; the first time it needs CREATEROLE and the right to create a schema',
    cause,
  })
}

/** The schema, a table or the role is not there; or somebody without a right asks. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(42P01|3F000|22023|42501)$/.test(String(error.code))
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501'
}
