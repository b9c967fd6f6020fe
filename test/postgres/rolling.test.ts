/** A rolling restart of the workers loses nothing and doubles nothing; `npm run proof -- rolling` rolls longer. */
import { expect, test } from 'vitest'
import { lacksPostgres } from '../servers/postgres.ts'
import { roll } from './rolling/rolling.ts'

const timeout = 600_000

test.skipIf(lacksPostgres())(
  'four workers are replaced under load, by SIGTERM and by SIGKILL',
  { timeout },
  async () => {
    const result = await roll({ workers: 4, rounds: 1, senders: 4, say: (line) => console.log(line) })
    console.log(JSON.stringify(result))
    expect(result.reports).toBeGreaterThan(20)
    expect(result).toMatchObject({
      ...{ lost: 0, duplicated: 0, orphans: 0, withoutReceipt: 0, logFaults: 0 },
      ...{ drained: 4, badExits: 0, killed: 4 },
    })
  },
)
