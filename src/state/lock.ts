/**
 * One process per data directory. The lock is the operating system's, held through an open transaction on a small
 * SQLite file, so that it dies with the process however the process dies.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DrawbridgeError } from '../base/index.ts'

/** A held lock. */
export interface DirectoryLock {
  release(): void
}

/** The open files of held locks: a lock whose file was garbage would be collected, closed, and free. */
const held = new Set<DatabaseSync>()

/** Takes the lock of a directory, or says who has it. @throws data-directory-locked | data-directory-broken */
export function lockDirectory(directory: string): DirectoryLock {
  // INVARIANT: nothing else in this process opens `lock.sqlite`. Closing any handle on it would drop the lock (POSIX).
  const pidFile = join(directory, 'lock.pid')
  const database = openLockFile(directory)
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    database.close()
    throw isBusy(cause) ? locked(pidFile) : broken(cause)
  }
  held.add(database)
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 })
  return {
    release() {
      rmSync(pidFile, { force: true })
      database.exec('rollback')
      database.close()
      held.delete(database)
    },
  }
}

function openLockFile(directory: string): DatabaseSync {
  try {
    return new DatabaseSync(join(directory, 'lock.sqlite'), { timeout: 0 })
  } catch (cause) {
    throw broken(cause)
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}

function locked(pidFile: string): DrawbridgeError {
  const pid = readPid(pidFile)
  return new DrawbridgeError({
    code: 'data-directory-locked',
    message: `${pid === null ? 'another process' : `process ${pid}`} holds the data directory`,
    operation: 'state.open',
    ...(pid === null ? {} : { context: { pid } }),
    help: 'stop that process, or give this one a data directory of its own',
  })
}

function readPid(pidFile: string): number | null {
  try {
    const text = readFileSync(pidFile, 'utf8').trim()
    return /^\d{1,10}$/.test(text) ? Number(text) : null
  } catch {
    return null
  }
}

function broken(cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'data-directory-broken',
    message: 'the lock of the data directory can not be taken',
    operation: 'state.open',
    help: 'is the data directory writable, and on a file system with locks?',
    cause,
  })
}
