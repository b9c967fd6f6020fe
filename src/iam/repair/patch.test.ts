/** RFC 6902 patches, applied. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyPatch, pointer } from './patch.ts'

test('adds, replaces and removes in objects and arrays without touching the input', () => {
  const before = Object.freeze({ Statement: Object.freeze([{ Sid: 'A' }, { Sid: 'B' }]) })
  const patched = applyPatch(before, [
    { op: 'add', path: '/Statement/-', value: { Sid: 'C' } },
    { op: 'replace', path: '/Statement/0/Sid', value: 'Z' },
    { op: 'remove', path: '/Statement/1' },
    { op: 'add', path: '/Version', value: '2012-10-17' },
  ])
  expect(patched).toEqual({ ok: true, value: { Statement: [{ Sid: 'Z' }, { Sid: 'C' }], Version: '2012-10-17' } })
  expect(before.Statement).toHaveLength(2)
})

test('escapes slashes and tildes in names', () => {
  const path = pointer('Condition', 'aws:RequestTag/a~b')
  expect(path).toBe('/Condition/aws:RequestTag~1a~0b')
  expect(applyPatch({ Condition: { 'aws:RequestTag/a~b': 1 } }, [{ op: 'remove', path }])).toEqual({
    ok: true,
    value: { Condition: {} },
  })
})

test('replaces or removes the whole document', () => {
  expect(applyPatch(null, [{ op: 'add', path: '', value: { a: 1 } }])).toEqual({ ok: true, value: { a: 1 } })
  expect(applyPatch({ a: 1 }, [{ op: 'remove', path: '' }])).toEqual({ ok: true, value: null })
})

test.each([
  [{ op: 'remove', path: '/b' }],
  [{ op: 'replace', path: '/list/2', value: 1 }],
  [{ op: 'add', path: '/list/3', value: 1 }],
  [{ op: 'remove', path: '/list/-' }],
  [{ op: 'replace', path: '/list/01', value: 1 }],
  [{ op: 'add', path: '/a/b/c', value: 1 }],
  [{ op: 'add', path: 'a', value: 1 }],
  [{ op: 'add', path: '/~2', value: 1 }],
  [{ op: 'add', path: '/c' }],
] as const)('answers a reason for %j', (operation) => {
  const patched = applyPatch({ a: 1, list: [1, 2] }, [operation])
  expect(patched.ok ? '' : patched.error).toMatch(/^`/)
})

test('treats `__proto__` as a name like any other', () => {
  const patched = applyPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }])
  expect(patched.ok && Object.hasOwn(patched.value as object, '__proto__')).toBe(true)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('setting any member to any value is read back at its pointer', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.jsonValue(), (record, name, value) => {
      const patched = applyPatch(record, [{ op: 'add', path: pointer(name), value }])
      expect(patched.ok && Object.entries(patched.value as object).find(([key]) => key === name)?.[1]).toEqual(value)
    }),
  )
})
