/** The rounds of the watch and the loop that takes them, on a clock that moves when it is told to. */
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import { makeConnection } from '../testing/surroundings.ts'
import { Loop } from './loop.ts'
import { type Turns, turnMs, turnsOf } from './turns.ts'
import { ConnectionWatch } from './watch-connections.ts'

const hour = 3_600_000
const start = new Date('2026-11-02T10:00:00Z')

async function connections(...names: string[]): Promise<Connection[]> {
  return Promise.all(
    names.map(async (name) => ({
      ...(await makeConnection({ name })),
      id: `con_${name}`,
      createdAt: start.toISOString(),
    })),
  )
}

/** A server that is alone has every turn. */
const alone: Turns = {
  during: async (_connection, _restMs, signal, work) => {
    await work(signal)
    return true
  },
}

describe('a round', () => {
  it('goes on past a connection that can not be tried, and does not try that one again at once', async () => {
    const clock = new ManualClock(start)
    const list = await connections('broken', 'well')
    const tried: string[] = []
    const faults: string[] = []
    const watch = new ConnectionWatch({
      clock,
      pace: { everyMs: hour, jitter: 0 },
      list: async () => list,
      turns: alone,
      verify: async (name) => {
        tried.push(name)
        if (name === 'broken') throw new Error('a claim is missing')
      },
      onFault: (name) => faults.push(name),
    })
    const { signal } = new AbortController()
    expect(await watch.round(signal)).toBe(hour)
    clock.advance(hour)
    expect(await watch.round(signal)).toBe(hour)
    await watch.round(signal)
    expect([tried, faults]).toEqual([['broken', 'well'], ['broken']])
    clock.advance(hour)
    await watch.round(signal)
    expect(tried).toEqual(['broken', 'well', 'broken', 'well'])
  })

  it('leaves a connection to the server whose turn it is, and looks again when that turn has run out', async () => {
    const clock = new ManualClock(start)
    const list = await connections('shared')
    const tried: string[] = []
    let isTaken = true
    const watch = new ConnectionWatch({
      clock,
      pace: { everyMs: hour, jitter: 0 },
      list: async () => list,
      turns: { during: async (...all) => !isTaken && alone.during(...all) },
      verify: async (name) => {
        tried.push(name)
      },
      onFault: () => {},
    })
    const { signal } = new AbortController()
    clock.advance(hour)
    expect(await watch.round(signal)).toBe(turnMs)
    isTaken = false
    clock.advance(turnMs)
    expect(await watch.round(signal)).toBe(hour)
    expect(tried).toEqual(['shared'])
  })

  it('is none where the watch is off', async () => {
    const watch = new ConnectionWatch({
      clock: new ManualClock(start),
      pace: { everyMs: 0, jitter: 0 },
      list: () => Promise.reject(new Error('nobody should ask')),
      turns: alone,
      verify: () => Promise.reject(new Error('nobody should verify')),
      onFault: () => {},
    })
    expect(await watch.round(new AbortController().signal)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('a loop', () => {
  it('takes a turn when its time has come, survives one that fails, and stops in the middle of a nap', async () => {
    const clock = new ManualClock(start)
    const faults: unknown[] = []
    let turns = 0
    let turned = (): void => {}
    const loop = new Loop({
      clock,
      turn: async () => {
        turns += 1
        turned()
        if (turns === 2) throw new Error('out of reach')
        return 5_000
      },
      onFault: (error) => faults.push(error),
    })
    const next = async (move: () => void): Promise<void> => {
      const done = new Promise<void>((resolve) => {
        turned = resolve
      })
      move()
      await done
      // The nap begins a few steps after the turn.
      for (let step = 0; step < 10; step++) await Promise.resolve()
    }
    await next(() => loop.start())
    await next(() => clock.advance(5_000))
    expect([turns, faults.length]).toEqual([2, 1])
    await next(() => clock.advance(60_000))
    loop.start()
    await loop.stop()
    clock.advance(60_000)
    expect(turns).toBe(3)
  })
})

describe('a turn', () => {
  it('is prolonged while it is used, and lost when somebody else has it', async () => {
    const clock = new ManualClock(start)
    const answers = [true, false]
    const said: string[] = []
    const turns = turnsOf(
      {
        takeTurn: async () => said.push('take') > 0,
        keepTurn: async () => said.push('keep') > 0 && answers.shift() === true,
        endTurn: async (_tenant, _connection, _holder, isDone) => void said.push(isDone ? 'end' : 'give back'),
      },
      'default',
      'wch_1',
      clock,
    )
    const { signal } = new AbortController()
    const during = turns.during('shelf', hour, signal, async (held) => {
      while (!held.aborted) {
        clock.advance(turnMs / 3)
        await new Promise((resolve) => setImmediate(resolve))
      }
      said.push('lost')
    })
    expect(await during).toBe(true)
    expect(said).toEqual(['take', 'keep', 'keep', 'lost', 'end'])
  })

  it('is given back when the server stops in the middle', async () => {
    const said: boolean[] = []
    const turns = turnsOf(
      {
        takeTurn: async () => true,
        keepTurn: async () => true,
        endTurn: async (_tenant, _connection, _holder, isDone) => void said.push(isDone),
      },
      'default',
      'wch_1',
      new ManualClock(start),
    )
    const stop = new AbortController()
    await turns.during('shelf', hour, stop.signal, async () => stop.abort())
    expect(said).toEqual([false])
  })
})
