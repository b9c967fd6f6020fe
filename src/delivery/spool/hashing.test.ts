/** Who brings files into the spool: what is told of each fault, and threads at the moment at which they are idle no longer. */
import { createHash } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Hashing, hashingAside, hashingInline, SourceFault } from './hashing.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-hashing-'))
})
afterEach(async () => {
  vi.useRealTimers()
  await rm(directory, { recursive: true })
})

async function hashOf(text: string): Promise<string> {
  const memory = new SharedArrayBuffer(text.length)
  new Uint8Array(memory).set(Buffer.from(text))
  await using into = await open(join(directory, text), 'w+')
  const hash = hashingAside.begin(into)
  await hash.take({ memory, sizeBytes: text.length, position: 0, source: null }).done
  expect(`${await into.readFile()}`).toBe(text)
  return (await hash.end()).sha256.toString('hex')
}

test('a file that comes just as the threads are ended for having nothing to do is hashed by others', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const expected = (text: string): string => createHash('sha256').update(text).digest('hex')
  expect(await hashOf('one')).toBe(expected('one'))
  vi.runAllTimers()
  expect(await hashOf('another')).toBe(expected('another'))
})

const both: [string, Hashing][] = [
  ['on threads', hashingAside],
  ['here', hashingInline],
]

test.each(both)('a disk without room says so (%s)', async (_, hashing) => {
  await using full = await open('/dev/full', 'w')
  const file = hashing.begin(full)
  const { written, done } = file.take({ memory: new SharedArrayBuffer(10), sizeBytes: 10, position: 0, source: null })
  await expect(done).rejects.toMatchObject({ code: 'ENOSPC' })
  await expect(written).rejects.toMatchObject({ code: 'ENOSPC' })
  file.drop()
})

test.each(both)(
  'a source that can not be read, or ends too early, is told from a disk that fails (%s)',
  async (_, hashing) => {
    await writeFile(join(directory, 'source'), 'nine byte')
    await using source = await open(join(directory, 'source'), 'r')
    await using blind = await open(join(directory, 'source'), 'a')
    for (const [from, sizeBytes, code] of [
      [blind, 9, 'EBADF'],
      [source, 10, null],
    ] as const) {
      await using into = await open(join(directory, 'into'), 'w')
      const file = hashing.begin(into)
      const { done } = file.take({ memory: new SharedArrayBuffer(10), sizeBytes, position: 0, source: from })
      const fault = await done.catch((error: unknown) => error)
      expect(fault).toBeInstanceOf(SourceFault)
      expect(fault).toMatchObject({ code })
      file.drop()
    }
  },
)

test.each(both)('a piece is read where it belongs, written there, and hashed (%s)', async (_, hashing) => {
  await writeFile(join(directory, 'source'), 'one two')
  await using source = await open(join(directory, 'source'), 'r')
  await using into = await open(join(directory, 'into'), 'w+')
  const file = hashing.begin(into)
  const moments = ['one ', 'two'].map((text, index) => {
    const memory = new SharedArrayBuffer(4)
    return file.take({ memory, sizeBytes: text.length, position: 4 * index, source })
  })
  await Promise.all(moments.map(({ done }) => done))
  expect(`${await into.readFile()}`).toBe('one two')
  expect((await file.end()).sha256.toString('hex')).toBe(createHash('sha256').update('one two').digest('hex'))
})
