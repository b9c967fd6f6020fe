/**
 * The guarantee under SIGKILL: a process that delivers is killed at random moments, twenty times per set of rights, and
 * started again on the same data directory until the report has arrived. Afterwards there is exactly one object with the
 * right bytes, exactly one receipt, one log entry of the delivery, and no upload left open at the customer's.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secret, systemClock, systemRandom } from '../src/base/index.ts'
import { EvidenceLog, unpackSidecar } from '../src/evidence/index.ts'
import { openState } from '../src/state/index.ts'
import { type ObjectStore, s3Store, withRetry } from '../src/storage/index.ts'
import { reportHash } from './kill/report.ts'
import type { KillJob } from './kill/worker.ts'

const kills = 20
const sizeBytes = 200 * 1024 * 1024
const region = 'eu-central-1'
const bucketOwner = '222222222222'
const externalId = 'dbx_kill_0123456789abcdef'
const tenant = 'default'

interface Other {
  readonly endpoint: string
  readonly baseRoleArn: string
  readonly customer: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

let sandbox: ChildProcess
let other: Other

beforeAll(async () => {
  sandbox = spawn(process.execPath, [join(import.meta.dirname, 'kill/sandbox.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { stdout } = sandbox
  if (stdout === null) throw new TypeError('the sandbox has an output')
  const [line] = await once(createInterface(stdout), 'line')
  other = JSON.parse(line)
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
      const job = await setUp(mode, directory)
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
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kill/worker.ts'), JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let last = 'starting'
  let complaint = ''
  let timer: NodeJS.Timeout | undefined
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  createInterface(child.stdout).on('line', (line) => {
    last = line
      .split(' ')
      .slice(0, 2)
      .join(' ')
      .replace(/ dlv_.*/, '')
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
  const store = administratorStore(job)
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

async function hashOf(store: ObjectStore, key: string): Promise<string> {
  const hash = createHash('sha256')
  const { body } = await store.get(key)
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}

async function textOf(store: ObjectStore, key: string): Promise<string> {
  const { body } = await store.get(key)
  return Buffer.concat(await body.toArray()).toString('utf8')
}

function administratorStore(job: KillJob): ObjectStore {
  const { accessKeyId, secretAccessKey } = other.customer
  const store = s3Store({
    bucket: job.bucket,
    region,
    endpoint: other.endpoint,
    expectedBucketOwner: bucketOwner,
    credentials: async () => ({ accessKeyId, secretAccessKey: new Secret(secretAccessKey) }),
    allowPrivateEndpoint: true,
  })
  return withRetry(store, { clock: systemClock, random: systemRandom })
}

/** What the customer's administrator does: a bucket, a role that trusts us with the External ID, and its policy. */
async function setUp(mode: { bucket: string; resume: boolean }, directory: string): Promise<Omit<KillJob, 'report'>> {
  const { endpoint, baseRoleArn, customer } = other
  const { accessKeyId, secretAccessKey } = customer
  const client = { endpoint, region, credentials: { accessKeyId, secretAccessKey } }
  const s3 = new S3Client({ ...client, forcePathStyle: true })
  const iam = new IAMClient(client)
  const { bucket, resume } = mode
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
  const role = `drawbridge-${bucket}`
  const trust = policy([
    {
      Action: 'sts:AssumeRole',
      Principal: { AWS: baseRoleArn },
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    },
    { Action: ['sts:TagSession', 'sts:SetSourceIdentity'], Principal: { AWS: baseRoleArn } },
  ])
  await iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: trust }))
  const objects = `arn:aws:s3:::${bucket}/exports/*`
  const onParts = ['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload']
  const permissions = policy([
    { Action: resume ? ['s3:PutObject', ...onParts] : ['s3:PutObject'], Resource: objects },
    ...(resume ? [{ Action: 's3:ListBucketMultipartUploads', Resource: `arn:aws:s3:::${bucket}` }] : []),
  ])
  await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: 'export', PolicyDocument: permissions }))
  s3.destroy()
  iam.destroy()
  const roleArn = `arn:aws:iam::${bucketOwner}:role/${role}`
  return { directory, endpoint, region, bucket, bucketOwner, roleArn, externalId, resume, sizeBytes }
}

function policy(statements: readonly object[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  })
}
