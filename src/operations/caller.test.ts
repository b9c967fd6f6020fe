/** Rights follow from claims by the configured rule, and claims are only what an identity mapping can read. */
import { describe, expect, it } from 'vitest'
import { defaultRights, operatorCaller, readClaims, requireRight, rightsOf } from './caller.ts'

const rule = { claim: 'groups', view: ['staff'], operate: ['quality'], connect: ['admins'] }

describe('the rights of a sign-in', () => {
  it.each([
    [{ groups: ['staff'] }, ['local', 'view']],
    [{ groups: 'quality' }, ['local', 'operate', 'view']],
    [{ groups: ['admins', 'x'] }, ['connect', 'local', 'view']],
    [{ groups: ['staf', '*'] }, ['local']],
    [{}, ['local']],
  ])('with %j are %j', (claims, wanted) => {
    expect([...rightsOf(claims, rule)].sort()).toEqual(wanted)
  })

  it('without a rule are to view and to operate, never to connect', () => {
    expect([...rightsOf({}, defaultRights)].sort()).toEqual(['local', 'operate', 'view'])
  })

  it('decide whether an operation may be called', () => {
    const viewer = { ...operatorCaller(), rights: rightsOf({ groups: ['staff'] }, rule) }
    expect(() => requireRight(viewer, 'connection.list')).not.toThrow()
    expect(() => requireRight(viewer, 'connection.verify')).toThrow(expect.objectContaining({ code: 'forbidden' }))
    expect(() => requireRight(operatorCaller(), 'connection.remove')).not.toThrow()
  })
})

describe('claims', () => {
  it('are kept as text and lists of text; objects are dropped', () => {
    expect(
      readClaims({ sub: 'a', age: 7, on: true, groups: ['x'], address: { city: 'y' }, mixed: ['x', 1], no: null }),
    ).toEqual({ sub: 'a', age: '7', on: 'true', groups: ['x'] })
  })
})
