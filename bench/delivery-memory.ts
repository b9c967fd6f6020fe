/**
 * How much memory one report takes, whatever its size: `npm run bench -- delivery --only memory --size 20GiB` accepts and
 * delivers one of that size to S3 and to Azure, each in a process of its own, and tells the most that each ever held.
 */
import { open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobResult } from './delivery-job.ts'
import { count, table } from './table.ts'

const mebibyte = 1 << 20

/** What is measured: the way, the job of `delivery-job.ts`, and the largest report that goes that way. */
const ways = [
  ['S3, in parts', 'from-file', Number.POSITIVE_INFINITY],
  ['Azure, in blocks', 'from-file-azblob', Number.POSITIVE_INFINITY],
  ['Azure, in one request', 'from-file-azblob-put', 4096 * mebibyte],
] as const

/** Delivers a report of that size each way, or of the most that goes that way; `run` runs a job about a file. */
export async function measureMemory(
  directory: string,
  sizeBytes: number,
  mostRssBytes: number,
  run: (job: string, file: string) => Promise<JobResult>,
): Promise<string> {
  await checkRoom(directory, sizeBytes)
  const rows: string[][] = []
  const verdicts: string[] = []
  for (const [way, job, mostBytes] of ways) {
    const size = Math.min(sizeBytes, mostBytes)
    const { wallMs, cpuMs, peakRssBytes } = await run(job, await makeSparseReport(directory, size))
    rows.push([
      way,
      count(size / mebibyte),
      (wallMs / 1_000).toFixed(1),
      (cpuMs / 1_000).toFixed(1),
      count(peakRssBytes / mebibyte),
    ])
    const met = peakRssBytes <= mostRssBytes ? 'met   ' : 'NOT MET'
    const [peak, most] = [peakRssBytes, mostRssBytes].map((bytes) => (bytes / mebibyte).toFixed(1))
    verdicts.push(`${met} peak RSS in MiB, ${way}: ${peak} (target <= ${most})`)
  }
  return [
    table([['one report, accepted and delivered', 'MiB', 'wall s', 'CPU s', 'peak MiB'], ...rows]),
    ...verdicts,
  ].join('\n')
}

/** Reads `20GiB`, `512MiB`; null when it is neither. */
export function parseSize(text: string): number | null {
  const [, amount, unit] = /^(\d{1,6})(MiB|GiB)$/.exec(text) ?? []
  if (amount === undefined || Number(amount) === 0) return null
  return Number(amount) * (unit === 'GiB' ? 1024 * mebibyte : mebibyte)
}

/** The report itself is a hole; the spool's copy of it takes its size on the disk. */
async function checkRoom(directory: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory)
  const free = bavail * bsize
  if (free < sizeBytes * 1.1)
    throw new Error(`\`${directory}\` has ${count(free / mebibyte)} MiB free, which is too little`)
}

/** Of zeros: what a byte is makes no difference to memory. */
async function makeSparseReport(directory: string, sizeBytes: number): Promise<string> {
  const path = join(directory, 'sparse.bin')
  await using handle = await open(path, 'w')
  await handle.truncate(sizeBytes)
  return path
}
