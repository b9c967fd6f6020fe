/** Sessions end by silence and by age, and only the id that was given out opens one. */
import { describe, expect, it } from 'vitest'
import { ManualClock, systemRandom } from '../../base/index.ts'
import { operatorCaller } from '../../operations/index.ts'
import { cookieJar, readCookie, setCookie } from './cookies.ts'
import { Sessions } from './sessions.ts'

const minute = 60_000

function start() {
  const clock = new ManualClock(new Date('2026-11-22T00:00:00Z'))
  return { clock, sessions: new Sessions(clock, systemRandom) }
}

describe('a session', () => {
  it('lasts while it is used, and ends after thirty silent minutes', () => {
    const { clock, sessions } = start()
    const id = sessions.open(operatorCaller())
    clock.advance(29 * minute)
    expect(sessions.callerOf(id)?.actor.kind).toBe('operator')
    clock.advance(29 * minute)
    expect(sessions.callerOf(id)).not.toBeNull()
    clock.advance(31 * minute)
    expect(sessions.callerOf(id)).toBeNull()
  })

  it('ends after twelve hours however much it is used', () => {
    const { clock, sessions } = start()
    const id = sessions.open(operatorCaller())
    for (let quarter = 0; quarter < 48; quarter++) {
      clock.advance(15 * minute)
      expect(sessions.callerOf(id)).not.toBeNull()
    }
    clock.advance(1)
    expect(sessions.callerOf(id)).toBeNull()
  })

  it('is opened by its id alone, and not after it was ended', () => {
    const { sessions } = start()
    const id = sessions.open(operatorCaller())
    expect(id).toMatch(/^[\w-]{43}$/)
    expect(sessions.callerOf(`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`)).toBeNull()
    sessions.end(id)
    expect(sessions.callerOf(id)).toBeNull()
  })
})

describe('the cookies', () => {
  it('are tied to the host over https', () => {
    const jar = cookieJar(new URL('https://drawbridge.example'))
    expect(setCookie(jar, jar.session, 'x', null)).toBe('__Host-drawbridge=x; Path=/; HttpOnly; SameSite=Lax; Secure')
  })

  it('are told apart by port on loopback, where ports share cookies', () => {
    expect(cookieJar(new URL('http://127.0.0.1:4780')).session).toBe('drawbridge-4780')
  })

  it('are read by their whole name', () => {
    const value = 'a'.repeat(43)
    expect(readCookie(`other=1; drawbridge-4780=${value}`, 'drawbridge-4780')).toBe(value)
    expect(readCookie(`x-drawbridge-4780=${value}`, 'drawbridge-4780')).toBeNull()
    expect(readCookie('drawbridge-4780=<script>', 'drawbridge-4780')).toBeNull()
  })
})
