/**
 * The process that the kill tests kill: takes reports in as long as it lives and delivers them, those of its killed
 * forerunners too. What it acknowledges it says on stdout, after the acknowledgement; the rest is read from the database
 * and the bucket when the killing is over.
 */
import { systemClock, systemRandom } from '../../src/base/index.ts'
import {
  DeliveryService,
  DeliveryWorker,
  evidenceReceipts,
  type Person,
  Spool,
  smallDeliveryBytes,
} from '../../src/delivery/index.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import type { State } from '../../src/state/index.ts'
import { reportBytes } from '../kill/report.ts'
import { accessTo, type Place } from './places.ts'
import { reportNamed, sizeOf } from './reports.ts'
import { openKillState } from './state.ts'

const tenant = 'default'
const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }
/** So many deliveries may be open before another report is taken in. */
const mostOpen = 6
/** So many reports that travel in parts a life offers: servers that keep everything in memory, deleted or not, would be full. */
const mostLarge = 2

/** What the process is told. */
export interface LifeTask {
  readonly place: Place
  readonly directory: string
  /** PostgreSQL's URL, when other processes work beside this one; null: the directory's own database. */
  readonly database: string | null
  /** Begins the names of the reports that this life takes in. */
  readonly name: string
  /** Reports that an earlier life was killed over, to be offered again under their idempotency keys. */
  readonly again: readonly string[]
  /** True: takes nothing in, and ends when everything is delivered. */
  readonly isLast: boolean
}

async function live(task: LifeTask): Promise<void> {
  const state = await openKillState(task.directory, task.database)
  const keep = state.isShared ? null : new Set(await state.deliveries.spooledUploads())
  const spool = await Spool.open({ directory: state.spoolDirectory, keep })
  const signer = state.evidenceKey.privateKey
  const log = new EvidenceLog({ store: state.log, signer, origin: 'kill.example', clock: systemClock })
  state.sealWith(log)
  const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, spool }
  const parts = { ...shared, access: accessTo(task.place) }
  const open = new Set(await openDeliveries(state))
  let changed = Promise.withResolvers<void>()
  const worker = new DeliveryWorker({
    ...parts,
    receipts:
      state.makeReceipts?.({
        ...{ origin: 'kill.example', witnesses: [] },
        ...{ keys: () => ({ signer }), reloadKeys: async () => ({ signer }) },
      }) ?? evidenceReceipts(log),
    name: task.name,
    isSpoolShared: state.isShared,
    // The test kills far more often than any machine would.
    quarantineAfter: 100_000,
    onEvent(event) {
      if (event.type === 'progress' && event.bytesSent > 0) say(event.bytesSent < event.sizeBytes ? 'sending' : 'sent')
      if (event.type === 'target') say(event.state)
      if (event.type === 'crash') say(`crash ${String(event.error)}`)
      if (event.type !== 'delivery' || event.state !== 'delivered' || event.availableAt !== null) return
      open.delete(event.delivery)
      changed.resolve()
    },
  })
  const service = new DeliveryService({
    ...parts,
    routes: state.routes,
    wake: () => worker.wake(),
    reserve: () => worker.reserve(),
  })
  say('ready')
  worker.start()
  const offered = [...task.again]
  let large = 0
  for (let number = 0; !task.isLast || offered.length > 0; number++) {
    const report = offered.shift() ?? reportNamed(task.name, number)
    if (!task.again.includes(report) && sizeOf(report) > smallDeliveryBytes * 2 && ++large > mostLarge) continue
    open.add(await accept(service, report))
    while (open.size >= mostOpen) {
      changed = Promise.withResolvers()
      await changed.promise
    }
  }
  while ((await openDeliveries(state)).length > 0) {
    changed = Promise.withResolvers()
    await Promise.race([changed.promise, systemClock.sleep(100)])
  }
  await worker.stop()
  await state.close()
}

async function accept(service: DeliveryService, report: string): Promise<string> {
  say(`offering ${report}`)
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* reportBytes(report, sizeOf(report))
  }
  const facts = { route: 'audit', report, period: '2026-10', idempotencyKey: report }
  // Small ones come with their acceptance, and are begun with where there is room.
  const name = `${report}.bin`
  const { id } =
    sizeOf(report) <= smallDeliveryBytes
      ? await service.accept(tenant, person, { ...facts, files: [{ name, source: source() }] })
      : await service.accept(tenant, person, {
          ...facts,
          uploads: [(await service.upload(tenant, name, source())).upload],
        })
  say(`accepted ${report}`)
  return id
}

async function openDeliveries(state: State): Promise<string[]> {
  const newest = await state.deliveries.list(tenant, { limit: 500 })
  return newest.filter((record) => record.isSpooled).map(({ id }) => id)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (import.meta.main) await live(JSON.parse(process.argv[2] ?? ''))
