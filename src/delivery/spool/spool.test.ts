/** The spool on a real disk: what is kept, what is refused, and that no flipped bit leaves it. */
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, truncateSync } from 'node:fs'
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chunks } from '../testing/house.ts'
import { FileSource } from './file-source.ts'
import { hashingInline } from './hashing.ts'
import { Spool } from './spool.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-spool-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function openSpool(keep: readonly string[] = [], quotaBytes?: number): Promise<Spool> {
  return Spool.open({ directory, keep: new Set(keep), ...(quotaBytes === undefined ? {} : { quotaBytes }) })
}

test.each([0, 1, 65_536, 8_388_608, 8_388_609, 20_000_000])('%i bytes come back as they went in', async (size) => {
  const bytes = randomBytes(size)
  const spool = await openSpool()
  const file = await spool.write('upl_1', 'a.bin', chunks(bytes, 100_000))
  expect(file).toMatchObject({
    sizeBytes: size,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  const body = spool.body(file)
  expect(Buffer.concat(await body.open().toArray()).equals(bytes)).toBe(true)
  const [start, end] = [Math.floor(size / 3), Math.ceil((size * 2) / 3)]
  expect(Buffer.concat(await body.open(start, end).toArray()).equals(bytes.subarray(start, end))).toBe(true)
  expect(await body.md5Of(start, end)).toBe(createHash('md5').update(bytes.subarray(start, end)).digest('hex'))
})

test.each([
  ['on threads', undefined],
  ['here', hashingInline],
])('the CRCs of whole pieces, taken %s, are known without reading', async (_, hashing) => {
  const bytes = randomBytes(20_000_000)
  const spool = await Spool.open({ directory, keep: new Set(), ...(hashing && { hashing }) })
  const body = spool.body(await spool.write('upl_1', 'a.bin', chunks(bytes, 1_000_000)))
  await rm(join(directory, 'upl_1.data'))
  const ranges: [number, number][] = [
    [0, 1_048_576],
    [1_048_576, 9_437_184],
    [16_777_216, 20_000_000],
    [0, 20_000_000],
  ]
  for (const [start, end] of ranges) expect(await body.crc32(start, end)).toBe(crc32(bytes.subarray(start, end)))
  expect(await body.crc32(1, 20_000_000)).toBeNull()
  expect(await body.crc32(0, 19_999_999)).toBeNull()
  expect(await body.crc32(1_048_576, 1_048_576)).toBeNull()
})

test('a piece that stands in the place of another never leaves', async () => {
  const spool = await openSpool()
  const file = await spool.write('upl_1', 'a.bin', chunks(Buffer.alloc(3_145_728, randomBytes(1_048_576))))
  expect((await spool.body(file).open().toArray()).length).toBe(3)
  const path = join(directory, 'upl_1.sums')
  const table = await readFile(path)
  // The bytes are the same three times over; what tells the pieces apart is where they belong.
  const [first, second] = [table.subarray(0, 20), table.subarray(20, 40)]
  expect(first.equals(second)).toBe(false)
  await writeFile(path, Buffer.concat([second, first, table.subarray(40)]))
  await expect(spool.body(file).open().toArray()).rejects.toMatchObject({ code: 'data-directory-broken' })
})

async function flip(path: string, at: number): Promise<void> {
  await using handle = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, at)
  await handle.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at)
}

test('a flipped bit never leaves the spool', async () => {
  const spool = await openSpool()
  const file = await spool.write('upl_1', 'a.bin', chunks(randomBytes(20_000_000), 1_000_000))
  await flip(join(directory, 'upl_1.data'), 10_000_000)
  const body = spool.body(file)
  let left = 0
  const read = async (): Promise<void> => {
    for await (const chunk of body.open()) left += chunk.length
  }
  await expect(read()).rejects.toMatchObject({ code: 'data-directory-broken' })
  // The flipped bit is in the tenth piece.
  expect(left).toBeLessThanOrEqual(9 * 1_048_576)
  expect(body.fault?.code).toBe('data-directory-broken')
  expect((await body.open(0, 1_000_000).toArray()).length).toBeGreaterThan(0)
})

test('a file that was cut short is noticed', async () => {
  const spool = await openSpool()
  const file = await spool.write('upl_1', 'a.bin', chunks(randomBytes(100_000)))
  const handle = await open(join(directory, 'upl_1.data'), 'r+')
  await handle.truncate(99_999)
  await handle.close()
  await expect(spool.body(file).open().toArray()).rejects.toMatchObject({ code: 'data-directory-broken' })
})

test('a source that breaks off leaves nothing behind', async () => {
  const spool = await openSpool()
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(200_000)
    throw new Error('connection reset')
  }
  await expect(spool.write('upl_1', 'a.bin', broken())).rejects.toMatchObject({ code: 'report-unreadable' })
  expect(await readdir(directory)).toEqual([])
  expect(spool.usedBytes).toBe(0)
})

test('above the quota new reports are pushed back, and taken again when there is room', async () => {
  const spool = await openSpool([], 250_000)
  await spool.write('upl_1', 'a.bin', chunks(randomBytes(200_000)))
  await expect(spool.write('upl_2', 'b.bin', chunks(randomBytes(200_000)))).rejects.toMatchObject({
    code: 'spool-full',
    retry: 'later',
    context: { retryAfterSeconds: 60 },
  })
  expect(await readdir(directory)).toEqual(['upl_1.data', 'upl_1.sums'])
  await spool.remove('upl_1')
  await spool.write('upl_2', 'b.bin', chunks(randomBytes(200_000)))
  expect(spool.usedBytes).toBe(200_020)
})

