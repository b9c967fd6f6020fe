/** Sessions are made once, renewed in time, never handed out spent, and never mixed up. */
import { beforeEach, describe, expect, test } from 'vitest'
import { DrawbridgeError, ManualClock, Secret } from '../base/index.ts'
import type { SessionNeed } from './session-cache.ts'
import { SessionCache, sessionKey } from './session-cache.ts'
import type { AssumeRoleRequest, RoleSession } from './types.ts'

const minute = 60_000

const request: AssumeRoleRequest = {
  roleArn: 'arn:aws:iam::222222222222:role/drawbridge-export',
  sessionName: 'alice',
  externalId: 'dbx_1',
  tags: { team: 'audit', site: 'x' },
  sourceIdentity: 'alice',
  durationSeconds: 3600,
  sessionPolicy: null,
  region: 'eu-central-1',
  endpoint: null,
}
const need: SessionNeed = {
  tenant: 't1',
  connectionId: 'con_1',
  connectionVersion: 1,
  baseArn: 'arn:aws:iam::111111111111:role/drawbridge-base',
  request,
}

let clock: ManualClock
let calls: number
let fail: DrawbridgeError | null
let release: (() => void) | null
let hold: boolean

function session(lifeMs: number): RoleSession {
  calls += 1
  const issuedAt = clock.now()
  const expiresAt = new Date(issuedAt.getTime() + lifeMs)
  const credentials = { accessKeyId: `ASIA${calls}`, secretAccessKey: new Secret('s'), expiresAt }
  return { credentials, assumedRoleArn: 'arn:aws:sts::222222222222:assumed-role/r/alice', issuedAt, expiresAt }
}

function cacheOf(lifeMs: number): SessionCache {
  return new SessionCache({
    clock,
    assume: async () => {
      if (hold) await new Promise<void>((resolve) => (release = resolve))
      if (fail !== null) throw fail
      return session(lifeMs)
    },
  })
}

beforeEach(() => {
  clock = new ManualClock(new Date('2026-11-22T12:00:00Z'))
  calls = 0
  fail = null
  release = null
  hold = false
})

describe('SessionCache', () => {
  test('makes one session for all who ask at the same time', async () => {
    const cache = cacheOf(60 * minute)
    const [a, b, c] = await Promise.all([cache.session(need), cache.session(need), cache.session(need)])
    expect(a).toBe(b)
    expect(b).toBe(c)
    expect(calls).toBe(1)
  })

  test('keeps a session for two thirds of its life, then makes another', async () => {
    const cache = cacheOf(60 * minute)
    const first = await cache.session(need)
    clock.advance(39 * minute)
    expect(await cache.session(need)).toBe(first)
    clock.advance(1 * minute)
    expect(await cache.session(need)).not.toBe(first)
  })

  test.each([
    [60 * minute, 55 * minute + 1],
    [15 * minute, 10 * minute + 1],
    [15_000, 10_001],
  ])(
    'with STS out of order, hands out an aging session but never a spent one (life %i ms)',
    async (lifeMs, spentAfter) => {
      const cache = cacheOf(lifeMs)
      const first = await cache.session(need)
      fail = new DrawbridgeError({ code: 'throttled', retry: 'later', message: 'slower' })
      clock.advance(spentAfter - 1)
      expect(await cache.session(need)).toBe(first)
      clock.advance(1)
      await expect(cache.session(need)).rejects.toMatchObject({ code: 'throttled' })
    },
  )

  test('a refusal is passed on at once, though the older session would still work', async () => {
    const cache = cacheOf(60 * minute)
    const first = await cache.session(need)
    clock.advance(45 * minute)
    fail = new DrawbridgeError({ code: 'access-denied', message: 'no' })
    await expect(cache.session(need)).rejects.toMatchObject({ code: 'access-denied' })
    expect(cache.peek(need)).toBe(first)
  })

  test('does not keep a failure', async () => {
    const cache = cacheOf(60 * minute)
    fail = new DrawbridgeError({ code: 'access-denied', message: 'no' })
    await expect(cache.session(need)).rejects.toBe(fail)
    fail = null
    expect((await cache.session(need)).credentials.accessKeyId).toBe('ASIA1')
  })

  test('forgets, even what is still under way', async () => {
    const cache = cacheOf(60 * minute)
    hold = true
    const early = cache.session(need)
    cache.forget(need)
    hold = false
    release?.()
    const first = await early
    const second = await cache.session(need)
    expect(second).not.toBe(first)
    cache.forget(need)
    expect(cache.peek(need)).toBeNull()
  })

  test('peeks without making a session, and not at one that has ended', async () => {
    const cache = cacheOf(60 * minute)
    expect(cache.peek(need)).toBeNull()
    const held = await cache.session(need)
    clock.advance(59 * minute)
    expect(cache.peek(need)).toBe(held)
    clock.advance(minute)
    expect(cache.peek(need)).toBeNull()
    expect(calls).toBe(1)
  })

  test('one caller’s abort leaves the others their session', async () => {
    const cache = cacheOf(60 * minute)
    hold = true
    const controller = new AbortController()
    const aborted = cache.session(need, controller.signal)
    const patient = cache.session(need)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
    release?.()
    expect((await patient).credentials.accessKeyId).toBe('ASIA1')
  })
})

describe('sessionKey', () => {
  const different: readonly (readonly [string, SessionNeed])[] = [
    ['tenant', { ...need, tenant: 't2' }],
    ['connection', { ...need, connectionId: 'con_2' }],
    ['version', { ...need, connectionVersion: 2 }],
    ['base identity', { ...need, baseArn: 'arn:aws:iam::111111111111:role/other' }],
    ['role', { ...need, request: { ...request, roleArn: `${request.roleArn}2` } }],
    ['External ID', { ...need, request: { ...request, externalId: null } }],
    ['tag value', { ...need, request: { ...request, tags: { team: 'audit', site: 'y' } } }],
    ['tag split', { ...need, request: { ...request, tags: { 'team","audit': 'x' } } }],
    ['source identity', { ...need, request: { ...request, sourceIdentity: 'bob' } }],
    ['session name', { ...need, request: { ...request, sessionName: 'bob' } }],
    ['region', { ...need, request: { ...request, region: 'eu-west-1' } }],
    ['session policy', { ...need, request: { ...request, sessionPolicy: '{}' } }],
  ]
  test.each(different)('differs by %s', (_, other) => {
    expect(sessionKey(other)).not.toBe(sessionKey(need))
  })

  test('does not depend on the order of tags', () => {
    const turned = { ...need, request: { ...request, tags: { site: 'x', team: 'audit' } } }
    expect(sessionKey(turned)).toBe(sessionKey(need))
  })
})
