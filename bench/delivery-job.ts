/**
 * One measured job of the delivery benchmark, in a process of its own so that time, processor and memory are its alone:
 * `node delivery-job.ts NAME JSON`. Prints one line of JSON.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { copyFile, open, stat } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import type { S3Client } from '@aws-sdk/client-s3'
import { boundHeapGrowth } from '../src/cli/heap-growth.ts'
import type { BenchHouseOptions } from './delivery-house.ts'

/** What a job is told. */
export interface JobInput {
  readonly endpoint: string
  /** A directory of its own. */
  readonly directory: string
  /** The report of the jobs about one large report. */
  readonly file: string
  /** How many small reports. */
  readonly count: number
}

/** What a job measured. */
export interface JobResult {
  readonly wallMs: number
  /** All threads of the process, user and system. */
  readonly cpuMs: number
  readonly peakRssBytes: number
}

const smallBytes = 10 * 1024
const partBytes = 8 * 1024 * 1024
const inFlight = 32

type Job = (input: JobInput, measure: <T>(work: () => Promise<T>) => Promise<T>) => Promise<void>

const jobs: Readonly<Record<string, Job>> = {
  'bare-put': async ({ endpoint, file }, measure) => {
    const { size } = await stat(file)
    await measure(() => barePut(`${endpoint}/acme-audit/bare`, size, file))
  },
  copy: async ({ file, directory }, measure) => {
    await measure(async () => {
      await copyFile(file, `${directory}/copy`)
      await using copy = await open(`${directory}/copy`, 'r+')
      await copy.sync()
    })
  },
  'sdk-upload': sdkUpload,
  spooled: async (input, measure) => await oneReport(input, measure, false),
  'from-file': async (input, measure) => await oneReport(input, measure, true),
  'from-file-azblob': async (input, measure) => await oneReport(input, measure, true, { service: 'azblob' }),
  'from-file-azblob-put': async (input, measure) =>
    await oneReport(input, measure, true, { service: 'azblob', isOneRequest: true }),
  'bare-small': async ({ endpoint, count }, measure) => {
    const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
    const body = Buffer.alloc(smallBytes, 7)
    await measure(() => side(count, inFlight, (n) => bareSmall(agent, `${endpoint}/acme-audit/bare-${n}`, body)))
    agent.destroy()
  },
  'sdk-small': async ({ endpoint, count }, measure) => {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3')
    const client = await sdk(endpoint)
    const body = Buffer.alloc(smallBytes, 7)
    await measure(() =>
      side(count, inFlight, async (n) => {
        await client.send(new PutObjectCommand({ Bucket: 'acme-audit', Key: `sdk-${n}`, Body: body, IfNoneMatch: '*' }))
      }),
    )
    client.destroy()
  },
  small: smallReports,
}

async function barePut(url: string, size: number, file: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const put = request(url, { method: 'PUT', headers: { 'content-length': size } }, (response) => {
      response.resume().once('end', resolve)
    })
    put.once('error', reject)
    createReadStream(file, { highWaterMark: 1 << 20 })
      .once('error', reject)
      .pipe(put)
  })
}

async function bareSmall(agent: Agent, url: string, body: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-length': body.length, 'content-type': 'application/octet-stream' }
    const put = request(url, { agent, method: 'PUT', headers }, (response) => {
      response.resume().once('end', resolve)
    })
    put.once('error', reject)
    put.end(body)
  })
}

/** Loaded only where it is measured: it would count as memory of the others. */
async function sdk(endpoint: string): Promise<S3Client> {
  const { S3Client: Client } = await import('@aws-sdk/client-s3')
  return new Client({
    endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'AKIABENCHMARKS000000', secretAccessKey: 'benchmarks-need-no-secret-access-key' },
  })
}

/** Its own way with files; parts of the size that ours have, which is quicker than its smallest. */
async function sdkUpload({ endpoint, file }: JobInput, measure: Parameters<Job>[1]): Promise<void> {
  const { Upload } = await import('@aws-sdk/lib-storage')
  const client = await sdk(endpoint)
  await measure(async () => {
    const params = { Bucket: 'acme-audit', Key: 'sdk', Body: createReadStream(file, { highWaterMark: 1 << 20 }) }
    await new Upload({ client, params, queueSize: 4, partSize: partBytes }).done()
  })
  client.destroy()
}

