/** The threads that hash, at the moment at which they are idle no longer. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { tagOf } from './block-sums.ts'
import { hashingAside } from './hashing.ts'

afterEach(() => {
  vi.useRealTimers()
})

async function hashOf(text: string): Promise<string> {
  const memory = new SharedArrayBuffer(text.length)
  new Uint8Array(memory).set(Buffer.from(text))
  const hash = hashingAside.begin()
  await hash.update(memory, text.length)
  return (await hash.end()).sha256.toString('hex')
}

test('a file that comes just as the threads are ended for having nothing to do is hashed by others', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const expected = (text: string): string => createHash('sha256').update(text).digest('hex')
  expect(await hashOf('one')).toBe(expected('one'))
  vi.runAllTimers()
  expect(await hashOf('another')).toBe(expected('another'))
})

test('that a thread ends says nothing of the block that it was hashing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-hashing-'))
  const ended: Worker[] = []
  const end = (thread: Worker): void => {
    ended.push(thread)
    void thread.terminate()
  }
  process.on('worker', end)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    // Whatever threads there were are gone.
    await hashOf('one').catch(() => {})
    vi.runAllTimers()
    ended.length = 0
    const bytes = randomBytes(100_000)
    const path = join(directory, 'upl_1.data')
    await writeFile(path, bytes)
    const block = { path, start: 0, sizeBytes: bytes.length, tags: [tagOf(bytes, 0)] }
    const sha256 = await hashingAside.hashStored(block)
    expect(Buffer.from(sha256 ?? []).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(ended).toHaveLength(1)
  } finally {
    process.off('worker', end)
    await rm(directory, { recursive: true, force: true })
  }
})

test('a block that can not be read is no block that changed: the disk says why', async () => {
  const path = join(tmpdir(), 'drawbridge-hashing-that-is-not-there', 'upl_1.data')
  const block = { path, start: 0, sizeBytes: 1, tags: [tagOf(Buffer.alloc(1), 0)] }
  await expect(hashingAside.hashStored(block)).rejects.toMatchObject({ code: 'ENOENT' })
})
