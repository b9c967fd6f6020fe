/** Processes of the fault tests: started with something between them and the machine, heard, and ended by their own id. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A started process. */
export interface HeardProcess {
  readonly child: ChildProcess
  /** What it said so far, line by line, and on stderr. */
  readonly lines: readonly string[]
  readonly complaints: readonly string[]
  /** Resolves at the first line that begins so; rejects when the process ends without it. */
  said(beginning: string): Promise<string>
  /** Resolves when it is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Starts a script of the tests. `around`: a program that starts it, with its arguments, such as strace. */
export function startScript(
  script: string,
  task: object,
  around: { readonly command?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {},
): HeardProcess {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const [program = process.execPath, ...before] = around.command ?? []
  const own = around.command === undefined ? [] : [process.execPath]
  const child = spawn(program, [...before, ...own, file, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...around.environment },
  })
  const lines: string[] = []
  const complaints: string[] = []
  const waiting: { beginning: string; resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    for (const one of waiting) if (line.startsWith(one.beginning)) one.resolve(line)
  })
  child.stderr.on('data', (bytes: Buffer) => complaints.push(bytes.toString()))
  const ended = once(child, 'close').then(() => {
    for (const { beginning, reject } of waiting) {
      reject(new Error(`it ended without \`${beginning}\`: ${complaints.join('').slice(-2000)}`))
    }
    return { code: child.exitCode, signal: child.signalCode }
  })
  return {
    child,
    lines,
    complaints,
    said: (beginning) => {
      const known = lines.find((line) => line.startsWith(beginning))
      if (known !== undefined) return Promise.resolve(known)
      return new Promise((resolve, reject) => waiting.push({ beginning, resolve, reject }))
    },
    ended,
  }
}
