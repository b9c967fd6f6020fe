/**
 * Queries for the rows of many keys. An embedded database is given the keys as one JSON text, so that the query is the same
 * however many they are, and is compiled once; over a network each key is a parameter.
 */
import { type Compilable, type RawBuilder, sql } from 'kysely'
import { isEmbedded, Prepared, type Values } from './prepared.ts'
import type { Executor } from './schema.ts'

type Keys = Values & { readonly keys: string }

/** One query for the rows of any number of keys. */
export class Listed<K extends string | number, R> {
  readonly #build: (executor: Executor, keys: RawBuilder<K>, tenant: string) => Compilable<R>
  readonly #prepared: Prepared<Keys & { readonly tenant: string }, R>

  /** `build` makes the query of what `in` compares with, and of a tenant if it asks for one; it always makes the same one. */
  constructor(build: (executor: Executor, keys: RawBuilder<K>, tenant: string) => Compilable<R>) {
    this.#build = build
    this.#prepared = new Prepared((executor, { tenant, keys }) =>
      build(executor, sql<K>`(select value from json_each(${keys}))`, tenant),
    )
  }

  /** Reads the rows of these keys, in the query's order. */
  async rows(executor: Executor, keys: readonly K[], tenant = ''): Promise<readonly R[]> {
    if (keys.length === 0) return []
    if (isEmbedded(executor)) {
      return (await this.#prepared.run(executor, { tenant, keys: JSON.stringify(keys) })).rows
    }
    const query = this.#build(executor, sql<K>`(${sql.join([...keys])})`, tenant)
    return (await executor.executeQuery<R>(query.compile())).rows
  }
}
