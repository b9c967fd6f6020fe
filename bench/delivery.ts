/**
 * Measures delivery against its peers: every job in a process of its own, interleaved, medians of the rounds, and ratios
 * within one run, since only those mean anything on a shared machine.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileJob } from './compile-job.ts'
import type { JobInput, JobResult } from './delivery-job.ts'
import { measureMemory, parseSize } from './delivery-memory.ts'
import { countAssumedRoles } from './delivery-roles.ts'
import { type Sink, startSink } from './delivery-sink.ts'
import { count, table } from './table.ts'

interface Sizes {
  readonly largeBytes: number
  readonly smallCount: number
  readonly rounds: number
}

const full: Sizes = { largeBytes: 1 << 30, smallCount: 5_000, rounds: 3 }
const quick: Sizes = { largeBytes: 128 << 20, smallCount: 1_000, rounds: 1 }
const mebibyte = 1 << 20
const mostRssBytes = 256 * mebibyte

type Medians = ReadonlyMap<string, JobResult>

/** The parts of the report, as `--only` names them. */
const parts = ['large', 'small', 'memory', 'roles'] as const

interface Wishes {
  readonly sizes: Sizes
  readonly only: string | undefined
  readonly memoryBytes: number
}

/** Runs everything and answers the report. `--quick`: smaller sizes, one round. `--only PART`; `--size 20GiB` for `memory`. */
export async function benchDelivery(): Promise<string> {
  const wishes = readWishes()
  if (typeof wishes === 'string') throw new Error(wishes)
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-bench-'))
  const sink = await startSink(directory)
  try {
    const pieces = await measure(wishes, sink, directory)
    return pieces.filter((part) => part !== '').join('\n\n')
  } finally {
    await sink.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure({ sizes, only, memoryBytes }: Wishes, sink: Sink, directory: string): Promise<string[]> {
  const wants = (part: (typeof parts)[number]): boolean => only === undefined || only === part
  const file = wants('large') ? await makeReport(directory, sizes.largeBytes) : ''
  const runner = new Runner(sink, directory, file, sizes)
  const hasRclone = spawnSync('rclone', ['version']).status === 0
  return [
    `drawbridge delivery on Node ${process.version}, ${cpus().length} cores; ${sink.description}`,
    `${sizes.rounds} interleaved rounds, medians; every job in a process of its own`,
    hasRclone ? '' : 'RCLONE IS NOT ON THE PATH: its rows are missing, and so is every target that names it',
    wants('large') ? await oneReport(runner, sizes, hasRclone) : '',
    wants('small') ? await smallReports(runner, sizes, hasRclone) : '',
    wants('small') ? await syncs(runner, sizes) : '',
    wants('memory')
      ? await measureMemory(directory, memoryBytes, mostRssBytes, (name, sparse) => runner.once(name, sparse))
      : '',
    wants('roles')
      ? `AssumeRole calls for 1,000 deliveries of one person at a time: ${await countAssumedRoles(1_000)} (target 1)`
      : '',
  ]
}

function readWishes(): Wishes | string {
  const after = (flag: string): string | undefined => {
    const at = process.argv.indexOf(flag)
    return at === -1 ? undefined : (process.argv[at + 1] ?? '')
  }
  const sizes = process.argv.includes('--quick') ? quick : full
  const only = after('--only')
  const memoryBytes = parseSize(after('--size') ?? '2GiB')
  if (only !== undefined && !parts.some((part) => part === only)) return `--only takes one of ${parts.join(', ')}`
  if (memoryBytes === null) return '--size takes a size such as `20GiB` or `512MiB`'
  return { sizes, only, memoryBytes }
}

async function oneReport(runner: Runner, sizes: Sizes, hasRclone: boolean): Promise<string> {
  const peers = ['bare-put', 'copy', 'sdk-upload', ...(hasRclone ? ['rclone-large'] : [])]
  const medians = await runner.interleaved([...peers, 'spooled', 'from-file'])
  const of = (name: string): JobResult => medianOf(medians, name)
  const bare = of('bare-put')
  const rows = (
    [
      ['bare node:http PUT, unsigned', 'bare-put'],
      ['plain copy with fsync', 'copy'],
      ['AWS SDK lib-storage Upload, parts of 8 MiB, 4 at a time', 'sdk-upload'],
      ['rclone copy', 'rclone-large'],
      ['drawbridge, accepted before', 'spooled'],
      ['drawbridge, from the file', 'from-file'],
    ] as const
  )
    .filter(([, name]) => medians.has(name))
    .map(([title, name]) => {
      const { wallMs, cpuMs, peakRssBytes } = of(name)
      return [
        title,
        seconds(wallMs),
        figure(wallMs / bare.wallMs),
        seconds(cpuMs),
        figure(cpuMs / bare.cpuMs),
        count(peakRssBytes / mebibyte),
      ]
    })
  const spooled = of('spooled')
  const copied = bare.wallMs + of('copy').wallMs
  const rss = Math.max(spooled.peakRssBytes, of('from-file').peakRssBytes)
  return [
    table([
      [`one report of ${count(sizes.largeBytes / mebibyte)} MiB`, 'wall s', '× bare', 'CPU s', '× bare', 'peak MiB'],
      ...rows,
    ]),
    verdict('wall of the accepted report / bare PUT', spooled.wallMs / bare.wallMs, '<=', 1.8),
    verdict('CPU of the accepted report / bare PUT', spooled.cpuMs / bare.cpuMs, '<=', 2.5),
    verdict('from the file / (bare PUT + copy with fsync)', of('from-file').wallMs / copied, '<=', 1.25),
    verdict('as fast as lib-storage, times', of('sdk-upload').wallMs / spooled.wallMs, '>=', 1.5),
    ...(hasRclone ? [verdict('as fast as rclone, times', of('rclone-large').wallMs / spooled.wallMs, '>=', 3)] : []),
    verdict('peak RSS in MiB', rss / mebibyte, '<=', mostRssBytes / mebibyte),
  ].join('\n')
}

async function smallReports(runner: Runner, sizes: Sizes, hasRclone: boolean): Promise<string> {
  const peers = ['bare-small', 'sdk-small', ...(hasRclone ? ['rclone-small'] : [])]
  const medians = await runner.interleaved([...peers, 'small'])
  const rate = (name: string): number => sizes.smallCount / (medianOf(medians, name).wallMs / 1_000)
  const rows = (
    [
      ['bare node:http PUT, 32 at a time', 'bare-small'],
      ['AWS SDK PutObject, 32 at a time', 'sdk-small'],
      ['rclone copy --transfers 32', 'rclone-small'],
      ['drawbridge: accepted, delivered, receipted, logged', 'small'],
    ] as const
  )
    .filter(([, name]) => medians.has(name))
    .map(([title, name]) => {
      const { cpuMs, peakRssBytes } = medianOf(medians, name)
      return [title, count(rate(name)), figure(cpuMs / sizes.smallCount), count(peakRssBytes / mebibyte)]
    })
  return [
    table([[`${count(sizes.smallCount)} reports of 10 KiB`, 'per second', 'CPU ms each', 'peak MiB'], ...rows]),
    verdict('rate / AWS SDK', rate('small') / rate('sdk-small'), '>=', 2.5),
    ...(hasRclone ? [verdict('rate / rclone', rate('small') / rate('rclone-small'), '>=', 1)] : []),
    verdict('peak RSS in MiB', medianOf(medians, 'small').peakRssBytes / mebibyte, '<=', mostRssBytes / mebibyte),
  ].join('\n')
}

/** Every sync of the disk, counted by strace in a run of its own, since that slows everything down. */
async function syncs(runner: Runner, sizes: Sizes): Promise<string> {
  const counted = await runner.countSyncs(sizes.smallCount)
  if (counted === null) return 'FSYNCS WERE NOT COUNTED: strace is not on the path'
  const note = `${count(counted)} fsync and fdatasync calls for ${count(sizes.smallCount)} small reports (strace, the whole process)`
  return `${note}\n${verdict('syncs per accepted small report', counted / sizes.smallCount, '<', 0.2)}`
}

function verdict(what: string, value: number, relation: '<' | '<=' | '>=', wanted: number): string {
  const isMet = relation === '>=' ? value >= wanted : relation === '<=' ? value <= wanted : value < wanted
  return `${isMet ? 'met   ' : 'NOT MET'} ${what}: ${value.toFixed(2)} (target ${relation} ${wanted})`
}

/** Two digits; a dash for what was not measured, as the processor time of others' programs. */
function figure(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '–'
}

function seconds(milliseconds: number): string {
  return figure(milliseconds / 1_000)
}

function medianOf(medians: Medians, name: string): JobResult {
  const result = medians.get(name)
  if (result === undefined) throw new TypeError(`\`${name}\` was not measured`)
  return result
}

/** Runs jobs, each in a process and a directory of its own. */
class Runner {
  readonly #job = compileJob()
  readonly #sink: Sink
  readonly #directory: string
  readonly #file: string
  readonly #sizes: Sizes
  #runs = 0

  constructor(sink: Sink, directory: string, file: string, sizes: Sizes) {
    this.#sink = sink
    this.#directory = directory
    this.#file = file
    this.#sizes = sizes
  }

  async interleaved(names: readonly string[]): Promise<Medians> {
    const results = new Map<string, JobResult[]>(names.map((name) => [name, []]))
    for (let round = 0; round < this.#sizes.rounds; round++) {
      for (const [name, measured] of results) measured.push(await this.#run(name))
    }
    return new Map([...results].map(([name, measured]) => [name, median(measured)]))
  }

  /** Runs a job about another file. */
  async once(name: string, file: string): Promise<JobResult> {
    return await this.#inDirectory(1, async (input) => this.#runJob(name, { ...input, file }))
  }

  /** Null: no strace. */
  async countSyncs(smallCount: number): Promise<number | null> {
    if (spawnSync('strace', ['-V']).status !== 0) return null
    const summary = join(this.#directory, 'strace')
    const trace = ['strace', '-c', '-f', '--seccomp-bpf', '-e', 'trace=fsync,fdatasync', '-o', summary]
    await this.#inDirectory(smallCount, (input) =>
      output([...trace, process.execPath, this.#job, 'small', JSON.stringify(input)]),
    )
    const lines = (await readFile(summary, 'utf8'))
      .split('\n')
      .filter((line) => /\b(fsync|fdatasync)$/.test(line.trim()))
    return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[3] ?? 0), 0)
  }

  async #run(name: string): Promise<JobResult> {
    return await this.#inDirectory(this.#sizes.smallCount, async (input) => {
      if (name.startsWith('rclone-')) return await this.#rclone(name, input)
      return await this.#runJob(name, input)
    })
  }

  async #runJob(name: string, input: JobInput): Promise<JobResult> {
    return JSON.parse(await output([process.execPath, this.#job, name, JSON.stringify(input)])) as JobResult
  }

  async #rclone(name: string, input: JobInput): Promise<JobResult> {
    const source = name === 'rclone-large' ? this.#file : join(input.directory, 'reports')
    if (name === 'rclone-small') await makeSmallReports(source, this.#sizes.smallCount)
    const flags = ['--s3-no-check-bucket', '--s3-no-head', '--ignore-times', '--ignore-checksum']
    const many = name === 'rclone-small' ? ['--transfers', '32'] : []
    const start = performance.now()
    await output(['rclone', 'copy', source, 'sink:acme-audit/rclone', ...flags, ...many], {
      RCLONE_CONFIG_SINK_TYPE: 's3',
      RCLONE_CONFIG_SINK_PROVIDER: 'Other',
      RCLONE_CONFIG_SINK_ENDPOINT: input.endpoint,
      RCLONE_CONFIG_SINK_ACCESS_KEY_ID: 'AKIABENCHMARKS000000',
      RCLONE_CONFIG_SINK_SECRET_ACCESS_KEY: 'benchmarks-need-no-secret-access-key',
    })
    return { wallMs: performance.now() - start, cpuMs: Number.NaN, peakRssBytes: Number.NaN }
  }

  async #inDirectory<T>(smallCount: number, work: (input: JobInput) => Promise<T>): Promise<T> {
    const directory = join(this.#directory, `run-${this.#runs++}`)
    await mkdir(directory)
    try {
      return await work({ endpoint: this.#sink.endpoint, directory, file: this.#file, count: smallCount })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }
}

/** The middle of each figure by itself. */
function median(results: readonly JobResult[]): JobResult {
  const middle = (of: (result: JobResult) => number): number =>
    results.map(of).sort((a, b) => a - b)[results.length >>> 1] ?? Number.NaN
  return {
    wallMs: middle(({ wallMs }) => wallMs),
    cpuMs: middle(({ cpuMs }) => cpuMs),
    peakRssBytes: middle(({ peakRssBytes }) => peakRssBytes),
  }
}

async function output(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const [program = '', ...parameters] = command
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What the machine says of AWS (a region, a bundle of authorities) is not meant for this sink, and no client is to heed it.
    env: { ...withoutAws(process.env), ...environment },
  })
  const pieces: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (status !== 0) throw new Error(`\`${program}\` ended with ${status}`)
  return Buffer.concat(pieces).toString('utf8')
}

function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')))
}

async function makeReport(directory: string, sizeBytes: number): Promise<string> {
  const path = join(directory, 'report.bin')
  const piece = randomFillSync(Buffer.alloc(8 * mebibyte))
  await using handle = await open(path, 'w')
  for (let at = 0; at < sizeBytes; at += piece.length) {
    piece.writeUInt32BE(at / piece.length)
    await handle.write(piece)
  }
  await handle.sync()
  return path
}

async function makeSmallReports(directory: string, many: number): Promise<void> {
  await mkdir(directory)
  const bytes = Buffer.alloc(10 * 1024, 7)
  for (let n = 0; n < many; n++) {
    bytes.writeUInt32BE(n)
    await writeFile(join(directory, `report-${n}.csv`), bytes)
  }
}
