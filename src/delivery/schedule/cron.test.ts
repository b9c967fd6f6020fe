/** Which moments a pattern names, also where a year's clock jumps, and which of them are caught up. */
import { describe, expect, it } from 'vitest'
import { checkCron, slotsBetween } from './cron.ts'
import { dueSlots } from './due.ts'
import { matchesPattern } from './pattern.ts'
import { placed } from './slot-date.ts'

const slots = (cron: string, zone: string, after: string, until: string): string[] =>
  slotsBetween(cron, zone, new Date(after), new Date(until), 100).map((slot) => slot.toISOString())

describe('the clock that jumps forward (Berlin, 29 March 2026, 02:00 to 03:00)', () => {
  it('has a fixed time of the gap at the first moment after it, once', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
  })

  it('has every hour that there is', () => {
    expect(slots('0 * * * *', 'Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29T02:00:00Z')).toEqual([
      '2026-03-29T00:00:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T02:00:00.000Z',
    ])
  })
})

describe('the clock that goes back (Berlin, 25 October 2026, 03:00 to 02:00)', () => {
  it('has a fixed time of the repeated hour once, the first time round', () => {
    expect(slots('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })

  it('has every hour that there is, the repeated one twice', () => {
    expect(slots('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', '2026-10-25T02:00:00Z')).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ])
  })
})

describe('a pattern', () => {
  it.each([
    ['* * * * * *', 'UTC', 'five fields'],
    ['nonsense', 'UTC', 'five fields'],
    ['@monthly', 'UTC', 'five fields'],
    ['61 * * * *', 'UTC', 'no cron pattern'],
    ['0 0 31 2 *', 'UTC', 'no moment'],
    ['0 0 * * *', 'Mars/Base', 'no time zone'],
  ])('%j in %j is refused: %s', (cron, zone, text) => {
    expect(() => checkCron(cron, zone)).toThrow(text)
  })

  it('may name the last day of the month, and a day that is years away', () => {
    expect(() => checkCron('0 6 L * *', 'Europe/Berlin')).not.toThrow()
    expect(() => checkCron('0 6 29 2 *', 'Asia/Tokyo')).not.toThrow()
  })
})

describe('after an outage of three days', () => {
  const schedule = { cron: '0 6 * * *', timeZone: 'UTC', handledUntil: new Date('2026-11-01T06:00:00Z') }
  const now = new Date('2026-11-04T09:00:00Z')
  const days = (dates: readonly Date[]): string[] => dates.map((date) => date.toISOString().slice(8, 10))

  it.each([
    ['none', [], ['02', '03', '04']],
    ['last', ['04'], ['02', '03']],
    ['all', ['02', '03', '04'], []],
  ] as const)('`%s` runs %j and misses %j', (catchUp, run, missed) => {
    const due = dueSlots({ ...schedule, catchUp }, now)
    expect([days(due.run), days(due.missed)]).toEqual([run, missed])
  })

  it('a slot of the last minutes is no matter of catching up', () => {
    const due = dueSlots({ ...schedule, catchUp: 'none' }, new Date('2026-11-02T06:04:00Z'))
    expect([days(due.run), days(due.missed)]).toEqual([['02'], []])
  })

  it('a long outage of a frequent schedule is decided about in turns, and none but the last is run', () => {
    let handledUntil = new Date('2026-11-01T00:00:00Z')
    const ran: Date[] = []
    let missed = 0
    for (let turn = 0; turn < 10; turn++) {
      const due = dueSlots({ cron: '* * * * *', timeZone: 'UTC', catchUp: 'last', handledUntil }, now)
      ran.push(...due.run)
      missed += due.missed.length
      handledUntil = [...due.missed, ...due.run].at(-1) ?? handledUntil
    }
    // Three days and nine hours of minutes; those of the last five minutes are punctual.
    expect([ran.length, missed]).toEqual([6, 4860 - 6])
    expect(ran.at(-1)?.toISOString()).toBe(now.toISOString())
  })
})

describe('a file pattern', () => {
  it.each([
    ['a.pdf', '*', true],
    ['a.pdf', '*.pdf', true],
    ['a.pdf', '*.csv', false],
    ['sub/a.pdf', '*.pdf', false],
    ['sub/a.pdf', '**/*.pdf', true],
    ['a.pdf', '**/*.pdf', true],
    ['x/y/z', 'x/**', true],
    ['.half-written.pdf', '*', false],
    ['.half-written.pdf', '.*', true],
    ['.git/config', '**', false],
    ['ab1c', 'a?1c', true],
    ['aaab', '*a*b', true],
    [`${'a'.repeat(200)}b`, `${'*a'.repeat(60)}*c`, false],
  ])('%j against %j: %j', (path, pattern, wanted) => {
    expect(matchesPattern(path, pattern)).toBe(wanted)
  })
})

it('a folder may follow the local date of its slot', () => {
  const source = { folder: '/srv/{year}/{month}', pattern: '{day}-*.csv', timeZone: 'Pacific/Auckland' }
  expect(placed(source, new Date('2026-10-31T12:00:00Z'))).toEqual({
    folder: '/srv/2026/11',
    pattern: '01-*.csv',
    period: '2026-11',
  })
})
