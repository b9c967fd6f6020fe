/** Verification as a whole: what it leaves behind, and that it always ends with a report. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../base/index.ts'
import type { Connection, ConnectionInput, Verification } from '../../contract/index.ts'
import type { ConnectionContext } from '../index.ts'
import { dana, exportInput, fixedBase, makeConnection, makeContext } from '../testing/surroundings.ts'
import { checksFor } from './checks.ts'
import { verifyConnection } from './verify-connection.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-verify-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const none = { kind: 'none' } as const

/** The address of a server that listens on a free port. */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

/** A bucket at an address of our own, so that nothing here leaves the machine. */
function at(endpoint: string): Partial<ConnectionInput> {
  const { location } = exportInput
  if (location.service !== 's3') throw new TypeError('no bucket')
  return { location: { ...location, endpoint } }
}

function local(input: Partial<ConnectionInput> = {}): Promise<Connection> {
  return makeConnection({
    location: { service: 'local', directory, rootPath: 'reports/' },
    authentication: none,
    ...input,
  })
}

async function reportOf(
  connection: Connection,
  context: ConnectionContext,
  signal?: AbortSignal,
): Promise<Verification> {
  for await (const event of verifyConnection(connection, none, dana, context, { signal })) {
    if (event.type === 'done') return event.verification
  }
  throw new Error('no report')
}

/** Moves the clock whenever the work is at rest, so that the budget runs out without waiting. */
async function untilDone<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const ended = work.then(
    () => true,
    () => true,
  )
  for (;;) {
    const isEnded = await Promise.race([ended, new Promise<false>((resolve) => setImmediate(() => resolve(false)))])
    if (isEnded) return work
    clock.advance(1_000)
  }
}

describe('verifyConnection', () => {
  it('writes to a directory, refuses to overwrite, and leaves one probe of an export', async () => {
    const report = await reportOf(await local(), makeContext())
    expect(report.status).toBe('pass')
    expect(report.checks.map((check) => [check.id, check.status])).toEqual([
      ['put-object', 'pass'],
      ['conditional-write', 'pass'],
    ])
    expect(await readdir(join(directory, 'reports', '.drawbridge'))).toEqual([expect.stringMatching(/^probe-prb_/)])
  })

  it('takes the probe of an enrichment away again', async () => {
    const report = await reportOf(await local({ purpose: 'enrichment' }), makeContext())
    expect(report.checks.filter((check) => check.status !== 'pass')).toEqual([])
    expect(report.checks.map((check) => check.id)).toContain('delete-probe')
  })

  it('is red, with the chain and a diagnosis, when the directory is a file', async () => {
    const file = join(directory, 'file')
    await writeFile(file, 'x')
    const connection = await local({ location: { service: 'local', directory: file, rootPath: '' } })
    const report = await reportOf(connection, makeContext())
    expect(report.status).not.toBe('pass')
    expect(report.checks[0]).toMatchObject({ id: 'put-object' })
  })

  it('ends with a report when something never answers: the rest is unknown, and unknown is no pass', async () => {
    const clock = new ManualClock(new Date('2026-11-02T10:00:00Z'))
    const base = { ...fixedBase(), credentials: () => new Promise<never>(() => undefined) }
    // It takes connections, and says nothing on them.
    const hole = createServer((socket) => void socket.on('error', () => undefined))
    const origin = await listening(hole)
    const context = makeContext({ clock, base, allowedEndpoints: [origin] })
    const connection = await makeConnection(at(origin), context)
    const events: string[] = []
    const work = (async () => {
      for await (const event of verifyConnection(connection, none, dana, context, { budgetMs: 60_000 })) {
        if (event.type === 'done') return event.verification
        if (event.type === 'check') events.push(event.check.id)
      }
      throw new Error('no report')
    })()
    const report = await untilDone(clock, work)
    expect(report.status).toBe('unknown')
    expect(report.checks.map((check) => check.status)).toEqual(checksFor(connection).map(() => 'unknown'))
    expect(report.checks[0]?.detail).toBe('not answered within 60 seconds')
    expect(events).toHaveLength(report.checks.length)
    hole.close()
  })

  it('ends with a report when it is cancelled', async () => {
    const report = await reportOf(await local(), makeContext(), AbortSignal.abort())
    expect(report.status).toBe('unknown')
    expect(report.checks.every((check) => check.detail === 'the verification was cancelled')).toBe(true)
  })

  it('is red at the base identity when there is none, and skips what lies behind it', async () => {
    const store = createHttpServer((_, response) => {
      response.writeHead(403, { 'x-amz-request-id': 'REQ1' }).end()
    })
    const origin = await listening(store)
    const allowedEndpoints = [origin]
    const connection = await makeConnection(at(origin), makeContext({ allowedEndpoints }))
    const report = await reportOf(connection, makeContext({ base: null, allowedEndpoints }))
    store.close()
    expect(report.status).toBe('fail')
    const links = report.chain.links.map((link) => link.status)
    expect(links).toEqual(['pass', 'fail', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped'])
  })
})
