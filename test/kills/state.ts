/** The state of the kill tests: a data directory of one process, or PostgreSQL and a spool that several share. */
import { Secret, systemClock } from '../../src/base/index.ts'
import { defaultLimits, openSharedState, openState, type State } from '../../src/state/index.ts'
import { prepare } from '../kill/target.ts'
import type { Place } from './places.ts'

/** Opens it. `database`: PostgreSQL's URL; null: SQLite in the directory. */
export async function openKillState(directory: string, database: string | null): Promise<State> {
  if (database === null) return await openState({ directory, clock: systemClock, isAside: true })
  const postgres = { ...defaultLimits, url: new Secret(database), poolSize: 4 }
  return await openSharedState({ directory, clock: systemClock, postgres })
}

/** Makes the key, the connection and the route, before processes come that may do so at the same time. */
export async function prepareKills(directory: string, database: string | null, place: Place): Promise<void> {
  const state = await openKillState(directory, database)
  await prepare(state, place.kind === 'sandbox' ? place.job : stranger)
  await state.close()
}

/** The connection's row of a place that no role leads to; its access is wired by hand. */
export const stranger = {
  ...{ directory: '', endpoint: 'http://127.0.0.1:1', region: 'us-east-1', bucket: 'killed', resume: false },
  ...{ bucketOwner: '222222222222', roleArn: 'arn:aws:iam::222222222222:role/killed', externalId: 'none' },
  ...{ sizeBytes: 0, report: '' },
}
