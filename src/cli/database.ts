/** Opens the state of a process: the data directory's own database, or the PostgreSQL that the environment names. */
import { isAbsolute, resolve } from 'node:path'
import type { Clock, Random, Secret } from '../base/index.ts'
import { openSharedState, openState, type PostgresOptions, type State } from '../state/index.ts'
import type { Config } from './config.ts'
import type { DatabaseAddress } from './database-address.ts'

/** The limits of the configuration, for one of the two roles. */
export function postgresOptions(url: Secret, { database }: Config): PostgresOptions {
  const { poolSize, statementTimeoutSeconds, connectTimeoutSeconds } = database
  return {
    url,
    poolSize,
    statementTimeoutMs: statementTimeoutSeconds * 1000,
    connectTimeoutMs: connectTimeoutSeconds * 1000,
  }
}

/** What the state is opened with. */
export interface StateParts {
  readonly config: Config
  readonly directory: string
  readonly clock: Clock
  readonly random: Random
  readonly database: DatabaseAddress | null
  /** True: the process works deliveries off for as long as it runs. */
  readonly works?: boolean
}

/** Opens the state of a process. */
export async function openHouseState(parts: StateParts): Promise<State> {
  const { config, directory, clock, random, database, works = false } = parts
  if (database === null) return await openState({ directory, clock, random, isAside: works })
  const { rootKeyFile, spool } = config
  const placed = (path: string): string => (isAbsolute(path) ? path : resolve(directory, path))
  return await openSharedState({
    directory,
    clock,
    random,
    works,
    postgres: postgresOptions(database.url, config),
    ...(database.ownerUrl === null ? {} : { ownerUrl: database.ownerUrl }),
    ...(rootKeyFile === undefined ? {} : { rootKeyFile: placed(rootKeyFile) }),
    ...(spool.directory === undefined ? {} : { spoolDirectory: placed(spool.directory) }),
  })
}
