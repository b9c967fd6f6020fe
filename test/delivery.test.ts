/**
 * Deliveries over the wire to the sandbox, through the faults that stores and networks have, per set of rights. Whatever
 * happened: one object with the right bytes, one receipt, and no upload left open.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { systemClock, systemRandom } from '../src/base/index.ts'
import type { Delivery } from '../src/contract/index.ts'
import { DeliveryService, DeliveryWorker, evidenceReceipts, type Person, Spool } from '../src/delivery/index.ts'
import { EvidenceLog } from '../src/evidence/index.ts'
import { type FaultRule, type Sandbox, startSandbox } from '../src/sandbox/index.ts'
import { openState, type State } from '../src/state/index.ts'
import { administratorStore, grant, hashOf, type Mode, setUpCustomer } from './kill/customer.ts'
import { reportBytes, reportHash } from './kill/report.ts'
import { type KillJob, prepare, targetAccess } from './kill/target.ts'

const tenant = 'default'
const sizeBytes = 20 * 1024 * 1024
const person: Person = { actor: { kind: 'operator', issuer: 'local', subject: 'local' }, claims: {} }
const put: Mode = { bucket: 'faults-put', resume: false }
const multipart: Mode = { bucket: 'faults-multipart', resume: true }

let sandbox: Sandbox
const jobs = new Map<Mode, Omit<KillJob, 'directory' | 'report' | 'sizeBytes'>>()

beforeAll(async () => {
  sandbox = await startSandbox()
  for (const mode of [put, multipart]) jobs.set(mode, await setUpCustomer(sandbox, mode))
})
afterEach(() => sandbox.setFaults([]))
afterAll(() => sandbox.close())

const once = (operation: string, action: FaultRule['do'], nth = 1): FaultRule => ({
  match: { operation, nth },
  do: action,
})

const faults: [string, Mode, FaultRule[], Partial<Delivery['targets'][number]>][] = [
  ['nothing at all', put, [], { verificationLevel: 'server-checksum', attempts: 1 }],
  ['a store that asks for fewer requests', put, [once('PutObject', { kind: 'slow-down' })], { attempts: 1 }],
  ['a lost answer', put, [once('PutObject', { kind: 'lost-answer' })], { verificationLevel: 'occupied' }],
  [
    'a cut in the middle',
    put,
    [once('PutObject', { kind: 'reset', afterBytes: 5_000_000 })],
    { verificationLevel: 'server-checksum' },
  ],
  ['a session that ran out', put, [once('PutObject', { kind: 'expired-token' })], { attempts: 1 }],
  ['nothing at all, in parts', multipart, [], { verificationLevel: 'server-checksum', attempts: 1 }],
  ['a lost answer to Create', multipart, [once('CreateMultipartUpload', { kind: 'lost-answer' })], {}],
  [
    'a lost answer to a part',
    multipart,
    [once('UploadPart', { kind: 'lost-answer' }, 2)],
    { verificationLevel: 'server-checksum' },
  ],
  [
    'a cut in a part',
    multipart,
    [once('UploadPart', { kind: 'reset', afterBytes: 1_000_000 }, 3)],
    { verificationLevel: 'server-checksum' },
  ],
  ['a session that ran out in between', multipart, [once('UploadPart', { kind: 'expired-token' }, 2)], { attempts: 1 }],
  ['a lost answer to Complete', multipart, [once('CompleteMultipartUpload', { kind: 'lost-answer' })], {}],
  ['an error inside a 200', multipart, [once('CompleteMultipartUpload', { kind: 'error-in-200' })], {}],
]

test.each(faults)('%s', async (name, mode, rules, expected) => {
  const report = `fault ${name}`
  await withHouse(mode, report, async (state, service, worker, job) => {
    sandbox.setFaults(rules)
    const id = await accept(service, report)
    await workUntilEnded(state, worker, id)
    const delivery = await service.show(tenant, id)
    expect(delivery).toMatchObject({ state: 'delivered', targets: [{ hasReceipt: true, ...expected }] })
    await expectOneObject(job, delivery)
  })
})

test.each([put, multipart])('a right that was taken away and given back ($bucket)', async (mode) => {
  const report = `refused ${mode.bucket}`
  await withHouse(mode, report, async (_state, service, worker, job) => {
    await grant(sandbox, mode, false)
    const id = await accept(service, report)
    await worker.runOnce()
    expect(await service.show(tenant, id)).toMatchObject({
      state: 'parked',
      targets: [{ state: 'refused', attempts: 1 }],
    })
    await grant(sandbox, mode, true)
    expect(await service.targetIsWell(tenant, 'acme')).toBe(1)
    await worker.runOnce()
    const delivery = await service.show(tenant, id)
    expect(delivery).toMatchObject({ state: 'delivered', targets: [{ attempts: 2 }] })
    await expectOneObject(job, delivery)
  })
})

async function withHouse(
  mode: Mode,
  report: string,
  run: (state: State, service: DeliveryService, worker: DeliveryWorker, job: KillJob) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-faults-'))
  const base = jobs.get(mode)
  if (base === undefined) throw new TypeError('every mode was set up')
  const job: KillJob = { ...base, directory, report, sizeBytes }
  const state = await openState({ directory, clock: systemClock })
  try {
    await prepare(state, job)
    const spool = await Spool.open({ directory: state.spoolDirectory, keep: new Set() })
    const signer = state.evidenceKey.privateKey
    const log = new EvidenceLog({ store: state.log, signer, origin: 'faults.example', clock: systemClock })
    state.sealWith(log)
    const access = targetAccess(job)
    const shared = { clock: systemClock, random: systemRandom, repository: state.deliveries, access, spool }
    const worker = new DeliveryWorker({ ...shared, receipts: evidenceReceipts(log) })
    const service = new DeliveryService({
      ...shared,
      routes: state.routes,
      wake: () => worker.wake(),
      reserve: () => worker.reserve(),
    })
    await run(state, service, worker, job)
    await worker.stop()
  } finally {
    await state.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function accept(service: DeliveryService, report: string): Promise<string> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* reportBytes(report, sizeBytes)
  }
  const { upload } = await service.upload(tenant, 'report.bin', source())
  return (await service.accept(tenant, person, { route: 'audit', report, period: '2026-10', uploads: [upload] })).id
}

/** Works pass by pass; a fault that used up the store's own retries makes the next pass due seconds later. */
async function workUntilEnded(state: State, worker: DeliveryWorker, id: string): Promise<void> {
  for (let pass = 1; pass <= 4; pass++) {
    await worker.runOnce()
    if ((await state.deliveries.nextDueAt()) === null) return
    await state.deliveries.makeDue(tenant, id, ['acme'], [])
  }
}

async function expectOneObject(job: KillJob, delivery: Delivery): Promise<void> {
  const store = administratorStore(sandbox, job.bucket)
  try {
    const [key = ''] = delivery.targets[0]?.keys ?? []
    const keys: string[] = []
    for await (const object of store.list('')) if (object.key.includes(delivery.id)) keys.push(object.key)
    expect(keys).toEqual([key, `${key}.receipt.json`])
    expect(await hashOf(store, key)).toBe(reportHash(job.report, job.sizeBytes))
    expect(await store.listUploads('')).toEqual([])
    for (const each of keys) await store.delete(each)
  } finally {
    store.close()
  }
}
