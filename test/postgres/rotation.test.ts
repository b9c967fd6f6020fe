/** The evidence key rotated by one process while others sign on the same PostgreSQL. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/index.ts'
import { EvidenceLog, verifyCheckpoint } from '../../src/evidence/index.ts'
import { endRotation, logKeys } from '../../src/operations/index.ts'
import { openSharedState, type State } from '../../src/state/index.ts'
import { lacksPostgres, startPostgres } from '../servers/postgres.ts'

const tenant = 'default'

function logOf(state: State): EvidenceLog {
  const reloadKeys = async () => logKeys(await state.evidenceKeys.reload())
  const keys = logKeys(state.evidenceKeys.keys)
  return new EvidenceLog({ store: state.log, ...keys, reloadKeys, origin: 'rotation.example', clock: systemClock })
}

function entry(action: string) {
  return { actor: 'operator:local', action, subject: 'x', fields: {} }
}

describe.skipIf(lacksPostgres())('a key that another process rotates', () => {
  test('is taken over at the next signature, and one rotation waits for the other', async () => {
    const server = await startPostgres()
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-rotation-'))
    const open = () => openSharedState({ directory, clock: systemClock, postgres: server.app })
    const first = await open()
    const second = await open()
    try {
      const evidence = logOf(first)
      const other = logOf(second)
      await first.record(tenant, [entry('one')])
      await other.integrate(tenant)
      await other.checkpoint(tenant)
      const old = first.evidenceKey.publicKey
      const ends = await Promise.allSettled(
        [first, second].map((state) => state.evidenceKeys.rotate(tenant, () => entry('evidence.key-rotated'))),
      )
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(ends.find((end) => end.status === 'rejected')?.reason).toMatchObject({ code: 'write-conflict' })
      evidence.signWith(logKeys(await first.evidenceKeys.reload()))
      const crossed = await endRotation({ evidence, evidenceKeys: first.evidenceKeys, tenant })
      const fresh = first.evidenceKeys.keys.current.publicKey
      for (const key of [old, fresh]) expect(verifyCheckpoint(crossed ?? '', [key]).ok).toBe(true)

      await second.record(tenant, [entry('two')])
      await other.integrate(tenant)
      const { note } = await other.checkpoint(tenant)
      expect(verifyCheckpoint(note, [fresh]).ok).toBe(true)
      expect(verifyCheckpoint(note, [old]).ok).toBe(false)
      expect(second.evidenceKeys.keys).toMatchObject({ retiring: null, former: [{ until: expect.any(String) }] })
    } finally {
      await first.close()
      await second.close()
      await server.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
