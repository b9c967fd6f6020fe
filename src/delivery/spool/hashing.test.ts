/** The threads that hash, at the moment at which they are idle no longer. */
import { createHash } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
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
