/** Our own identity: read once, renewed in time, and honest when there is none. */
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../base/index.ts'
import type { CredentialProvider } from './base-identity.ts'
import { createBaseIdentity } from './base-identity.ts'
import { principalArnOf } from './caller-identity.ts'

const minute = 60_000
const start = new Date('2026-11-22T12:00:00Z')

function identity(provider: CredentialProvider, clock = new ManualClock(start)) {
  return createBaseIdentity({ provider, region: 'eu-central-1', stsEndpoint: null, clock })
}

describe('createBaseIdentity', () => {
  test('asks its source once for many, and again before the end', async () => {
    const clock = new ManualClock(start)
    let asked = 0
    const base = identity(async () => {
      asked += 1
      const expiration = new Date(clock.now().getTime() + 60 * minute)
      return { accessKeyId: `ASIA${asked}`, secretAccessKey: 's', sessionToken: 't', expiration }
    }, clock)
    const all = await Promise.all([base.credentials(), base.credentials(), base.credentials()])
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['ASIA1']))
    clock.advance(54 * minute)
    expect((await base.credentials()).accessKeyId).toBe('ASIA1')
    clock.advance(minute)
    expect((await base.credentials()).accessKeyId).toBe('ASIA2')
  })

  test('reads a source without an end again after a while, so that a rotated key is noticed', async () => {
    const clock = new ManualClock(start)
    let key = 'AKIAOLD'
    const base = identity(async () => ({ accessKeyId: key, secretAccessKey: 's' }), clock)
    await base.credentials()
    key = 'AKIANEW'
    expect((await base.credentials()).accessKeyId).toBe('AKIAOLD')
    clock.advance(5 * minute)
    expect((await base.credentials()).accessKeyId).toBe('AKIANEW')
  })

  test('uses what it has while the source is out of order, and says when there is nothing', async () => {
    const clock = new ManualClock(start)
    let broken = false
    const expiration = new Date(start.getTime() + 60 * minute)
    const base = identity(async () => {
      if (broken) throw new Error('connect ECONNREFUSED 169.254.170.2 token=hunter2')
      return { accessKeyId: 'ASIA1', secretAccessKey: 's', expiration }
    }, clock)
    await base.credentials()
    broken = true
    clock.advance(58 * minute)
    expect((await base.credentials()).accessKeyId).toBe('ASIA1')
    clock.advance(3 * minute)
    const failure: unknown = await base.credentials().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'no-base-identity' })
    expect(JSON.stringify(failure)).not.toContain('hunter2')
    await expect(base.whoAmI()).rejects.toMatchObject({ code: 'no-base-identity' })
  })
})

test.each([
  ['arn:aws:sts::111111111111:assumed-role/drawbridge-base/i-0abc', 'arn:aws:iam::111111111111:role/drawbridge-base'],
  ['arn:aws-us-gov:sts::111111111111:assumed-role/r/s', 'arn:aws-us-gov:iam::111111111111:role/r'],
  ['arn:aws:iam::111111111111:user/drawbridge', 'arn:aws:iam::111111111111:user/drawbridge'],
  ['arn:aws:sts::111111111111:federated-user/bob', 'arn:aws:sts::111111111111:federated-user/bob'],
])('a trust policy names %s as %s', (callerArn, principalArn) => {
  expect(principalArnOf(callerArn)).toBe(principalArn)
})
