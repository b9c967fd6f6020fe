/** The state of the kill tests: a data directory of one process, or PostgreSQL and a spool that several share. */
import { Secret, systemClock } from '../../src/base/index.ts'
import { defaultLimits, openSharedState, openState, type State } from '../../src/state/index.ts'

/** Opens it. `database`: PostgreSQL's URL; null: SQLite in the directory. */
export async function openKillState(directory: string, database: string | null): Promise<State> {
  if (database === null) return await openState({ directory, clock: systemClock })
  const postgres = { ...defaultLimits, url: new Secret(database), poolSize: 4 }
  return await openSharedState({ directory, clock: systemClock, postgres })
}