/** Loaded when it is needed, as the program does: what is loaded at once makes the young generation grow. */
async function loaded() {
  return { ...(await import('./delivery-house.ts')), ...(await import('../src/delivery/index.ts')) }
}

/** One report through the whole house: from its file, or from the moment it is accepted. */
async function oneReport(
  input: JobInput,
  measure: Parameters<Job>[1],
  acceptance: boolean,
  way: Pick<BenchHouseOptions, 'service' | 'isOneRequest'> = {},
): Promise<void> {
  const { FileSource, openBenchHouse, person, tenant } = await loaded()
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
  const { house, worker, close } = await openBenchHouse({
    ...input,
    ...way,
    onDelivery(event) {
      if (event.type === 'crash') reject(event.error)
      if (event.type === 'target' && event.state !== 'sending' && event.state !== 'delivered') reject(event.reason)
      if (event.type === 'delivery' && event.state === 'delivered' && event.availableAt === null) resolve()
    },
  })
  const take = async (): Promise<void> => {
    const source = new FileSource(input.file)
    const { upload } = await house.deliveries.upload(tenant, 'report.bin', source)
    await house.deliveries.accept(tenant, person, { route: 'audit', period: '2026-10', uploads: [upload] })
  }
  const work = async (): Promise<void> => {
    worker.start()
    await ended
  }
  if (!acceptance) await take()
  await measure(async () => {
    if (acceptance) await take()
    await work()
  })
  const [delivery] = await house.deliveries.list(tenant, { limit: 1 })
  if (delivery?.targets[0]?.hasReceipt !== true) throw new Error('the report was not delivered with a receipt')
  await close()
}

/** Small reports through the whole house: many callers hand them over while the worker delivers. */
async function smallReports(input: JobInput, measure: Parameters<Job>[1]): Promise<void> {
  const { openBenchHouse, person, tenant } = await loaded()
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
  let delivered = 0
  const { house, worker, close } = await openBenchHouse({
    ...input,
    onDelivery(event) {
      if (event.type === 'crash') reject(event.error)
      if (event.type !== 'delivery' || event.state !== 'delivered' || event.availableAt !== null) return
      delivered += 1
      if (delivered === input.count) resolve()
    },
  })
  const body = Buffer.alloc(smallBytes, 7)
  worker.start()
  await measure(async () => {
    await side(input.count, inFlight, async (n) => {
      body.writeUInt32BE(n)
      const bytes = Buffer.from(body)
      const files = [{ name: `report-${n}.csv`, source: one(bytes) }]
      await house.deliveries.accept(tenant, person, { route: 'audit', period: '2026-10', files })
    })
    await ended
  })
  const size = await house.logStore.size(tenant)
  if (size < 2 * input.count) throw new Error(`only ${size} entries are in the log`)
  const [delivery] = await house.deliveries.list(tenant, { limit: 1 })
  if (delivery?.targets[0]?.hasReceipt !== true) throw new Error('a report has no receipt')
  await close()
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

/** Runs `work` for 0 … `count` - 1, `width` at a time. */
async function side(count: number, width: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await work(n)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}

/** The most that the process ever held, as the kernel says where it does. */
function peakRssBytes(): number {
  try {
    const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kibibytes !== undefined) return Number(kibibytes) * 1024
  } catch {
    // Not Linux: the runtime's own figure.
  }
  return process.resourceUsage().maxRSS * 1024
}

if (import.meta.main) {
  // As the program does when it starts.
  boundHeapGrowth()
  const [, , name = '', json = '{}'] = process.argv
  const job = Object.hasOwn(jobs, name) ? jobs[name] : undefined
  if (job === undefined) throw new TypeError(`there is no job \`${name}\``)
  let result: JobResult | null = null
  await job(JSON.parse(json), async (work) => {
    const cpu = process.cpuUsage()
    const start = performance.now()
    const answer = await work()
    const wallMs = performance.now() - start
    const { user, system } = process.cpuUsage(cpu)
    result = { wallMs, cpuMs: (user + system) / 1000, peakRssBytes: peakRssBytes() }
    return answer
  })
  console.log(JSON.stringify(result))
}
