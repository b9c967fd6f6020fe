/**
 * The one contract suite of all object stores. A service enrols by opening a store on the real thing; what a store is known to do
 * otherwise is said by its features, and then the other behaviour is asserted, not skipped.
 */
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../base/index.ts'
import { DrawbridgeError } from '../../base/index.ts'
import { bodyOfBytes } from '../body.ts'
import type { Body, ObjectFacts, ObjectStore, PutOptions } from '../object-store.ts'
import { patternBody } from './bodies.ts'

export interface StoreFeatures {
  /** A completion with `ifAbsent` refuses to replace. */
  readonly conditionalComplete: boolean
  /** What a second completion of the same upload gives. */
  readonly secondComplete: 'answer' | 'upload-not-found' | 'object-exists'
  /** Aborting an upload takes its parts away at once. */
  readonly abortDropsParts: boolean
  /** Keys with empty segments, dots and backslashes are kept as they are. */
  readonly oddSegments: boolean
}

/** A store to test, opened on the real thing. */
export interface StoreUnderTest {
  readonly store: ObjectStore
  /** Empty, or ending in a slash: the suite writes below it. */
  readonly prefix: string
  readonly features: StoreFeatures
  /** A store whose bucket does not exist; absent where there is no such thing. */
  readonly missing?: ObjectStore
  close(): Promise<void>
}

const mebibyte = 1024 * 1024
const always: PutOptions = { ifAbsent: false }
const onlyNew: PutOptions = { ifAbsent: true }

async function bytesOf(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function textAt(store: ObjectStore, key: string): Promise<string> {
  return (await bytesOf((await store.get(key)).body)).toString('utf8')
}

async function keysOf(listing: AsyncIterable<ObjectFacts>): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of listing) keys.push(key)
  return keys
}

/** Runs work that must fail, and gives the error. */
export async function failureOf(work: Promise<unknown>): Promise<DrawbridgeError> {
  const outcome = await work.then(
    () => 'it succeeded',
    (error: unknown) => error,
  )
  if (!(outcome instanceof DrawbridgeError)) throw new Error('no DrawbridgeError came', { cause: outcome })
  return outcome
}

async function expectCode(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  expect((await failureOf(work)).code).toBe(code)
}

