/** The files of a report as a command line names them: files, folders with all that is in them, and standard input. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Readable } from 'node:stream'
import { DrawbridgeError } from '../../base/index.ts'
import { UsageError } from '../failure.ts'
import { reasonOf } from './files.ts'

/** One file of a report, not yet opened. */
export interface ReportFile {
  /** Its name in the report: below its folder, with slashes. */
  readonly name: string
  /** How it is called in messages. */
  readonly shown: string
  /** Null: as long as it comes. */
  readonly sizeBytes: number | null
  /** Where it is; a stream: it comes by itself. */
  readonly from: string | Readable
}

/** As many as one delivery takes. */
const maximumFiles = 1000

/**
 * Finds the files of a report. A folder stands for every plain file below it, in the order of their paths; links are not
 * followed.
 * @param stdinName the name of the file that comes by standard input, which `-` asks for
 * @throws report-unreadable — a path is not there, or neither a file nor a folder with files
 */
export async function reportFiles(
  paths: readonly string[],
  stdin: Readable,
  stdinName: string | undefined,
): Promise<ReportFile[]> {
  if (paths.filter((path) => path === '-').length > 1) throw new UsageError('standard input can be read once only')
  const files: ReportFile[] = []
  for (const path of paths) {
    if (path === '-') files.push(fromStdin(stdin, stdinName))
    else files.push(...(await fromPath(path)))
    if (files.length > maximumFiles) throw unreadable(path, `a report has at most ${maximumFiles} files`, undefined)
  }
  return files
}

function fromStdin(stdin: Readable, name: string | undefined): ReportFile {
  if (name === undefined) {
    throw new UsageError('standard input has no file name', 'give it one with --file-name, such as `ledger.csv`')
  }
  return { name, shown: 'standard input', sizeBytes: null, from: stdin }
}

async function fromPath(path: string): Promise<ReportFile[]> {
  const facts = await readable(path, () => stat(path))
  if (facts.isFile()) return [fileAt(path, basename(path), facts.size)]
  if (!facts.isDirectory()) throw unreadable(path, 'it is neither a file nor a folder', undefined)
  const entries = await readable(path, () => readdir(path, { recursive: true, withFileTypes: true }))
  const files: ReportFile[] = []
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const full = join(entry.parentPath, entry.name)
    const { size } = await readable(full, () => stat(full))
    const name = full.slice(join(path, '/').length).split('\\').join('/')
    files.push(fileAt(full, name, size))
  }
  if (files.length === 0) throw unreadable(path, 'the folder has no files', undefined)
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function fileAt(path: string, name: string, sizeBytes: number): ReportFile {
  return { name, shown: path, sizeBytes, from: path }
}

async function readable<T>(path: string, work: () => Promise<T>): Promise<T> {
  return work().catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, reasonOf(cause), cause)
  })
}

/** The error of a file that can not be read. */
export function unreadable(path: string, reason: string, cause: unknown): DrawbridgeError {
  return new DrawbridgeError({ code: 'report-unreadable', message: `\`${path}\` can not be read: ${reason}`, cause })
}
