/** What turned between two verifications, and when a connection is looked at again. */
import { describe, expect, it } from 'vitest'
import type { Check, Verification } from '../../contract/index.ts'
import { alertMessage, historyEntry } from '../../contract/index.ts'
import { alertMessageOf, changeBetween, changeSummary, historyEntryOf } from './change.ts'
import { dueAt } from './due.ts'

const facts = { redSince: null, routes: ['audit'], isOursChanged: false }

function check(id: string, status: Check['status']): Check {
  return { id, link: 'object', status, durationMs: 1, detail: `${id} ${status}`, requestIds: [] }
}

function found(status: Verification['status'], ...checks: Check[]): Verification {
  return {
    connection: 'acme',
    startedAt: '2026-11-02T10:00:00.000Z',
    finishedAt: '2026-11-02T10:00:01.000Z',
    status,
    checks,
    chain: { service: 's3', links: [] },
  }
}

const green = found('pass', check('assume-role', 'pass'), check('put-object', 'pass'))
const red = found('fail', check('assume-role', 'fail'), check('put-object', 'skipped'))

describe('what turned', () => {
  it('is nothing where the same checks fail, and nothing for a first green result', () => {
    expect(changeBetween(green, green, facts)).toBeNull()
    expect(changeBetween(red, red, facts)).toBeNull()
    expect(changeBetween(null, green, facts)).toBeNull()
  })

  it('is the check that turned red, not those that were not reached behind it', () => {
    const redSince = new Date('2026-11-02T10:00:00Z')
    const change = changeBetween(green, red, { ...facts, redSince })
    expect(change).toMatchObject({
      from: 'pass',
      to: 'fail',
      since: redSince.toISOString(),
      turned: [{ check: 'assume-role', from: 'pass', to: 'fail', detail: 'assume-role fail' }],
      routes: ['audit'],
    })
    expect(change?.policies).toContain('which text changed is not known')
  })

  it('is a first red result', () => {
    expect(changeBetween(null, red, facts)).toMatchObject({ from: null, to: 'fail' })
  })

  it('is another check that fails while the result stays red', () => {
    const other = found('fail', check('assume-role', 'pass'), check('put-object', 'fail'))
    const change = changeBetween(red, other, facts)
    expect(change?.turned.map(({ check: id, to }) => `${id} ${to}`)).toEqual(['assume-role pass', 'put-object fail'])
    expect(change === null ? '' : changeSummary('acme', change)).toContain('is red for another reason')
  })

  it('is a result that could not be had, and the way back', () => {
    const unknown = found('unknown', check('assume-role', 'unknown'), check('put-object', 'skipped'))
    expect(changeBetween(green, unknown, facts)).toMatchObject({ from: 'pass', to: 'unknown' })
    const back = changeBetween(unknown, green, facts)
    expect(back?.turned).toMatchObject([{ check: 'assume-role', from: 'unknown', to: 'pass' }])
    expect(back === null ? '' : changeSummary('acme', back)).toBe('`acme` works again')
  })

  it('has the documented form, in the history and in an alert', () => {
    const change = changeBetween(green, red, facts)
    if (change === null) throw new Error('nothing turned')
    const entry = historyEntryOf(red, 'watch', 3, change)
    expect(historyEntry.parse(entry)).toEqual(entry)
    expect(entry.failed).toEqual(['assume-role'])
    const message = alertMessageOf('alr_1', 'default', 'acme', new Date(0), change)
    expect(alertMessage.parse(message)).toEqual(message)
    expect(message.summary).toBe('`acme` turned red at `assume-role`: assume-role fail')
  })
})

describe('the next verification', () => {
  const connection = { id: 'con_1', createdAt: '2026-11-02T09:00:00.000Z', lastVerification: green }
  const pace = { everyMs: 3_600_000, jitter: 0.1 }

  it('comes a period after the last one, and the same connection has the same moment', () => {
    const minutes = (dueAt(connection, pace).getTime() - new Date(green.startedAt).getTime()) / 60_000
    expect(minutes).toBeGreaterThanOrEqual(54)
    expect(minutes).toBeLessThanOrEqual(66)
    expect(dueAt(connection, pace)).toEqual(dueAt(connection, pace))
    expect(dueAt(connection, { ...pace, jitter: 0 }).toISOString()).toBe('2026-11-02T11:00:00.000Z')
  })

  it('is spread: connections that were verified together do not stay together', () => {
    const moments = Array.from({ length: 50 }, (_, i) => dueAt({ ...connection, id: `con_${i}` }, pace).getTime())
    expect(new Set(moments).size).toBeGreaterThan(45)
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(5 * 60_000)
  })

  it('counts from the day of adding while nothing was verified', () => {
    const fresh = { id: 'con_1', createdAt: '2026-11-02T09:00:00.000Z' }
    expect(dueAt(fresh, { everyMs: 60_000, jitter: 0 }).toISOString()).toBe('2026-11-02T09:01:00.000Z')
  })
})
