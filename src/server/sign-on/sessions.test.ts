/** Sessions end by silence and by age, outlive a restart, and only the id that was given out opens one. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock, systemRandom } from '../../base/index.ts'
import { type Caller, operatorCaller } from '../../operations/index.ts'
import { openState, type State } from '../../state/index.ts'
import { cookieJar, readCookie, setCookie } from './cookies.ts'
import { Sessions } from './sessions.ts'

const minute = 60_000
const clock = new ManualClock(new Date('2026-11-22T00:00:00Z'))
let directory: string
let state: State
let sessions: Sessions

async function start(): Promise<void> {
  state = await openState({ directory, clock })
  const rights = new Set<'view'>(['view'])
  sessions = new Sessions({
    clock,
    random: systemRandom,
    tenant: 't',
    repository: state.signInSessions,
    callerOf: ({ actor, claims }) => ({ actor, claims, rights }),
  })
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-sessions-'))
  await start()
})

afterEach(async () => {
  await state.close()
  await rm(directory, { recursive: true, force: true })
})

const person = (subject: string): Caller => ({
  actor: { kind: 'person', issuer: 'https://idp.example', subject, displayName: 'Ada' },
  claims: { sub: subject, groups: ['quality'] },
  rights: new Set(),
})

describe('a session', () => {
  it('lasts while it is used, and ends after thirty silent minutes', async () => {
    const id = await sessions.open(operatorCaller())
    clock.advance(29 * minute)
    expect((await sessions.callerOf(id))?.actor.kind).toBe('operator')
    clock.advance(29 * minute)
    expect(await sessions.callerOf(id)).not.toBeNull()
    clock.advance(31 * minute)
    expect(await sessions.callerOf(id)).toBeNull()
  })

  it('ends after twelve hours however much it is used', async () => {
    const id = await sessions.open(operatorCaller())
    for (let quarter = 0; quarter < 48; quarter++) {
      clock.advance(15 * minute)
      expect(await sessions.callerOf(id)).not.toBeNull()
    }
    clock.advance(1)
    expect(await sessions.callerOf(id)).toBeNull()
  })

  it('is opened by its id alone, and not after it was ended', async () => {
    const id = await sessions.open(operatorCaller())
    expect(id).toMatch(/^[\w-]{43}$/)
    expect(await sessions.callerOf(`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`)).toBeNull()
    await sessions.end(id)
    expect(await sessions.callerOf(id)).toBeNull()
  })

  it('is the same after a restart, with the claims of the sign-in', async () => {
    const id = await sessions.open(person('ada'))
    await state.close()
    await start()
    const caller = await sessions.callerOf(id)
    expect(caller).toMatchObject({ actor: person('ada').actor, claims: person('ada').claims })
  })

  it('ends everywhere for its person, and for nobody else', async () => {
    const [phone, desk, other] = [
      await sessions.open(person('ada')),
      await sessions.open(person('ada')),
      await sessions.open(person('ben')),
    ]
    await sessions.endEverywhere(phone)
    expect(await sessions.callerOf(phone)).toBeNull()
    expect(await sessions.callerOf(desk)).toBeNull()
    expect((await sessions.callerOf(other))?.actor.subject).toBe('ben')
  })

  it('leaves no id in the database', async () => {
    const id = await sessions.open(person('ada'))
    const kept = await state.signInSessions.byHash('t', id)
    expect(kept).toBeNull()
  })

  it('that is over is forgotten when the next one opens', async () => {
    const id = await sessions.open(person('ada'))
    const { createHash } = await import('node:crypto')
    const hash = createHash('sha256').update(id).digest('base64')
    expect(await state.signInSessions.byHash('t', hash)).not.toBeNull()
    clock.advance(31 * minute)
    await sessions.open(person('ben'))
    expect(await state.signInSessions.byHash('t', hash)).toBeNull()
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
