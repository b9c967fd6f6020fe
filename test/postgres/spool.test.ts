/** One spool of several processes: its quota holds for all of them together, and room that one of them frees is there for all. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DrawbridgeError, systemClock } from '../../src/base/index.ts'
import { Spool } from '../../src/delivery/index.ts'
import { openSharedState, type State } from '../../src/state/index.ts'
import { lacksPostgres, type PostgresServer, startPostgres } from '../servers/postgres.ts'

const mebibyte = 1 << 20
const quotaBytes = 20 * mebibyte
const fileBytes = 3 * mebibyte

describe.skipIf(lacksPostgres())('the room of a shared spool', () => {
  let server: PostgresServer
  let directory = ''
  let folder = ''
  const states: State[] = []
  let spools: Spool[] = []

  beforeAll(async () => {
    server = await startPostgres()
    directory = await mkdtemp(join(tmpdir(), 'drawbridge-room-'))
    folder = join(directory, 'spool')
    for (let number = 0; number < 3; number++) {
      states.push(await openSharedState({ directory, clock: systemClock, postgres: server.app }))
    }
    spools = await Promise.all(states.map(openSpool))
  })
  afterAll(async () => {
    for (const state of states) await state.close()
    await server?.close()
    await rm(directory, { recursive: true, force: true })
  })

  const openSpool = ({ spoolSpace }: State): Promise<Spool> => {
    if (spoolSpace === null) throw new Error('the room is not shared')
    return Spool.open({ directory: folder, keep: null, quotaBytes, space: spoolSpace })
  }

  async function onDisk(): Promise<number> {
    const sizes = (await readdir(folder)).map((name) => stat(join(folder, name)).then(({ size }) => size))
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }

  async function* slowly(): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < fileBytes; sent += 65_536) {
      await new Promise((resolve) => setImmediate(resolve))
      yield Buffer.alloc(65_536, 7)
    }
  }

  const write = async (index: number, upload: string): Promise<string> => {
    try {
      await spools[index % spools.length]?.write(upload, 'report.bin', slowly())
      return 'taken'
    } catch (error) {
      return error instanceof DrawbridgeError ? error.code : String(error)
    }
  }

  test('all of them together keep the quota, and use it up', async () => {
    const answers = await Promise.all(Array.from({ length: 15 }, (_, index) => write(index, `upl_${index}`)))
    expect(new Set(answers)).toEqual(new Set(['taken', 'spool-full']))
    expect(await onDisk()).toBeLessThanOrEqual(quotaBytes)
    // One after the other as much is taken as fits.
    for (let index = 15; (await write(index, `upl_${index}`)) === 'taken'; index++);
    expect(await onDisk()).toBeLessThanOrEqual(quotaBytes)
    expect(quotaBytes - (await onDisk())).toBeLessThan(fileBytes + 4_096)
    const [counted] = await server.query<{ sum: string }>('select sum(bytes) from drawbridge.spool_space')
    expect(Number(counted?.sum)).toBe(await onDisk())
  })

  test('what one of them removes makes room for the others', async () => {
    const [first, second] = spools
    const left = new Set((await readdir(folder)).map((name) => name.slice(0, name.indexOf('.'))))
    expect(await write(0, 'upl_more')).toBe('spool-full')
    for (const upload of left) await second?.remove(upload)
    expect(await write(0, 'upl_more')).toBe('taken')
    expect(first?.usedBytes).toBe(await onDisk())
  })

  test('what a process that died had taken is free after the next sweep; files that nobody noted count', async () => {
    const [state] = states
    await state?.spoolSpace?.claim('upl_dead', 10 * mebibyte, quotaBytes)
    await server.query(`delete from drawbridge.spool_space where upload = 'upl_more'`)
    const opened = await openSpool(states[1] ?? raise())
    expect(opened.usedBytes).toBe(10 * mebibyte + (await onDisk()))
    await opened.sweep(new Set(['upl_more']), new Date(Date.now() + 60_000))
    expect(opened.usedBytes).toBe(await onDisk())
    expect(opened.usedBytes).toBeGreaterThan(fileBytes)
  })

  test('without a quota each of them tells what lies there, whoever put it there or took it away', async () => {
    const open = ({ spoolSpace: space }: State): Promise<Spool> =>
      Spool.open({ directory: join(directory, 'free'), keep: null, ...(space === null ? {} : { space }) })
    const [one, other, third] = await Promise.all(states.map(open))
    const written = await one?.write('upl_free', 'report.bin', slowly())
    const lies = async (): Promise<(number | undefined)[]> =>
      Promise.all([one, other, third].map((spool) => spool?.measure()))
    const [first = 0, ...others] = await lies()
    expect(first).toBeGreaterThan(written?.sizeBytes ?? Number.POSITIVE_INFINITY)
    expect(others).toEqual([first, first])
    await other?.remove('upl_free')
    expect(await lies()).toEqual([0, 0, 0])
  })
})

function raise(): never {
  throw new Error('no such state')
}
