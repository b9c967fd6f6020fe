/**
 * Queries whose text is made once. Building and compiling a query costs several times what a small one costs to run; where
 * the same one runs for every report, it is compiled with places for its values, and later only the values are put in.
 * Of the embedded database a statement is called at once, past the layers of the query builder: within a transaction, and
 * a reading one while none is under way.
 */
import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Executor } from './schema.ts'
import type { Instant } from './store.ts'

/** What a prepared query is given, by name. An instant that is SQL becomes part of its text, so it is always the same one. */
export type Values = Readonly<Record<string, string | number | Uint8Array | null | Instant>>

/** What a statement did. */
export interface Ran<R> {
  readonly rows: readonly R[]
  readonly changes: number
}

/** A statement of the database itself. */
export type DirectStatement = (parameters: readonly unknown[]) => Ran<unknown>

/** An open database, past the layers of the query builder. */
export interface DirectDatabase {
  /** Makes a statement of its text. */
  statement(text: string): DirectStatement
  /** Tells whether a transaction is under way. */
  readonly isTransaction: boolean
}

const directDatabases = new WeakMap<object, DirectDatabase>()

/** Lets prepared queries reach the statements of a database. Its transactions must be alone on its one connection. */
export function allowDirect(database: Executor, direct: DirectDatabase): void {
  directDatabases.set(database.getExecutor().adapter, direct)
}

/** Tells whether a database is an embedded one. */
export function isEmbedded(executor: Executor): boolean {
  return directDatabases.has(executor.getExecutor().adapter)
}

/** Tells whether this is a transaction of a database that only one process has: nobody else writes until it ends. */
export function isAlone(executor: Executor): boolean {
  return executor.isTransaction && isEmbedded(executor)
}

/** Stands for a value while a query is compiled. */
class Place {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

interface Made<R> {
  readonly compiled: CompiledQuery<R>
  /** Of its values, in their order; what is no place is the same every time. */
  readonly places: readonly unknown[]
  readonly direct: DirectStatement | null
  /** Of what only reads: the database, which tells whether that may be now. */
  readonly reads: DirectDatabase | null
}

/** One query, compiled when a database first runs it. */
export class Prepared<V extends Values, R> {
  readonly #build: (executor: Executor, value: V) => Compilable<R>
  readonly #made = new WeakMap<object, Made<R>>()

  /** `build` makes the same query each time, of the places of its values. */
  constructor(build: (executor: Executor, value: V) => Compilable<R>) {
    this.#build = build
  }

  /** Runs it with these values. What is called at once answers at once: a promise of each statement costs as much as some of them. */
  run(executor: Executor, values: V): Ran<R> | Promise<Ran<R>> {
    const { compiled, places, direct, reads } = this.#madeFor(executor, values)
    const parameters = new Array<unknown>(places.length)
    for (let at = 0; at < places.length; at += 1) {
      const place = places[at]
      parameters[at] = place instanceof Place ? values[place.name] : place
    }
    // INVARIANT: outside of a transaction only while none is under way: it would be read before it is committed.
    const isNow = executor.isTransaction || reads?.isTransaction === false
    if (direct !== null && isNow) return direct(parameters) as Ran<R>
    return runThrough(executor, compiled, parameters)
  }

  /** Runs it and tells how many rows it changed. */
  async change(executor: Executor, values: V): Promise<number> {
    return (await this.run(executor, values)).changes
  }

  #madeFor(executor: Executor, values: V): Made<R> {
    // The adapter is the same for a database and its transactions, and differs between databases.
    const { adapter } = executor.getExecutor()
    const known = this.#made.get(adapter)
    if (known !== undefined) return known
    const compiled = this.#build(executor, placesOf(values)).compile()
    const database = directDatabases.get(adapter) ?? null
    const direct = database?.statement(compiled.sql) ?? null
    const reads = compiled.query.kind === 'SelectQueryNode' ? database : null
    const made = { compiled, places: [...compiled.parameters], direct, reads }
    this.#made.set(adapter, made)
    return made
  }
}

async function runThrough<R>(
  executor: Executor,
  { sql, query, queryId }: CompiledQuery<R>,
  parameters: readonly unknown[],
): Promise<Ran<R>> {
  const result: QueryResult<R> = await executor.executeQuery<R>({ sql, query, queryId, parameters })
  return { rows: result.rows, changes: Number(result.numAffectedRows ?? 0) }
}

function placesOf<V extends Values>(values: V): V {
  const places = Object.entries(values).map(([name, value]) => {
    const isSql = typeof value === 'object' && value !== null && 'toOperationNode' in value
    // The compiler hands on what it does not know as a parameter.
    return [name, isSql ? value : new Place(name)]
  })
  return Object.fromEntries(places) as V
}
