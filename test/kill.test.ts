/**
 * The guarantee under SIGKILL: a process that delivers is killed at random moments, twenty times per set of rights, and
 * started again on the same data directory until the report has arrived. Afterwards there is exactly one object with the
 * right bytes, exactly one receipt, one log entry of the delivery, and no upload left open at the customer's.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../src/base/index.ts'
import { EvidenceLog, unpackSidecar } from '../src/evidence/index.ts'
import { openState } from '../src/state/index.ts'
import { administratorStore, type CustomerCloud, hashOf, setUpCustomer, textOf } from './kill/customer.ts'
import { reportHash } from './kill/report.ts'
import type { KillJob } from './kill/target.ts'

const kills = 20
const sizeBytes = 200 * 1024 * 1024
const tenant = 'default'

let sandbox: ChildProcess
let cloud: CustomerCloud

beforeAll(async () => {
  sandbox = spawn(process.execPath, [fileURLToPath(new URL('./kill/sandbox.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { stdout } = sandbox
  if (stdout === null) throw new TypeError('the sandbox has an output')
  const [line] = await once(createInterface(stdout), 'line')
  cloud = JSON.parse(line)
})

afterAll(async () => {
  const gone = once(sandbox, 'exit')
  sandbox.kill('SIGTERM')
  await gone
})

/** The rights of each mode, as the set-up kit would grant them. */
const modes = {
  'one conditional PUT with s3:PutObject alone': { bucket: 'kill-put', resume: false },
  'a multipart upload with the rights to resume': { bucket: 'kill-multipart', resume: true },
}

test.each(Object.entries(modes))(
  '%s',
  async (_name, mode) => {
    const directory = await mkdtemp(join(tmpdir(), 'drawbridge-kill-'))
    try {
      const job = { ...(await setUpCustomer(cloud, mode)), directory, sizeBytes }
      const phases = await killUntilEnough(job)
      console.log(`${mode.bucket}: killed ${phases.length} times: ${phases.join(' ')}`)
      expect(phases).toHaveLength(kills)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
  240_000,
)

async function killUntilEnough(job: Omit<KillJob, 'report'>): Promise<string[]> {
  const phases: string[] = []
  // The first one is left alone, so that the moments of the others can be drawn from how long it takes.
  const startedAt = performance.now()
  await runWorker({ ...job, report: 'report-0' }, null)
  const wholeMs = performance.now() - startedAt
  await checkDelivered({ ...job, report: 'report-0' })
  for (let number = 1; phases.length < kills; number++) {
    const report = `report-${number}`
    for (;;) {
      const killAfterMs = phases.length < kills ? Math.random() * wholeMs : null
      const phase = await runWorker({ ...job, report }, killAfterMs)
      if (phase === null) break
      phases.push(phase)
    }
    await checkDelivered({ ...job, report })
  }
  return phases
}

/** Runs the worker process; returns the last thing that it said before it was killed, or null when it ended by itself. */
async function runWorker(job: KillJob, killAfterMs: number | null): Promise<string | null> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./kill/worker.ts', import.meta.url)), JSON.stringify(job)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const ended = once(child, 'exit')
  let last = 'starting'
  let complaint = ''
  let timer: NodeJS.Timeout | undefined
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  createInterface(child.stdout).on('line', (line) => {
    const [word = ''] = line.split(' ')
    last = word === 'target' ? 'delivering' : word
    if (line === 'ready' && killAfterMs !== null) timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    if (line.startsWith('crash')) complaint += `${line}\n`
  })
  const [code, signal] = await ended
  clearTimeout(timer)
  if (signal === 'SIGKILL') return last
  expect(complaint).toBe('')
  expect(code).toBe(0)
  return null
}

async function checkDelivered(job: KillJob): Promise<void> {
  const state = await openState({ directory: job.directory, clock: systemClock })
  const store = administratorStore(cloud, job.bucket)
  try {
    const record = await state.deliveries.byIdempotencyKey(tenant, job.report)
    expect(record?.state).toBe('delivered')
    const id = record?.id ?? ''
    const key = record?.targets[0]?.items[0]?.key ?? ''
    const keys: string[] = []
    for await (const object of store.list('')) keys.push(object.key)
    expect(keys).toEqual([key, `${key}.receipt.json`])
    expect(await hashOf(store, key)).toBe(reportHash(job.report, job.sizeBytes))
    expect(await store.listUploads('')).toEqual([])
    const receipt = await state.deliveries.receipt(tenant, id, 'acme')
    const sidecar = await textOf(store, `${key}.receipt.json`)
    const unpacked = unpackSidecar(sidecar)
    const byPath = (files: readonly { path: string }[]) => [...files].sort((a, b) => (a.path < b.path ? -1 : 1))
    expect(unpacked.ok && byPath(unpacked.value)).toEqual(byPath(receipt ?? []))
    expect(await deliveredEntries(state, id)).toBe(1)
    for (const each of keys) await store.delete(each)
  } finally {
    store.close()
    await state.close()
  }
}

async function deliveredEntries(state: Awaited<ReturnType<typeof openState>>, id: string): Promise<number> {
  const signer = state.evidenceKey.privateKey
  const log = new EvidenceLog({ store: state.log, signer, origin: 'kill.example', clock: systemClock })
  await log.integrate(tenant)
  const entries = await state.log.entries(tenant, 0, await state.log.size(tenant))
  const read = entries.map((entry): { action: string; subject: string } => JSON.parse(entry))
  return read.filter(({ action, subject }) => action === 'delivery.delivered' && subject === id).length
}
