/** The files of a package, and where they lie. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { layoutPackage } from './package-layout.ts'
import { findCollision, isPackagePath, packagePath } from './package-path.ts'

const info = { delivery: 'dlv_1', report: 'access review', period: '2026-10', acceptedAt: '2026-11-01T06:00:00.000Z' }
const hashes = ['a'.repeat(64), 'b'.repeat(64)] as const
const file = (name: string, index = 0) => ({ name, sizeBytes: 10 + index, sha256: hashes[index] ?? hashes[0] })

describe('a package', () => {
  test('is a BagIt folder, byte for byte the same every time', () => {
    const layout = layoutPackage([file('z.csv'), file('people/a b.csv', 1)], info)
    const texts = Object.fromEntries(
      layout.ok
        ? layout.value.map((one) => [one.path, one.role === 'tag' ? Buffer.from(one.bytes).toString() : one.name])
        : [],
    )
    // This text is part of the format: receipts that were not signed yet when the program was updated depend on it.
    expect(texts).toEqual({
      'data/z.csv': 'z.csv',
      'data/people/a b.csv': 'people/a b.csv',
      'bagit.txt': 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n',
      'bag-info.txt':
        'Bagging-Date: 2026-11-01\nExternal-Description: access review\nExternal-Identifier: dlv_1\nBag-Count: 1 of 1\nPayload-Oxum: 21.2\nDrawbridge-Period: 2026-10\n',
      'manifest-sha256.txt': `${hashes[1]}  data/people/a b.csv\n${hashes[0]}  data/z.csv\n`,
      'tagmanifest-sha256.txt': expect.stringMatching(
        /^[0-9a-f]{64} {2}bag-info\.txt\n[0-9a-f]{64} {2}bagit\.txt\n[0-9a-f]{64} {2}manifest-sha256\.txt\n$/u,
      ),
    })
  })

  test('does not let a report begin another line of its description', () => {
    const layout = layoutPackage([file('a')], { ...info, report: 'x\nExternal-Identifier: forged\u2028\u0085y' })
    const bagInfo = layout.ok ? layout.value.find(({ path }) => path === 'bag-info.txt') : undefined
    const text = bagInfo?.role === 'tag' ? Buffer.from(bagInfo.bytes).toString() : ''
    expect(text.match(/^External-Identifier: .*$/gmu)).toEqual(['External-Identifier: dlv_1'])
    expect(text.trimEnd().split(/\r\n|[\n\r\u0085\u2028\u2029]/u)).toHaveLength(6)
  })

  test.each([
    ['', 'empty'],
    ['a//b', 'empty'],
    ['a/', 'empty'],
    ['/etc/passwd', 'not-relative'],
    ['..', 'dot-segment'],
    ['../a', 'dot-segment'],
    ['a/../../b', 'dot-segment'],
    ['./a', 'dot-segment'],
    ['a\\..\\b', 'backslash'],
    ['a\nb', 'invisible-character'],
    ['a\0', 'invisible-character'],
    ['report\u202excod.exe', 'invisible-character'],
    ['a\u2028b', 'invisible-character'],
    ['a\ud800', 'invisible-character'],
    ['a'.repeat(201), 'too-long'],
    ['é'.repeat(101), 'too-long'],
    [`${'a'.repeat(100)}/`.repeat(6), 'too-long'],
    // As long as a path may be, but not under data/.
    [`${'a'.repeat(127)}/${'b'.repeat(127)}/${'c'.repeat(127)}/${'d'.repeat(128)}`, 'too-long'],
  ])('refuses a file called %j', (name, reason) => {
    expect(layoutPackage([file('ok'), file(name)], info)).toEqual({ ok: false, error: { reason, name } })
  })

  test.each([
    ['100% done?.csv', '100_ done_.csv'],
    ['C:x', 'C_x'],
    ['a.', 'a_'],
    ['a/b ', 'a/b_'],
    ['con', '_con'],
    ['x/NUL.txt', 'x/_NUL.txt'],
    ['-', '_-'],
    ['cafe\u0301', 'café'],
    ['.hidden', '.hidden'],
    ['-rf', '-rf'],
  ])('takes a file called %j as %j', (name, path) => {
    expect(packagePath(name)).toEqual({ ok: true, value: path })
    expect(isPackagePath(path)).toBe(true)
  })

  test.each([
    [['a.csv', 'A.CSV']],
    [['a?', 'a*']],
    [['café', 'cafe\u0301']],
    [['ﬁle', 'file']],
    [['a', 'a/b']],
    [['a/b', 'A']],
    [['a/b/c', 'a/B']],
  ])('refuses %j side by side', (names) => {
    const layout = layoutPackage(
      names.map((name) => file(name)),
      info,
    )
    expect(layout).toMatchObject({ ok: false, error: { reason: 'collision' } })
  })

  test('takes the same name in two folders', () => {
    expect(layoutPackage([file('a/x'), file('b/x'), file('ab')], info).ok).toBe(true)
  })

  test('needs files, and not too many', () => {
    expect(layoutPackage([], info)).toMatchObject({ error: { reason: 'no-files' } })
    const many = Array.from({ length: 10_001 }, (_, index) => file(`f${index}`))
    expect(layoutPackage(many, info)).toMatchObject({ error: { reason: 'too-many-files' } })
    expect(layoutPackage(many.slice(1), info).ok).toBe(true)
  })

  test('needs sizes, hashes and a time', () => {
    expect(() => layoutPackage([{ ...file('a'), sizeBytes: -1 }], info)).toThrow(TypeError)
    expect(() => layoutPackage([{ ...file('a'), sha256: 'A'.repeat(64) }], info)).toThrow(TypeError)
    expect(() => layoutPackage([file('a')], { ...info, acceptedAt: 'yesterday' })).toThrow(TypeError)
  })
})

describe('paths made of any name', () => {
  const names = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', 'A', ' ', '%', ':', '-', 'con', '\0', '\u0301') }),
  )

  test('stay inside, mean one thing, and are stable', () => {
    fc.assert(
      fc.property(names, (name) => {
        const made = packagePath(name)
        if (!made.ok) return
        expect(isPackagePath(made.value)).toBe(true)
        expect(new URL(made.value.split('/').map(encodeURIComponent).join('/'), 'x://h/in/side/').href).toMatch(
          /^x:\/\/h\/in\/side\/./u,
        )
        expect(made.value).not.toMatch(/[\n\r\\%]/u)
      }),
      { numRuns: 500 },
    )
  })

  test('never collide with themselves in a set without a collision', () => {
    fc.assert(
      fc.property(fc.uniqueArray(names, { maxLength: 8 }), (all) => {
        const paths = all.flatMap((name) => {
          const made = packagePath(name)
          return made.ok ? [made.value] : []
        })
        const folded = new Set(paths.map((path) => path.toLowerCase()))
        if (findCollision(paths) === null) expect(folded.size).toBe(paths.length)
      }),
      { numRuns: 200 },
    )
  })
})
