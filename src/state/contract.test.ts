/** The repository contract on SQLite, on one thread and on two; test/postgres/contract.test.ts holds PostgreSQL to the same. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe } from 'vitest'
import { ManualClock } from '../base/index.ts'
import { openState } from './state.ts'
import { repositoryContract } from './testing/contract.ts'
import type { Subject } from './testing/subject.ts'

describe.each([
  ['sqlite', false],
  ['sqlite on a thread of its own', true],
])('%s', (_, isAside) => {
  let directory = ''
  let present: Subject | null = null

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-contract-'))
    const clock = new ManualClock(new Date('2026-11-03T10:00:00.000Z'))
    const state = await openState({ directory, clock, isAside })
    present = { state, other: state, passed: async (milliseconds) => clock.advance(milliseconds) }
  })
  afterEach(async () => {
    await present?.state.close()
    await rm(directory, { recursive: true, force: true })
  })

  repositoryContract(() => {
    if (present === null) throw new TypeError('asked outside of a test')
    return present
  })
})
