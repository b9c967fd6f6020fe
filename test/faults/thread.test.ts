/**
 * The thread of the database ends while reports are taken in and delivered, again and again, and the process lives on. What
 * it was asked at that moment may have happened or not: whoever asked is told, asks again, and nothing happens twice.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DrawbridgeError, systemClock, systemRandom } from '../../src/base/index.ts'
import {
  type DeliveryEvent,
  DeliveryService,
  DeliveryWorker,
  type Person,
  type ReceiptMaker,
  Spool,
} from '../../src/delivery/index.ts'
import { openState, type State } from '../../src/state/index.ts'
import { reportBytes } from '../kill/report.ts'
import { checkPlace, nothingFound } from '../kills/check.ts'
import { accessTo } from '../kills/places.ts'
import { sizeOf } from '../kills/reports.ts'
import { type PlaceServer, serverStarts } from '../kills/servers.ts'
import { prepareKills } from '../kills/state.ts'

const tenant = 'default'
const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }
/** In the database, in the spool, and in parts. */
const sizes = [700, 9_000, 60_000, 200_000, 3_000, 17_000_000, 40_000, 1_200]
const reports = Array.from({ length: 96 }, (_, number) => `thread-${number}-${sizes[number % sizes.length]}`)
/** The thread ends after so many acceptances, and after so many arrivals. */
const acceptancesBetween = 20
const arrivalsBetween = 17

/** Threads of the database, told from those that hash by what they say. */
let threads: Worker[] = []
const remember = (thread: Worker): void => {
  thread.once('message', (said: unknown) => {
    if (typeof said === 'object' && said !== null && 'answers' in said) threads.push(thread)
  })
}
let server: PlaceServer
let directory = ''
beforeEach(async () => {
  threads = []
  process.on('worker', remember)
  server = await serverStarts.sandbox()
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-thread-'))
})
afterEach(async () => {
  process.off('worker', remember)
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

/** Ends the thread that works now, wherever it is. */
function endThread(): void {
  void threads.at(-1)?.terminate()
}

test('the thread of the database ends under load: nothing is lost, nothing is doubled, and the process goes on', async () => {
  const place = await server.open('thread', true)
  await prepareKills(directory, null, place)
  threads = []
  const state = await openState({ directory, clock: systemClock, isAside: true })
  const spool = await Spool.open({ directory: state.spoolDirectory, keep: new Set() })
  const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, spool }
  const parts = { ...shared, access: accessTo(place) }
  const told = new Told()
  const worker = new DeliveryWorker({
    ...parts,
    receipts: receiptsOf(state),
    // It ends far more often than any thread would.
    quarantineAfter: 100_000,
    onEvent: (event) => told.hear(event),
  })
  const service = new DeliveryService({
    ...parts,
    routes: state.routes,
    wake: () => worker.wake(),
    reserve: () => worker.reserve(),
  })
  worker.start()
  const waiting = [...reports]
  let accepted = 0
  const takeIn = async (): Promise<void> => {
    for (let report = waiting.shift(); report !== undefined; report = waiting.shift()) {
      await acceptUntilTold(service, report)
      if (++accepted % acceptancesBetween === 0) endThread()
    }
  }
  await Promise.all(Array.from({ length: 8 }, takeIn))
  await told.arrived(reports.length)
  await worker.stop()
  await state.close()
  expect(threads.length).toBeGreaterThan(5)
  expect(told.complaints.filter((message) => message !== 'the thread of the database ended')).toEqual([])
  expect(told.complaints.length).toBeGreaterThan(0)
  expect(await checkPlace(place, directory, new Set(reports), new Set())).toEqual({
    ...nothingFound,
    reports: reports.length,
    occupied: expect.any(Number),
    // An upload whose id was on its way to the database when the thread ended: none is open, and each is on record.
    recordedOrphans: expect.any(Number),
  })
})

/** As the processes that deliver much have them: of what the log on the thread proves. */
function receiptsOf(state: State): ReceiptMaker {
  const signer = state.evidenceKey.privateKey
  const keys = (): { signer: typeof signer } => ({ signer })
  const options = { origin: 'kill.example', witnesses: [], keys, reloadKeys: async () => keys() }
  const maker = state.makeReceipts?.(options)
  if (maker === undefined) throw new TypeError('the thread makes receipts')
  return maker
}

/** As a client would: whoever is told that it failed offers the same report again, under the same key. */
async function acceptUntilTold(service: DeliveryService, report: string): Promise<void> {
  for (;;) {
    try {
      const { upload } = await service.upload(tenant, `${report}.bin`, sourceOf(report))
      const facts = { route: 'audit', report, period: '2026-10', idempotencyKey: report, uploads: [upload] }
      return void (await service.accept(tenant, person, facts))
    } catch (error) {
      if (!(error instanceof DrawbridgeError) || error.operation !== 'state.thread') throw error
    }
  }
}

async function* sourceOf(report: string): AsyncGenerator<Uint8Array> {
  yield* reportBytes(report, sizeOf(report))
}

/** What the worker tells. Every so many arrivals the thread ends. */
class Told {
  readonly complaints: string[] = []
  readonly #ended = new Set<string>()
  #arrivals = 0
  #changed = Promise.withResolvers<void>()

  hear(event: DeliveryEvent): void {
    if (event.type === 'crash') this.complaints.push(messageOf(event.error))
    if (event.type === 'target' && event.state === 'delivered' && ++this.#arrivals % arrivalsBetween === 0) endThread()
    if (event.type !== 'delivery' || event.state !== 'delivered' || event.availableAt !== null) return
    this.#ended.add(event.delivery)
    this.#changed.resolve()
  }

  async arrived(count: number): Promise<void> {
    while (this.#ended.size < count) {
      this.#changed = Promise.withResolvers()
      await this.#changed.promise
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'something that is no error'
}
