/**
 * Queries whose text is made once. Building and compiling a query costs several times what a small one costs to run; where
 * the same one runs for every report, it is compiled with places for its values, and later only the values are put in.
 */
import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Executor } from './schema.ts'
import type { Instant } from './store.ts'

/** What a prepared query is given, by name. An instant that is SQL becomes part of its text, so it is always the same one. */
export type Values = Readonly<Record<string, string | number | Uint8Array | null | Instant>>

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
}

/** One query, compiled when a database first runs it. */
export class Prepared<V extends Values, R> {
  readonly #build: (executor: Executor, value: V) => Compilable<R>
  readonly #made = new WeakMap<object, Made<R>>()

  /** `build` makes the same query each time, of the places of its values. */
  constructor(build: (executor: Executor, value: V) => Compilable<R>) {
    this.#build = build
  }

  /** Runs it with these values. */
  async run(executor: Executor, values: V): Promise<QueryResult<R>> {
    const { compiled, places } = this.#madeFor(executor, values)
    const parameters = places.map((place) => (place instanceof Place ? values[place.name] : place))
    const { sql, query, queryId } = compiled
    return await executor.executeQuery<R>({ sql, query, queryId, parameters })
  }

  /** Runs it and tells how many rows it changed. */
  async change(executor: Executor, values: V): Promise<number> {
    return Number((await this.run(executor, values)).numAffectedRows ?? 0)
  }

  #madeFor(executor: Executor, values: V): Made<R> {
    // The adapter is the same for a database and its transactions, and differs between databases.
    const { adapter } = executor.getExecutor()
    const known = this.#made.get(adapter)
    if (known !== undefined) return known
    const compiled = this.#build(executor, placesOf(values)).compile()
    const made = { compiled, places: [...compiled.parameters] }
    this.#made.set(adapter, made)
    return made
  }
}

function placesOf<V extends Values>(values: V): V {
  const places = Object.entries(values).map(([name, value]) => {
    const isSql = typeof value === 'object' && value !== null && 'toOperationNode' in value
    // The compiler hands on what it does not know as a parameter.
    return [name, isSql ? value : new Place(name)]
  })
  return Object.fromEntries(places) as V
}
