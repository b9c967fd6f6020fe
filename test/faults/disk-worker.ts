/**
 * The process whose disk fails: takes some reports in, one after the other, tells of each whether it was accepted or
 * refused, and works on what it has for a while. What is refused is not tried again here.
 */
import { DrawbridgeError, systemClock, systemRandom } from '../../src/base/index.ts'
import { DeliveryService, DeliveryWorker, evidenceReceipts, Spool } from '../../src/delivery/index.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import { openState } from '../../src/state/index.ts'
import { reportBytes } from '../kill/report.ts'
import { accessTo, type Place } from '../kills/places.ts'
import { sizeOf } from '../kills/reports.ts'

/** What it is told. */
export interface DiskTask {
  readonly place: Place
  readonly directory: string
  readonly reports: readonly string[]
}

const tenant = 'default'
const person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} } as const

async function run({ place, directory, reports }: DiskTask): Promise<void> {
  const state = await openState({ directory, clock: systemClock })
  const spool = await Spool.open({
    directory: state.spoolDirectory,
    keep: new Set(await state.deliveries.spooledUploads()),
  })
  const signer = state.evidenceKey.privateKey
  const log = new EvidenceLog({ store: state.log, signer, origin: 'kill.example', clock: systemClock })
  state.sealWith(log)
  const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, spool }
  const parts = { ...shared, access: accessTo(place) }
  const worker = new DeliveryWorker({
    ...parts,
    receipts: evidenceReceipts(log),
    onEvent: (event) => {
      if (event.type === 'crash') say(`crash ${String(event.error)}`)
    },
  })
  const service = new DeliveryService({
    ...parts,
    routes: state.routes,
    wake: () => worker.wake(),
    reserve: () => worker.reserve(),
  })
  for (const report of reports) {
    try {
      async function* source(): AsyncGenerator<Uint8Array> {
        yield* reportBytes(report, sizeOf(report))
      }
      const { upload } = await service.upload(tenant, `${report}.bin`, source())
      const facts = { route: 'audit', report, period: '2026-10', idempotencyKey: report, uploads: [upload] }
      await service.accept(tenant, person, facts)
      say(`accepted ${report}`)
    } catch (error) {
      if (!(error instanceof DrawbridgeError)) throw error
      say(`refused ${report} ${error.code}`)
    }
  }
  for (let pass = 0; pass < 4; pass++) await worker.runOnce().catch((error: unknown) => say(`crash ${String(error)}`))
  await worker.stop({ drainMs: 0 })
  await state.close()
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  await run(JSON.parse(process.argv[2] ?? ''))
} catch (error) {
  if (!(error instanceof DrawbridgeError)) throw error
  say(`ended ${error.code}`)
}
