/** Names that AWS accepts, that stay the same, and that no two subjects share. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sessionNameFor, sourceIdentityFor } from './session-name.ts'

const accepted = /^[A-Za-z0-9_+=,.@-]{2,64}$/

/** Any sequence of code units: a claim is JSON, and JSON can hold half a pair. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 120 })
  .map((units) => String.fromCharCode(...units))

test('a value that AWS accepts stays as it is', () => {
  for (const subject of ['alice@example.com', 'ab', 'a'.repeat(64), 'x=1,y+2'])
    expect(sessionNameFor(subject)).toBe(subject)
})

test('anything else becomes accepted, readable and marked with a hash', () => {
  expect(sessionNameFor('auth0|5f7c8ec7c33c6c004bbafe82')).toMatch(/^auth0-5f7c8ec7c33c6c004bbafe82\.[0-9a-f]{20}$/)
  expect(sessionNameFor('Jörg Müller')).toMatch(/^J-rg-M-ller\.[0-9a-f]{20}$/)
  expect(sessionNameFor('a')).toMatch(accepted)
  expect(sessionNameFor('🦆'.repeat(100))).toMatch(accepted)
})

test('every subject gets an accepted name, always the same, for both uses', () => {
  fc.assert(
    fc.property(anyText, (subject) => {
      const name = sessionNameFor(subject)
      return accepted.test(name) && name === sessionNameFor(subject) && name === sourceIdentityFor(subject)
    }),
  )
})

test('nobody can choose the name that another one is given', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (victim) => {
      const name = sessionNameFor(victim)
      return name === victim || sessionNameFor(name) !== name
    }),
  )
})

test('two subjects that look alike after cleaning stay apart', () => {
  const names = ['a|b', 'a/b', 'a b', 'a-b', `${'x'.repeat(80)}1`, `${'x'.repeat(80)}2`, 'x\ud800', 'x\ud801'].map(
    sessionNameFor,
  )
  expect(new Set(names).size).toBe(names.length)
})

test('an empty subject is a caller’s bug', () => {
  expect(() => sessionNameFor('')).toThrow(TypeError)
})
