/** The local store keeps the contract, and its directory. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bodyOfBytes, bodyOfFile } from '../../body.ts'
import { describeObjectStore, failureOf } from '../../testing/contract-suite.ts'
import { keyOf, objectPath } from './paths.ts'
import { localStore } from './store.ts'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drawbridge-local-'))
})
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true })
})

async function freshDirectory(name: string): Promise<string> {
  const directory = join(scratch, name)
  await mkdir(directory)
  return directory
}

describeObjectStore('local', async () => ({
  store: localStore({ directory: await freshDirectory('suite') }),
  prefix: 'suite/',
  features: {
    conditionalComplete: true,
    secondComplete: 'upload-not-found',
    abortDropsParts: true,
    oddSegments: true,
  },
  missing: localStore({ directory: join(scratch, 'not-mounted') }),
  close: async () => undefined,
}))

describe('the local store', () => {
  test('keeps every key inside its directory, each in a file of its own', () => {
    const hostile = [
      '../x',
      '..',
      'a/../../x',
      '/etc/passwd',
      'a//b',
      'a/./b',
      '.%drawbridge/facts',
      'a%2Fb',
      'nul\0',
      '%-/x',
      'dot.',
      'C:\\x',
    ]
    const paths = hostile.map((key) => objectPath('/store', key))
    expect(new Set(paths).size).toBe(hostile.length)
    for (const [index, path] of paths.entries()) {
      expect(path.startsWith('/store/')).toBe(true)
      expect(path.startsWith('/store/.%drawbridge/')).toBe(false)
      expect(keyOf(path.slice('/store/'.length).split('/'))).toBe(hostile[index])
    }
  })

  test('does not list files that it did not write under that name', async () => {
    const directory = await freshDirectory('foreign')
    await writeFile(join(directory, 'plain.txt'), 'seen')
    await writeFile(join(directory, 'a%2fb'), 'not a name of ours')
    const keys = []
    for await (const { key } of localStore({ directory }).list('')) keys.push(key)
    expect(keys).toEqual(['plain.txt'])
  })

  test('leaves no temporary file behind when a write fails', async () => {
    const directory = await freshDirectory('failing')
    const store = localStore({ directory })
    await store.put('a', bodyOfBytes('a'), { ifAbsent: true })
    await failureOf(store.put('a', bodyOfBytes('b'), { ifAbsent: true }))
    await failureOf(store.put('c', { ...bodyOfBytes('c'), sha256: bodyOfBytes('d').sha256 }, { ifAbsent: true }))
    expect(await readdir(join(directory, '.%drawbridge', 'tmp'))).toEqual([])
  })

  test('does not tell the facts of an earlier file about another one', async () => {
    const directory = await freshDirectory('stale')
    const store = localStore({ directory })
    await store.put('report.csv', bodyOfBytes('ours'), { ifAbsent: true, metadata: { by: 'drawbridge' } })
    await rm(join(directory, 'report.csv'))
    await writeFile(join(directory, 'report.csv'), 'else')
    const facts = await store.head('report.csv')
    expect(facts?.sizeBytes).toBe(4)
    expect(facts?.metadata).toBeUndefined()
    expect(facts?.checksum).toBeUndefined()
  })

  test('says that an object stands in the way of a folder', async () => {
    const store = localStore({ directory: await freshDirectory('way') })
    await store.put('a', bodyOfBytes('file'), { ifAbsent: true })
    const failure = await failureOf(store.put('a/b', bodyOfBytes('below'), { ifAbsent: true }))
    expect(failure.code).toBe('object-exists')
  })

  test('sends a file as it is, and notices when it changed', async () => {
    const directory = await freshDirectory('files')
    const path = join(scratch, 'report.bin')
    await writeFile(path, 'the report')
    const { sizeBytes, sha256 } = bodyOfBytes('the report')
    const store = localStore({ directory })
    await store.put('one', bodyOfFile(path, { sizeBytes, sha256 }), { ifAbsent: true })
    expect(await readFile(join(directory, 'one'), 'utf8')).toBe('the report')
    await writeFile(path, 'the rep0rt')
    const failure = await failureOf(store.put('two', bodyOfFile(path, { sizeBytes, sha256 }), { ifAbsent: true }))
    expect(failure.code).toBe('checksum-mismatch')
    await rm(path)
    const gone = await failureOf(store.put('two', bodyOfFile(path, { sizeBytes, sha256 }), { ifAbsent: true }))
    expect(gone.code).toBe('report-unreadable')
  })
})
