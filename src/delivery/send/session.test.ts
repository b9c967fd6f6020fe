/** What is told of a refusal after the session was renewed: whether something may have been sent before it. */
import { expect, test } from 'vitest'
import { DrawbridgeError, type ErrorCode } from '../../base/index.ts'
import type { OpenTarget } from '../target-access.ts'
import { RenewingSession } from './session.ts'

function refusal(code: ErrorCode, context: Record<string, boolean> = {}): DrawbridgeError {
  return new DrawbridgeError({ code, message: 'refused', operation: 'test', context })
}

function sessionOf(): RenewingSession {
  return new RenewingSession({ renew: async () => {} } as unknown as OpenTarget)
}

test.each(['access-denied', 'object-exists'] as const)(
  'what may have been sent before a refusal stays in doubt when the second run ends in %s',
  async (code) => {
    const answers = [refusal('access-denied', { afterPossibleSend: true }), refusal(code)]
    const ending = sessionOf().run(async () => {
      throw answers.shift() ?? new TypeError('asked a third time')
    })
    await expect(ending).rejects.toMatchObject({ code, context: { afterPossibleSend: true } })
  },
)

test('a refusal before which nothing was sent is told as it is', async () => {
  const last = refusal('access-denied')
  const answers = [refusal('access-denied'), last]
  const ending = sessionOf().run(async () => {
    throw answers.shift() ?? new TypeError('asked a third time')
  })
  await expect(ending).rejects.toBe(last)
})
