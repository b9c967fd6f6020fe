/** What the retry layer does again, what it does not, and what it says about it. */
import { describe, expect, test } from 'vitest'
import type { ErrorParts } from '../../base/index.ts'
import { DrawbridgeError, ManualClock, systemRandom } from '../../base/index.ts'
import { bodyOfBytes } from '../body.ts'
import type { ObjectStore } from '../object-store.ts'
import { memoryStore } from '../services/memory/store.ts'
import { failureOf } from '../testing/contract-suite.ts'
import type { RetryNotice, RetryOptions } from './retry.ts'
import { withRetry } from './retry.ts'

const down: ErrorParts = {
  code: 'unavailable',
  retry: 'later',
  message: 'the store can not answer now',
  context: { possiblySent: true },
}
const unsent: ErrorParts = { ...down, context: { possiblySent: false } }

/** A store whose calls fail in turn; `done` says that the call was carried out all the same. */
function failing(
  inner: ObjectStore,
  faults: { readonly error: ErrorParts; readonly done?: boolean }[],
): { store: ObjectStore; calls: string[] } {
  const calls: string[] = []
  const store = new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function' || name === 'list') return value
      return async (...args: unknown[]) => {
        calls.push(String(name))
        const fault = faults.shift()
        if (fault === undefined || fault.done === true) {
          const result: unknown = await value.apply(target, args)
          if (fault === undefined) return result
        }
        throw new DrawbridgeError((fault ?? { error: down }).error)
      }
    },
  })
  return { store, calls }
}

/** A clock that moves by itself whenever somebody waits. */
class ImpatientClock extends ManualClock {
  readonly waits: number[] = []
  override sleep(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds)
    this.advance(milliseconds)
    return Promise.resolve()
  }
}

function settings(more: Partial<RetryOptions> = {}): RetryOptions & { clock: ImpatientClock } {
  return {
    clock: new ImpatientClock(new Date('2026-11-22T00:00:00Z')),
    random: systemRandom,
    ...more,
  } as RetryOptions & { clock: ImpatientClock }
}

const body = bodyOfBytes('report')
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

