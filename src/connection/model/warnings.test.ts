/** When tokens and keys are warned of for their age. */
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../contract/index.ts'
import { makeConnection } from '../testing/surroundings.ts'
import { accessKeyWarnings, sasWarnings, withCurrentWarnings } from './warnings.ts'

const now = new Date('2026-11-02T10:00:00Z')
const inDays = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString()

const sas = (expiresAt: string | null): Pick<Connection, 'authentication'> => ({
  authentication: { kind: 'sas', fingerprint: '0123456789abcdef', permissions: 'cw', expiresAt },
})
const key = (createdAt: string): Pick<Connection, 'authentication'> => ({
  authentication: { kind: 'access-key', accessKeyId: 'AKIAEXAMPLE000000000', createdAt },
})

describe('a SAS token', () => {
  it.each([
    [31, null],
    [30.1, null],
    [30, 30],
    [14.1, 30],
    [14, 14],
    [7.1, 14],
    [7, 7],
    [1.1, 7],
    [1, 1],
    [0.1, 1],
    [0, 0],
    [-3, 0],
  ])('with %d days left passed the threshold %s', (days, threshold) => {
    expect(sasWarnings(sas(inDays(days)), now).map((warning) => warning.thresholdDays)).toEqual(
      threshold === null ? [] : [threshold],
    )
  })

  it('says when it ends, or that it has', () => {
    expect(sasWarnings(sas(inDays(6)), now)[0]?.message).toContain('within 7 days, at 2026-11-08T10:00:00.000Z')
    expect(sasWarnings(sas(inDays(-1)), now)[0]?.message).toContain('ended at 2026-11-01T10:00:00.000Z')
  })

  it('without an end that we know gives none', () => {
    expect(sasWarnings(sas(null), now)).toEqual([])
    expect(accessKeyWarnings(sas(inDays(1)), now)).toEqual([])
  })
})

describe('an access key', () => {
  it.each([
    [89, null],
    [90, 90],
    [179, 90],
    [180, 180],
    [500, 180],
  ])('of %d days passed the threshold %s', (days, threshold) => {
    expect(accessKeyWarnings(key(inDays(-days)), now).map((warning) => warning.thresholdDays)).toEqual(
      threshold === null ? [] : [threshold],
    )
    expect(sasWarnings(key(inDays(-days)), now)).toEqual([])
  })
})

it('a connection is shown with the warnings of the moment first, and is not changed itself', async () => {
  const connection: Connection = { ...(await makeConnection()), ...key(inDays(-200)), warnings: ['from intake'] }
  expect(withCurrentWarnings(connection, now).warnings).toEqual([
    expect.stringContaining('in use for 200 days'),
    'from intake',
  ])
  expect(connection.warnings).toEqual(['from intake'])
  const role = await makeConnection()
  expect(withCurrentWarnings(role, now)).toBe(role)
})
