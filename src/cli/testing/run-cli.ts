/** Runs the program as its own process, as a person would. For tests. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const main = join(import.meta.dirname, '..', 'main.ts')

/** What a run left behind. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What a run is given. */
export interface RunOptions {
  readonly directory: string
  readonly stdin?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a run without waiting for it. */
export function startCli(words: readonly string[], options: RunOptions): ChildProcess {
  return spawn(process.execPath, [main, ...words], {
    cwd: options.directory,
    env: {
      PATH: process.env['PATH'] ?? '',
      DRAWBRIDGE_DATA: join(options.directory, 'data'),
      AWS_EC2_METADATA_DISABLED: 'true',
      ...options.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Runs to the end. */
export async function runCli(words: readonly string[], options: RunOptions): Promise<Ran> {
  const child = startCli(words, options)
  child.stdin?.end(options.stdin ?? '')
  return ended(child)
}

/** Gathers what a started run says until its end. */
export function ended(child: ChildProcess): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Resolves with what stdout says once it matches; rejects when the run ends before. */
export function said(child: ChildProcess, wanted: RegExp): Promise<string> {
  let stdout = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (wanted.test(stdout)) resolve(stdout)
    })
    child.on('close', (code) => reject(new Error(`ended with ${code} after: ${stdout}`)))
  })
}
