/**
 * The process that the kill test kills: opens the data directory, accepts one report (once, by its idempotency key) and
 * works until it is delivered. Everything it needs comes as one JSON argument; what it does goes to stdout, line by line.
 */
import { systemClock, systemRandom } from '../../src/base/index.ts'
import { DeliveryService, DeliveryWorker, evidenceReceipts, type Person, Spool } from '../../src/delivery/index.ts'
import { EvidenceLog } from '../../src/evidence/index.ts'
import { openState, type State } from '../../src/state/index.ts'
import { reportBytes } from './report.ts'
import { type KillJob, prepare, targetAccess } from './target.ts'

const tenant = 'default'
const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }

async function run(job: KillJob): Promise<void> {
  const state = await openState({ directory: job.directory, clock: systemClock })
  const keep = new Set(await state.deliveries.spooledUploads())
  const spool = await Spool.open({ directory: state.spoolDirectory, keep })
  await prepare(state, job)
  const log = new EvidenceLog({
    store: state.log,
    signer: state.evidenceKey.privateKey,
    origin: 'kill.example',
    clock: systemClock,
  })
  const access = targetAccess(job)
  const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, access, spool }
  const ended = Promise.withResolvers<void>()
  const worker = new DeliveryWorker({
    ...shared,
    receipts: evidenceReceipts(log, state.evidenceKey.privateKey),
    // The test kills far more often than any machine would.
    quarantineAfter: 1_000,
    onEvent(event) {
      if (event.type === 'progress' && event.bytesSent > 0) say(event.bytesSent < event.sizeBytes ? 'sending' : 'sent')
      if (event.type === 'target') say(`target ${event.state} ${event.reason ?? ''}`)
      if (event.type === 'crash') say(`crash ${String(event.error)}`)
      if (event.type === 'delivery' && event.state === 'delivered' && event.availableAt === null) ended.resolve()
    },
  })
  const service = new DeliveryService({ ...shared, routes: state.routes, wake: () => worker.wake() })
  say('ready')
  const id = await acceptOnce(state, service, job)
  say(`accepted ${id}`)
  worker.start()
  const delivery = await state.deliveries.byId(tenant, id)
  if (delivery?.isSpooled === true) await ended.promise
  await worker.stop()
  await state.close()
  say('done')
}

async function acceptOnce(state: State, service: DeliveryService, job: KillJob): Promise<string> {
  const earlier = await state.deliveries.byIdempotencyKey(tenant, job.report)
  if (earlier !== null) return earlier.id
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* reportBytes(job.report, job.sizeBytes)
  }
  const { upload } = await service.upload(tenant, `${job.report}.bin`, source())
  const { id } = await service.accept(tenant, person, {
    route: 'audit',
    period: '2026-10',
    idempotencyKey: job.report,
    uploads: [upload],
  })
  return id
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (import.meta.main) await run(JSON.parse(process.argv[2] ?? ''))
