/** The runtime's own SQLite behind Kysely: opening, the adapter, and what its errors mean. */
import { statSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { DrawbridgeError } from '../base/index.ts'
import { allowDirect, type DirectStatement } from './prepared.ts'
import type { Tables } from './schema.ts'

const busyTimeoutMs = 5_000
/** The journal is carried over after so many pages (16 MB): less often, because every time costs syncs of its own. */
const checkpointPages = 4_000
const largestCheckedBytes = 256 * 1024 * 1024

/** SQLite's primary result codes that say something about the disk or the file. @see https://sqlite.org/rescode.html */
const meanings: Readonly<
  Record<number, { readonly code: 'disk-full' | 'data-directory-broken'; readonly text: string }>
> = {
  8: { code: 'data-directory-broken', text: 'the database can not be written: it is read-only' },
  10: { code: 'data-directory-broken', text: 'the disk failed while the database was used' },
  11: { code: 'data-directory-broken', text: 'the database is damaged' },
  13: { code: 'disk-full', text: 'the database has no room left on its disk' },
  14: { code: 'data-directory-broken', text: 'the database can not be opened' },
  26: { code: 'data-directory-broken', text: 'the file is not a database' },
}

/**
 * Opens (and makes, when absent) the database file: WAL, every commit on the disk before it is acknowledged. `isChecked`:
 * its pages were read by this process before.
 */
export function openDatabase(path: string, isChecked = false): Kysely<Tables> {
  const database = translated(() => {
    const opened = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true })
    try {
      opened.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off')
      opened.exec(`pragma wal_autocheckpoint = ${checkpointPages}`)
      if (!isChecked) checkPages(opened)
      return opened
    } catch (error) {
      opened.close()
      throw error
    }
  })
  const kysely = new Kysely<Tables>({ dialect: new SqliteDialect({ database: adapt(database) }) })
  allowDirect(kysely, {
    statement: (text) => direct(database, text),
    get isTransaction() {
      return database.isTransaction
    },
  })
  return kysely
}

type Adapted = Exclude<ConstructorParameters<typeof SqliteDialect>[0]['database'], (...all: never[]) => unknown>
type Statement = ReturnType<Adapted['prepare']>

/** Statements that were prepared before are used again: the house knows a few hundred texts, and lists of any length. */
const maximumStatements = 500

function adapt(database: DatabaseSync): Adapted {
  const prepared = new Map<string, Statement>()
  return {
    close: () => database.close(),
    prepare(text) {
      const known = prepared.get(text)
      if (known !== undefined) return known
      const statement = prepare(database, text)
      if (prepared.size >= maximumStatements) prepared.clear()
      prepared.set(text, statement)
      return statement
    },
  }
}

function prepare(database: DatabaseSync, text: string): Statement {
  if (text === 'rollback') return rollback(database)
  const statement = translated(() => database.prepare(text))
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters.map(bindable)
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => translated(() => statement.all(...values(parameters))),
    run: (parameters) => translated(() => statement.run(...values(parameters))),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}

/** Runs for every report: nothing is made for the occasion but what SQLite answers. */
function direct(database: DatabaseSync, text: string): DirectStatement {
  const statement = translated(() => database.prepare(text))
  const isReader = statement.columns().length > 0
  return (parameters) => {
    for (const value of parameters) bindable(value)
    const values = parameters as readonly SQLInputValue[]
    try {
      if (!isReader) return { rows: noRows, changes: Number(statement.run(...values).changes) }
      const rows = statement.all(...values)
      return { rows, changes: rows.length }
    } catch (cause) {
      throw meaningOf(cause)
    }
  }
}

const noRows: readonly never[] = []

/**
 * A full or failing disk ends a transaction by itself (https://sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction),
 * and then there is nothing to roll back. Saying so would hide why.
 */
function rollback(database: DatabaseSync): Statement {
  const run = (): { changes: number; lastInsertRowid: number } => {
    if (database.isTransaction) translated(() => database.exec('rollback'))
    return { changes: 0, lastInsertRowid: 0 }
  }
  return { reader: false, all: () => [], run, iterate: () => [][Symbol.iterator]() }
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array) {
    return value
  }
  throw new TypeError('only text, numbers, bytes and null can be bound')
}

function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw meaningOf(cause)
  }
}

/** What an error of SQLite means; the error itself where it says nothing about the disk or the file. */
function meaningOf(cause: unknown): unknown {
  const meaning = meanings[(sqliteCode(cause) ?? 0) & 0xff]
  if (meaning === undefined) return cause
  return new DrawbridgeError({
    code: meaning.code,
    message: meaning.text,
    retry: meaning.code === 'disk-full' ? 'later' : 'never',
    operation: 'state.database',
    help:
      meaning.code === 'disk-full'
        ? 'free some space; what was accepted before is safe'
        : 'restore the data directory from a backup; the evidence log will notice an older one',
    cause,
  })
}

function sqliteCode(error: unknown): number | undefined {
  const isSqlite = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isSqlite ? Number(error.errcode) : undefined
}

/** Reads every page of a database that is small enough for that to take a moment. */
function checkPages(database: DatabaseSync): void {
  const path = database.location()
  // Memory has no pages that a disk could have changed.
  if (path === null || statSync(path).size > largestCheckedBytes) return
  const [check] = database.prepare('pragma quick_check(1)').all()
  if (check?.['quick_check'] !== 'ok') throw damaged()
}

function damaged(): Error {
  return Object.assign(new Error('quick_check found damage'), { errcode: 11 })
}
