/** Brings a database forward to the form that this code knows, or back by one step; refuses one that is too new. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { DrawbridgeError } from '../base/index.ts'
import { type Migration, migrations } from './migrations.ts'
import type { Tables } from './schema.ts'

/** What differs between the databases when their form changes. */
export interface FormDialect {
  /** A step's statement in the database's own words. */
  translate(statement: string): string
  /** Called in the transaction of each step, after its statements. */
  settle(transaction: Transaction<Tables>): Promise<void>
  /** Shows a step every tenant's rows of a table, until it is settled. */
  showAll(transaction: Transaction<Tables>, table: string): Promise<void>
}

/** Which steps a database has seen. */
export interface DatabaseForm {
  /** The database's form: how many steps it has seen; 0: it is empty. */
  readonly version: number
  /** The form that this code knows. */
  readonly known: number
  readonly steps: readonly { readonly version: number; readonly name: string; readonly appliedAt: string | null }[]
}

/** SQLite understands the steps as they stand. */
export const sqliteForm: FormDialect = {
  translate: (statement) => statement,
  settle: async () => {},
  showAll: async () => {},
}

/** Reads which steps a database has seen. The tables that tell it are made when they are absent. */
export async function readForm(
  database: Kysely<Tables>,
  dialect: FormDialect,
  known: readonly Migration[] = migrations,
): Promise<DatabaseForm> {
  for (const statement of [
    `create table if not exists migrations (version integer primary key, name text not null, applied_at text not null)`,
    `create table if not exists breaks (version integer primary key)`,
  ]) {
    await sql.raw(dialect.translate(statement)).execute(database)
  }
  return await formOf(database, known)
}

/** The same for a database whose tables are there. */
export async function formOf(
  database: Kysely<Tables>,
  known: readonly Migration[] = migrations,
): Promise<DatabaseForm> {
  const applied = await database.selectFrom('migrations').selectAll().orderBy('version').execute()
  const waiting = known.slice(applied.length).map(({ name }, index) => ({
    version: applied.length + index + 1,
    name,
    appliedAt: null,
  }))
  const steps = applied.map(({ version, name, applied_at }) => ({ version, name, appliedAt: applied_at }))
  return { version: applied.length, known: known.length, steps: [...steps, ...waiting] }
}

/**
 * Makes sure that this code can work with a database of that form: it knows all of it, or what it does not know only
 * adds to what it knows.
 * @throws database-too-new
 */
export async function assertUsable(database: Kysely<Tables>, form: DatabaseForm): Promise<void> {
  if (form.version <= form.known) return
  const { needed } = await database
    .selectFrom('breaks')
    .select((eb) => eb.fn.max('version').as('needed'))
    .executeTakeFirstOrThrow()
  if (needed === null || Number(needed) <= form.known) return
  throw new DrawbridgeError({
    code: 'database-too-new',
    message: `the database has form ${form.version}, and this Drawbridge knows forms up to ${form.known}`,
    operation: 'state.open',
  })
}

/**
 * Runs the steps that the database has not seen, each in one transaction, and returns how many those were.
 * @throws database-too-new
 */
export async function migrate(
  database: Kysely<Tables>,
  now: () => string,
  dialect: FormDialect = sqliteForm,
  known: readonly Migration[] = migrations,
): Promise<number> {
  const form = await readForm(database, dialect, known)
  await assertUsable(database, form)
  const missing = known.slice(form.version)
  for (const [index, step] of missing.entries()) {
    const version = form.version + index + 1
    await database.transaction().execute(async (transaction) => {
      for (const statement of step.statements) await sql.raw(dialect.translate(statement)).execute(transaction)
      await transaction.insertInto('migrations').values({ version, name: step.name, applied_at: now() }).execute()
      if (step.isBreaking === true) await transaction.insertInto('breaks').values({ version }).execute()
      await dialect.settle(transaction)
    })
  }
  return missing.length
}

/**
 * Takes the last step back and returns its name.
 * @throws database-too-new — another Drawbridge knows how to take it back
 * @throws input-invalid — nothing stands before it
 */
export async function rollBack(
  database: Kysely<Tables>,
  dialect: FormDialect = sqliteForm,
  known: readonly Migration[] = migrations,
): Promise<string> {
  const form = await readForm(database, dialect, known)
  const step = known[form.version - 1]
  if (form.version > form.known) {
    throw new DrawbridgeError({
      code: 'database-too-new',
      message: `the database has form ${form.version}, and this Drawbridge knows forms up to ${form.known}`,
      operation: 'state.rollBack',
    })
  }
  const back = step?.back
  if (step === undefined || back == null) {
    throw new DrawbridgeError({ code: 'input-invalid', message: 'nothing stands before the form of the database' })
  }
  await database.transaction().execute(async (transaction) => {
    if (step.beforeBack !== undefined) {
      await dialect.showAll(transaction, step.beforeBack.table)
      await step.beforeBack.work(transaction)
    }
    for (const statement of back) await sql.raw(dialect.translate(statement)).execute(transaction)
    for (const table of ['migrations', 'breaks'] as const) {
      await transaction.deleteFrom(table).where('version', '=', form.version).execute()
    }
    await dialect.settle(transaction)
  })
  return step.name
}