/** Enrols a store in the suite. */
export function describeObjectStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of object stores`, () => {
    let opened: StoreUnderTest
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => {
      await opened?.close()
    })
    const store = (): ObjectStore => opened.store
    const at = (key: string): string => `${opened.prefix}${key}`
    whole(store, at)
    conditions(store, at)
    listing(store, at)
    multipart(store, at, () => opened.features)
    faults(store, at, () => opened)
  })
}

type At = (key: string) => string
type Open = () => ObjectStore

function whole(store: Open, at: At): void {
  test('an object comes back as it went, with its type and metadata', async () => {
    const body = bodyOfBytes('grüße, 世界\n')
    const metadata = { 'drawbridge-delivery': 'dlv_1', plain: 'a b' }
    await store().put(at('whole/text.txt'), body, { ...onlyNew, contentType: 'text/plain; charset=utf-8', metadata })
    const head = await store().head(at('whole/text.txt'))
    expect(head).toMatchObject({ sizeBytes: body.sizeBytes, contentType: 'text/plain; charset=utf-8', metadata })
    const got = await store().get(at('whole/text.txt'))
    expect(got.facts.metadata).toEqual(metadata)
    expect((await bytesOf(got.body)).toString('utf8')).toBe('grüße, 世界\n')
  })

  test('an empty object is an object', async () => {
    await store().put(at('whole/empty'), bodyOfBytes(''), onlyNew)
    expect(await store().head(at('whole/empty'))).toMatchObject({ sizeBytes: 0 })
    expect(await textAt(store(), at('whole/empty'))).toBe('')
  })

  test('a range gives its bytes alone, and the size of the whole', async () => {
    await store().put(at('whole/range'), bodyOfBytes('0123456789'), always)
    const middle = await store().get(at('whole/range'), { start: 2, end: 5 })
    expect((await bytesOf(middle.body)).toString()).toBe('234')
    expect(middle.facts.sizeBytes).toBe(10)
    const rest = await store().get(at('whole/range'), { start: 7 })
    expect((await bytesOf(rest.body)).toString()).toBe('789')
  })

  test('writing again without a condition replaces', async () => {
    await store().put(at('whole/twice'), bodyOfBytes('first'), always)
    await store().put(at('whole/twice'), bodyOfBytes('second'), always)
    expect(await textAt(store(), at('whole/twice'))).toBe('second')
  })

  test('twenty megabytes stream through, with progress up to the last byte', async () => {
    const body = patternBody(20 * mebibyte + 7)
    const progress: number[] = []
    await store().put(at('whole/large'), body, { ...onlyNew, onProgress: (bytes) => progress.push(bytes) })
    expect(progress.at(-1)).toBe(body.sizeBytes)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    const hash = createHash('sha256')
    for await (const piece of (await store().get(at('whole/large'))).body as AsyncIterable<Buffer>) hash.update(piece)
    expect(hash.digest('hex')).toBe(body.sha256)
  })

  test('what the store says it holds is what was sent', async () => {
    const body = bodyOfBytes('checked')
    const answer = await store().put(at('whole/checked'), body, always)
    expect(answer.etag).toBeTruthy()
    const md5 = createHash('md5').update('checked').digest('base64')
    const expected: Record<string, string> = { sha256: Buffer.from(body.sha256, 'hex').toString('base64'), md5 }
    const { checksum } = answer
    if (checksum !== undefined) expect(checksum.base64).toBe(expected[checksum.algorithm])
  })

  test('a removed object is gone, and removing it again is no error', async () => {
    await store().put(at('whole/removed'), bodyOfBytes('x'), always)
    await store().delete(at('whole/removed'))
    expect(await store().head(at('whole/removed'))).toBeNull()
    await store().delete(at('whole/removed'))
  })
}

function conditions(store: Open, at: At): void {
  test('a conditional write never replaces', async () => {
    await store().put(at('condition/once'), bodyOfBytes('first'), onlyNew)
    await expectCode(store().put(at('condition/once'), bodyOfBytes('second'), onlyNew), 'object-exists')
    expect(await textAt(store(), at('condition/once'))).toBe('first')
  })

  test('of many conditional writes at once exactly one wins', async () => {
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4, 5, 6].map((n) => store().put(at('condition/race'), bodyOfBytes(`writer ${n}`), onlyNew)),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled') + 1
    expect(await textAt(store(), at('condition/race'))).toBe(`writer ${winner}`)
  })

  test('bytes that are not the announced ones never become an object', async () => {
    const wrong: Body = { ...bodyOfBytes('good bytes'), sha256: bodyOfBytes('other bytes').sha256 }
    await expectCode(store().put(at('condition/wrong'), wrong, onlyNew), 'checksum-mismatch')
    expect(await store().head(at('condition/wrong'))).toBeNull()
  })

  test('a body that ends early or runs over never becomes an object', async () => {
    const good = bodyOfBytes('exactly these bytes')
    for (const sizeBytes of [good.sizeBytes + 5, good.sizeBytes - 5]) {
      const wrong: Body = { ...good, sizeBytes, open: () => good.open() }
      await expectCode(store().put(at('condition/length'), wrong, onlyNew), 'checksum-mismatch')
    }
    expect(await store().head(at('condition/length'))).toBeNull()
  })
}

const plainKeys = ['b', 'a/1', 'a-0', 'a/10', 'a', 'A', 'ä', 'z'].map((key) => `keys/${key}.txt`)
const hardKeys = [
  'space and+plus%25.txt',
  'quote\'"<&>.txt',
  'ünï/日本語/🦆.txt',
  'semi;colon=and@at,comma!$().txt',
  '.hidden',
  '~tilde',
  'colon:star*.txt',
]

function listing(store: Open, at: At): void {
  test('a listing has every key of the prefix, once, in order of its bytes', async () => {
    for (const key of plainKeys) await store().put(at(key), bodyOfBytes(key), onlyNew)
    const expected = plainKeys.map(at).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(await keysOf(store().list(at('keys/')))).toEqual(expected)
    expect(await keysOf(store().list(at('keys/a/')))).toEqual([at('keys/a/1.txt'), at('keys/a/10.txt')])
    expect(await keysOf(store().list(at('nothing/here')))).toEqual([])
  })

  test.each(hardKeys)('the key `%s` is kept, found and removed as it is', async (key) => {
    await store().put(at(`hard/${key}`), bodyOfBytes(key), onlyNew)
    expect(await textAt(store(), at(`hard/${key}`))).toBe(key)
    expect(await keysOf(store().list(at('hard/')))).toEqual([at(`hard/${key}`)])
    await store().delete(at(`hard/${key}`))
    expect(await keysOf(store().list(at('hard/')))).toEqual([])
  })
}

function multipart(store: Open, at: At, features: () => StoreFeatures): void {
  const upload = async (key: string, body: Body, partBytes: number, options: PutOptions) => {
    const uploadId = await store().createUpload(key, options)
    const parts = []
    for (let number = 1, start = 0; start < body.sizeBytes; number += 1, start += partBytes) {
      parts.push(
        await store().uploadPart(key, uploadId, number, body, start, Math.min(start + partBytes, body.sizeBytes)),
      )
    }
    return { uploadId, parts }
  }
  const partBytes = (): number => Math.max(store().capabilities.minimumPartBytes, mebibyte)

  test('an upload in parts becomes one object, with type and metadata', async () => {
    const body = patternBody(partBytes() * 2 + 1234)
    const options: PutOptions = { ...onlyNew, contentType: 'text/csv', metadata: { 'drawbridge-delivery': 'dlv_2' } }
    const { uploadId, parts } = await upload(at('parts/object'), body, partBytes(), options)
    expect(await store().head(at('parts/object'))).toBeNull()
    await store().completeUpload(at('parts/object'), uploadId, parts, options)
    const got = await store().get(at('parts/object'))
    expect(got.facts).toMatchObject({ sizeBytes: body.sizeBytes, contentType: 'text/csv', metadata: options.metadata })
    expect(
      createHash('sha256')
        .update(await bytesOf(got.body))
        .digest('hex'),
    ).toBe(body.sha256)
  })

  test('an upload that names the CRC of the whole becomes an object whose checksum, if one is told, is that', async () => {
    const size = partBytes()
    const body = patternBody(size + 1234)
    const bytes = await bytesOf(body.open())
    const options: PutOptions = { ...onlyNew, crc32: crc32(bytes) }
    const key = at('parts/crc')
    const uploadId = await store().createUpload(key, options)
    const withCrc32 = { withCrc32: true }
    const parts = [
      await store().uploadPart(key, uploadId, 1, body, 0, size, withCrc32),
      await store().uploadPart(key, uploadId, 2, body, size, body.sizeBytes, withCrc32),
    ]
    const { checksum } = await store().completeUpload(key, uploadId, parts, options)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(bytes))
    if (checksum?.algorithm === 'crc32') expect(checksum.base64).toBe(sum.toString('base64'))
    expect(await bytesOf((await store().get(key)).body)).toEqual(bytes)
  })

  test('an upload goes on where it stood, from what the store holds', async () => {
    const body = patternBody(partBytes() * 3)
    const key = at('parts/resumed')
    const uploadId = await store().createUpload(key, onlyNew)
    const size = partBytes()
    await store().uploadPart(key, uploadId, 1, body, 0, size)
    await store().uploadPart(key, uploadId, 3, body, size * 2, size * 3)
    const held = await store().listParts(key, uploadId)
    expect(held.map(({ number, sizeBytes }) => [number, sizeBytes])).toEqual([
      [1, size],
      [3, size],
    ])
    const sent = await store().uploadPart(key, uploadId, 2, body, size, size * 2)
    const all = [...held, sent].sort((a, b) => a.number - b.number)
    expect(await store().listParts(key, uploadId)).toEqual(all)
    await store().completeUpload(key, uploadId, all, onlyNew)
    expect(
      createHash('sha256')
        .update(await bytesOf((await store().get(key)).body))
        .digest('hex'),
    ).toBe(body.sha256)
  })

  test('a part that is sent again replaces the first', async () => {
    const key = at('parts/again')
    const uploadId = await store().createUpload(key, onlyNew)
    await store().uploadPart(key, uploadId, 1, bodyOfBytes('wrong!'), 0, 6)
    const part = await store().uploadPart(key, uploadId, 1, bodyOfBytes('right'), 0, 5)
    expect(await store().listParts(key, uploadId)).toEqual([part])
    await store().completeUpload(key, uploadId, [part], onlyNew)
    expect(await textAt(store(), key)).toBe('right')
  })

  test('a completion never replaces, where the store knows that condition', async () => {
    const key = at('parts/occupied')
    await store().put(key, bodyOfBytes('stands'), onlyNew)
    const { uploadId, parts } = await upload(key, bodyOfBytes('late'), 4, onlyNew)
    const completed = store().completeUpload(key, uploadId, parts, onlyNew)
    if (features().conditionalComplete) {
      await expectCode(completed, 'object-exists')
      expect(await textAt(store(), key)).toBe('stands')
    } else {
      await completed
      expect(await textAt(store(), key)).toBe('late')
    }
  })

  test('completing twice makes no second object', async () => {
    const key = at('parts/twice')
    const { uploadId, parts } = await upload(key, bodyOfBytes('once'), 4, onlyNew)
    const first = await store().completeUpload(key, uploadId, parts, onlyNew)
    const second = store().completeUpload(key, uploadId, parts, onlyNew)
    const expected = features().secondComplete
    if (expected === 'answer') {
      // One of the answers may leave the tag out; where both give it, it is the same object's.
      const tags = new Set([first.etag, (await second).etag].filter((etag) => etag !== undefined))
      expect(tags.size).toBe(1)
    } else await expectCode(second, expected)
    expect(await keysOf(store().list(key))).toEqual([key])
    expect(await textAt(store(), key)).toBe('once')
  })

  test('unfinished uploads are listed, and aborting ends them', async () => {
    const key = at('pending/ünfinished report.csv')
    const { uploadId } = await upload(key, bodyOfBytes('half'), 4, onlyNew)
    const [pending, ...others] = await store().listUploads(at('pending/'))
    expect(others).toEqual([])
    expect(pending).toMatchObject({ key, uploadId })
    expect(await store().listUploads(at('elsewhere/'))).toEqual([])
    await store().abortUpload(key, uploadId)
    expect(await store().listUploads(at('pending/'))).toHaveLength(features().abortDropsParts ? 0 : 1)
    if (features().abortDropsParts) await expectCode(store().listParts(key, uploadId), 'upload-not-found')
    await store().abortUpload(key, uploadId)
    expect(await keysOf(store().list(at('pending/')))).toEqual([])
  })
}

function faults(store: Open, at: At, opened: () => StoreUnderTest): void {
  test('an absent object is null to `head` and an error to `get`', async () => {
    expect(await store().head(at('absent'))).toBeNull()
    const failure = await failureOf(store().get(at('absent')))
    expect(failure).toMatchObject({ code: 'object-not-found', retry: 'never' })
    expect(failure.message).not.toMatch(/\n|\.$/)
  })

  test('a bucket that does not exist is named as such', async () => {
    const { missing } = opened()
    if (missing === undefined) {
      expect(store().location).toBe('memory:')
      return
    }
    await expectCode(missing.put(at('x'), bodyOfBytes('x'), onlyNew), 'bucket-not-found')
    await expectCode(keysOf(missing.list('')), 'bucket-not-found')
  })

  test('a key that no store could keep is refused', async () => {
    await expectCode(store().put('', bodyOfBytes('x'), onlyNew), 'input-invalid')
    await expectCode(store().put(at('k'.repeat(1100)), bodyOfBytes('x'), onlyNew), 'input-invalid')
    await expectCode(store().put(at('half \ud800 pair'), bodyOfBytes('x'), onlyNew), 'input-invalid')
    await expectCode(
      store().put(at('m'), bodyOfBytes('x'), { ...onlyNew, metadata: { note: 'a\r\nb' } }),
      'input-invalid',
    )
  })

  test('keys with dots, backslashes and empty segments are kept apart, or refused', async () => {
    for (const key of ['odd/../climbing', 'odd/./here', 'odd//empty', 'odd/back\\slash']) {
      const put = store().put(at(key), bodyOfBytes(key), onlyNew)
      if (opened().features.oddSegments) {
        await put
        expect(await textAt(store(), at(key))).toBe(key)
      } else if (
        (await put.then(
          () => 'kept',
          () => 'refused',
        )) === 'kept'
      ) {
        expect(await textAt(store(), at(key))).toBe(key)
      }
    }
    expect(await store().head(at('climbing'))).toBeNull()
    expect(await store().head(at('odd/here'))).toBeNull()
    expect(await store().head(at('odd/empty'))).toBeNull()
    expect(await store().head(at('odd/back/slash'))).toBeNull()
  })

  test('a signal cancels before and in the middle, and nothing stands afterwards', async () => {
    const before = AbortSignal.abort()
    await expectCode(store().put(at('cancel/before'), bodyOfBytes('x'), { ...onlyNew, signal: before }), 'cancelled')
    await expectCode(store().head(at('cancel/before'), before), 'cancelled')
    const controller = new AbortController()
    const options = { ...onlyNew, signal: controller.signal, onProgress: () => controller.abort() }
    await expectCode(store().put(at('cancel/middle'), patternBody(16 * mebibyte), options), 'cancelled')
    expect(await keysOf(store().list(at('cancel/')))).toEqual([])
  })

  test('a body that can not be read fails with its own reason', async () => {
    const broken: Body = {
      ...patternBody(3 * mebibyte),
      open: () => patternBody(3 * mebibyte, { failsAt: mebibyte }).open(),
    }
    await expectCode(store().put(at('broken/body'), broken, onlyNew), 'report-unreadable')
    expect(await keysOf(store().list(at('broken/')))).toEqual([])
  })
}
