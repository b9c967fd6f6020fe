/**
 * The database as the repositories see it, and the little in which SQLite and PostgreSQL differ: whose rows a query may
 * see, whose clock counts, and how two writers keep out of each other's way. Queries themselves are the same on both.
 */
import type { RawBuilder } from 'kysely'
import type { Executor } from './schema.ts'

/** What the queue and the keeping of the house may see: the few tables of work to do, of every tenant. */
export const everyTenant = Symbol('every tenant')

/** Whose rows a query may see. PostgreSQL holds it by row-level security; SQLite leaves it to the query. */
export type Scope = string | typeof everyTenant

/** A moment as ISO 8601 text in UTC, or the SQL that asks the database's clock for it. */
export type Instant = string | RawBuilder<string>

/** An open database. */
export interface Store {
  /** The database's clock, moved by `inMs`: the machine's for an embedded database. */
  now(inMs?: number): Instant
  /** Reads within a scope. What is read together is not frozen: each query sees what was committed before it. */
  read<T>(scope: Scope, work: (executor: Executor) => Promise<T>): Promise<T>
  /** Runs one transaction within a scope; durable when it resolves. */
  write<T>(scope: Scope, work: (transaction: Executor) => Promise<T>): Promise<T>
  /** Runs one transaction for several; each enters its own scope before it does anything. */
  group(work: (enter: (scope: Scope) => Promise<Executor>) => Promise<void>): Promise<void>
  /** True: others write at the same time, so whoever selects rows to claim them locks them and skips the locked ones. */
  readonly isShared: boolean
  /** Makes whoever else asks for the same name wait until this transaction has ended. */
  serialize(transaction: Executor, name: string): Promise<void>
  /** Has the end of this transaction wait until what it read is as safe as what is written: on a standby too, where one confirms. */
  confirm(transaction: Executor): Promise<void>
  /** Tells whoever waits for work to look once this transaction is committed. A hint: rows are found without it, later. */
  announce(transaction: Executor): Promise<void>
  close(): Promise<void>
}

/** Tells whether a write failed because a unique value stands already. */
export function isTaken(error: unknown): boolean {
  const code = codeOf(error)
  return code === 2067 || code === 1555 || code === '23505'
}

/** Tells whether a write failed because a row it refers to, or that refers to it, forbids it. */
export function isReferenceBroken(error: unknown): boolean {
  const code = codeOf(error)
  return code === 787 || code === '23503'
}

/** Tells whether a transaction was taken back only because another one was in its way. */
export function isDeadlock(error: unknown): boolean {
  const code = codeOf(error)
  return code === '40P01' || code === '40001'
}

/** SQLite's extended result code, or PostgreSQL's SQLSTATE. @see https://sqlite.org/rescode.html */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  return 'errcode' in error ? error.errcode : 'code' in error ? error.code : undefined
}
