/** Rates over the last seconds, per thing. */
import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

const at = (milliseconds: number): Date => new Date(1_700_000_000_000 + milliseconds)

test('a rate needs two moments, and is that of the last five seconds', () => {
  const pace = new Pace()
  expect(pace.at('a', 0, at(0))).toBeNull()
  expect(pace.at('a', 100, at(100))).toBeNull()
  expect(pace.at('a', 1000, at(1000))).toBe(1000)
  expect(pace.at('a', 2000, at(6500))).toBeNull()
  expect(pace.at('a', 4000, at(7500))).toBe(2000)
})

test('what stands still has no rate, and things do not mix', () => {
  const pace = new Pace()
  pace.at('a', 500, at(0))
  pace.at('b', 0, at(0))
  expect(pace.at('a', 500, at(1000))).toBeNull()
  expect(pace.at('b', 300, at(1000))).toBe(300)
})

test('an attempt that begins anew is counted anew', () => {
  const pace = new Pace()
  pace.at('a', 900, at(0))
  expect(pace.at('a', 100, at(1000))).toBeNull()
  expect(pace.at('a', 400, at(2000))).toBe(300)
})
