/** Child processes of tests: started with their output in a file, waited for, and ended by their own id. */
import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'

const running = new Set<ChildProcess>()

// A test run that is cut short must not leave servers behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export const run = promisify(execFile)

/** Starts a server in the foreground of its own process; its output goes to `logFile`. */
export function startProcess(
  command: string,
  args: readonly string[],
  logFile: string,
  env = process.env,
): ChildProcess {
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, { stdio: ['ignore', log, log], env })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Ends a process: politely, then after `patienceMs` not. Resolves when it is gone. */
export async function stopProcess(child: ChildProcess, patienceMs = 3_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  await gone
  clearTimeout(timer)
}

/** Asks again and again, every 50 ms, until `ready` says yes. Fails with the server's log when it ends or takes too long. */
export async function until(
  what: string,
  child: ChildProcess,
  logFile: string,
  ready: () => Promise<boolean>,
  patienceMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (!(await ready().catch(() => false))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const log = await readFile(logFile, 'utf8').catch(() => '')
      throw new Error(`${what} did not come up: ${log.slice(-2000)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Finds `count` neighbouring ports on loopback that nobody listens on now. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = 20_000 + Math.floor(Math.random() * 35_000)
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (free.every(Boolean)) return first
  }
  throw new Error('no free ports')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