test('a full disk rejects the new report, keeps the old one, and recovers', async () => {
  // /dev/full stands for the disk: every write to it fails with ENOSPC.
  const spool = await openSpool()
  const old = await spool.write('upl_1', 'a.bin', chunks(randomBytes(10)))
  const full = await open('/dev/full', 'w')
  const prototype = Object.getPrototypeOf(full)
  const write = prototype.write
  await full.close()
  prototype.write = async function onFullDisk(this: unknown, ...parameters: unknown[]): Promise<unknown> {
    const device = await open('/dev/full', 'w')
    try {
      return await Reflect.apply(write, device, parameters)
    } finally {
      await device.close()
    }
  }
  try {
    await expect(spool.write('upl_2', 'b.bin', chunks(randomBytes(10)))).rejects.toMatchObject({ code: 'disk-full' })
  } finally {
    prototype.write = write
  }
  expect(await readdir(directory)).toEqual(['upl_1.data', 'upl_1.sums'])
  expect((await spool.body(old).open().toArray()).length).toBe(1)
  await spool.write('upl_2', 'b.bin', chunks(randomBytes(10)))
})

test('what a crash left is removed at start, what is known stays', async () => {
  const spool = await openSpool()
  await spool.write('upl_1', 'a.bin', chunks(randomBytes(10)))
  await spool.write('upl_2', 'b.bin', chunks(randomBytes(10)))
  await writeFile(join(directory, 'upl_3.data.part'), 'half')
  const again = await openSpool(['upl_1'])
  expect(await readdir(directory)).toEqual(['upl_1.data', 'upl_1.sums'])
  expect(again.usedBytes).toBe(30)
})

test('a file is taken in as it is, hashed on threads beside this one', async () => {
  const bytes = randomBytes(20_000_000)
  const path = join(directory, '..', `${basename(directory)}.bin`)
  await writeFile(path, bytes)
  try {
    const spool = await openSpool()
    const progress: number[] = []
    const source = new FileSource(path, { onProgress: (read) => progress.push(read) })
    const { file } = await spool.take('upl_1', 'a.bin', source)
    expect(file).toMatchObject({ sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
    expect(progress.at(-1)).toBe(bytes.length)
    expect(Buffer.concat(await spool.body(file).open().toArray()).equals(bytes)).toBe(true)
    const inline = await Spool.open({ directory, keep: new Set(['upl_1']), hashing: hashingInline })
    await inline.take('upl_2', 'a.bin', new FileSource(path))
    const tables = await Promise.all(['upl_1', 'upl_2'].map((name) => readFile(join(directory, `${name}.sums`))))
    expect(tables[0]?.equals(tables[1] ?? Buffer.alloc(0))).toBe(true)
  } finally {
    await rm(path)
  }
})

/** A file that is no report: refused, and nothing of it is kept. */
async function expectUnreadable(spool: Spool, source: FileSource): Promise<void> {
  await expect(spool.take('upl_1', 'a.bin', source)).rejects.toMatchObject({ code: 'report-unreadable' })
  expect(source.fault).toMatchObject({ code: 'report-unreadable' })
  expect(await readdir(directory)).toEqual([])
  expect(spool.usedBytes).toBe(0)
}

test.each([
  ['on threads', undefined],
  ['here', hashingInline],
])('a file that is cut while it is read %s is refused, and nothing of it is kept', async (_, hashing) => {
  const path = join(directory, '..', `${basename(directory)}.bin`)
  await writeFile(path, randomBytes(30_000_000))
  try {
    const spool = await Spool.open({ directory, keep: new Set(), ...(hashing && { hashing }) })
    // The first of thirty pieces is there, and no more than sixteen are on their way at a time.
    const source = new FileSource(path, { onProgress: () => truncateSync(path, 1_500_000) })
    await expectUnreadable(spool, source)
  } finally {
    await rm(path)
  }
})

test('a file that changes while it is read is refused, and nothing of it is kept', async () => {
  const path = join(directory, '..', `${basename(directory)}.bin`)
  await writeFile(path, randomBytes(5_000_000))
  try {
    const spool = await openSpool()
    let isAppended = false
    const source = new FileSource(path, {
      onProgress: (read) => {
        if (read < 3_000_000 || isAppended) return
        isAppended = true
        appendFileSync(path, 'one more line\n')
      },
    })
    await expectUnreadable(spool, source)
  } finally {
    await rm(path)
  }
})

test('pieces come in memory that is reused, and all of them are right', async () => {
  const bytes = randomBytes(5_500_000)
  const spool = await openSpool()
  const body = spool.body(await spool.write('upl_1', 'a.bin', chunks(bytes, 700_000)))
  const memory = new Set<ArrayBufferLike>()
  let at = 1_000_001
  for await (const piece of body.pieces(at, 5_200_000)) {
    memory.add(piece.buffer)
    expect(piece.equals(bytes.subarray(at, at + piece.length))).toBe(true)
    at += piece.length
  }
  expect(at).toBe(5_200_000)
  expect(memory.size).toBe(2)
})

test('whoever has something to prepare is told once that a file is large, while it comes in', async () => {
  let told = 0
  const sizes: number[] = []
  const spool = await Spool.open({ directory, keep: new Set(), onLarge: () => told++ })
  async function* pieces(count: number): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < count; piece++) {
      sizes.push(told)
      yield new Uint8Array(1 << 20)
    }
  }
  await spool.write('upl_1', 'a.bin', pieces(15))
  expect(told).toBe(0)
  await spool.write('upl_2', 'b.bin', pieces(20))
  expect(told).toBe(1)
  expect(sizes.at(-1)).toBe(1)
})