describe('withRetry', () => {
  test('begins no second upload when the first may have been begun', async () => {
    const inner = memoryStore()
    const { store, calls } = failing(inner, [{ error: unsent }, { error: down, done: true }])
    const failure = await failureOf(withRetry(store, settings()).createUpload('k', { ifAbsent: true }))
    expect(failure).toMatchObject({ code: 'unavailable', retry: 'exhausted', context: { possiblySent: true } })
    expect(calls).toEqual(['createUpload', 'createUpload'])
    expect(await inner.listUploads('')).toHaveLength(1)
  })

  test('tries again what may pass, and gives the answer', async () => {
    const notices: RetryNotice[] = []
    const { store, calls } = failing(memoryStore(), times(2, { error: unsent }))
    const answer = await withRetry(store, settings({ onRetry: (notice) => notices.push(notice) })).put('k', body, {
      ifAbsent: true,
    })
    expect(answer.checksum?.algorithm).toBe('sha256')
    expect(calls).toEqual(['put', 'put', 'put'])
    expect(notices.map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  test('gives up after its attempts, and says how many there were', async () => {
    const { store, calls } = failing(memoryStore(), times(9, { error: down }))
    const failure = await failureOf(withRetry(store, settings({ maximumAttempts: 4 })).head('k'))
    expect(failure).toMatchObject({ code: 'unavailable', retry: 'exhausted', context: { attempts: 4 } })
    expect(calls).toHaveLength(4)
  })

  test('gives up when its time is spent', async () => {
    const options = settings({ maximumAttempts: 1000, budgetMs: 5_000, baseDelayMs: 1_000 })
    const { store, calls } = failing(memoryStore(), times(999, { error: down }))
    expect((await failureOf(withRetry(store, options).head('k'))).retry).toBe('exhausted')
    expect(options.clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(5_000)
    expect(calls.length).toBeGreaterThan(2)
  })

  test('waits at random below a ceiling that doubles up to its maximum', async () => {
    const ceilings: number[] = []
    const high = { bytes: (length: number) => new Uint8Array(length).fill(255) }
    const { store } = failing(memoryStore(), times(6, { error: down }))
    await withRetry(
      store,
      settings({
        random: high,
        maximumAttempts: 9,
        baseDelayMs: 100,
        maximumDelayMs: 1_000,
        onRetry: ({ delayMs }) => ceilings.push(delayMs),
      }),
    ).head('k')
    expect(ceilings).toEqual([100, 200, 400, 800, 1_000, 1_000])
  })

  test('does not touch refusals', async () => {
    for (const code of ['access-denied', 'session-expired', 'bucket-not-found', 'endpoint-refused'] as const) {
      const { store, calls } = failing(memoryStore(), [{ error: { code, message: 'no' } }])
      expect((await failureOf(withRetry(store, settings()).put('k', body, { ifAbsent: true }))).code).toBe(code)
      expect(calls).toHaveLength(1)
    }
  })

  test('tries once more at once when the clocks differ, and no more', async () => {
    const skew: ErrorParts = { code: 'clock-skew', retry: 'later', message: 'the clocks differ' }
    const options = settings()
    const once = failing(memoryStore(), [{ error: skew }])
    expect(await withRetry(once.store, options).head('k')).toBeNull()
    expect(options.clock.waits).toEqual([])
    const twice = failing(memoryStore(), times(3, { error: skew }))
    expect((await failureOf(withRetry(twice.store, settings()).head('k'))).code).toBe('clock-skew')
    expect(twice.calls).toHaveLength(2)
  })

  test('never takes an occupied key for success: it says that an earlier attempt may have written it', async () => {
    const inner = memoryStore()
    const { store } = failing(inner, [{ error: down, done: true }])
    const failure = await failureOf(withRetry(store, settings()).put('k', body, { ifAbsent: true }))
    expect(failure).toMatchObject({ code: 'object-exists', context: { afterPossibleSend: true } })
  })

  test('says it of a refusal too: the attempt before may have arrived', async () => {
    const refused: ErrorParts = { code: 'access-denied', message: 'no' }
    const { store } = failing(memoryStore(), [{ error: down, done: true }, { error: refused }])
    const failure = await failureOf(withRetry(store, settings()).put('k', body, { ifAbsent: true }))
    expect(failure).toMatchObject({ code: 'access-denied', context: { afterPossibleSend: true } })
  })

  test('says no such thing when nothing can have been sent', async () => {
    const inner = memoryStore()
    await inner.put('k', bodyOfBytes('somebody else’s'), { ifAbsent: true })
    const { store } = failing(inner, [{ error: unsent }])
    const failure = await failureOf(withRetry(store, settings()).put('k', body, { ifAbsent: true }))
    expect(failure.code).toBe('object-exists')
    expect(failure.context).not.toHaveProperty('afterPossibleSend')
  })

  test('says of a completion that it may have happened, when its upload is gone', async () => {
    const inner = memoryStore()
    const uploadId = await inner.createUpload('k', { ifAbsent: true })
    const part = await inner.uploadPart('k', uploadId, 1, body, 0, body.sizeBytes)
    const { store } = failing(inner, [{ error: down, done: true }])
    const failure = await failureOf(
      withRetry(store, settings()).completeUpload('k', uploadId, [part], { ifAbsent: true }),
    )
    expect(failure).toMatchObject({ code: 'upload-not-found', context: { afterPossibleSend: true } })
  })

  test('goes on with a listing where it broke off', async () => {
    const inner = memoryStore()
    for (const key of ['a', 'b', 'c', 'd']) await inner.put(key, body, { ifAbsent: true })
    let breaks = 2
    const store = new Proxy(inner, {
      get(target, name) {
        if (name !== 'list') return Reflect.get(target, name, target) as unknown
        return async function* (prefix: string) {
          let count = 0
          for await (const facts of target.list(prefix)) {
            count += 1
            if (count === 3 && breaks > 0) {
              breaks -= 1
              throw new DrawbridgeError(down)
            }
            yield facts
          }
        }
      },
    })
    const keys: string[] = []
    for await (const { key } of withRetry(store, settings()).list('')) keys.push(key)
    expect(keys).toEqual(['a', 'b', 'c', 'd'])
    expect(breaks).toBe(0)
  })

  test('stops waiting when it is cancelled', async () => {
    const controller = new AbortController()
    const clock = new ManualClock(new Date('2026-11-22T00:00:00Z'))
    const { store } = failing(memoryStore(), times(9, { error: down }))
    const high = { bytes: (length: number) => new Uint8Array(length).fill(255) }
    const work = withRetry(store, {
      clock,
      random: high,
      onRetry: () => queueMicrotask(() => controller.abort()),
    }).head('k', controller.signal)
    expect((await failureOf(work)).code).toBe('cancelled')
  })
})
