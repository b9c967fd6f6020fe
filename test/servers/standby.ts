/**
 * A standby of a test's PostgreSQL: a base backup of it, streaming, that can be promoted; and the death of a primary with all
 * of its processes at once, as when its machine is gone.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemClock } from '../../src/base/index.ts'
import { endWithUs, type PostgresServer, queryAt } from './postgres.ts'
import { freePorts } from './processes.ts'

const name = 'standby'

/** A running standby. */
export interface Standby {
  readonly port: number
  /** Runs a query as the superuser. */
  query<R extends object = object>(text: string, values?: readonly unknown[]): Promise<R[]>
  /** Makes it the primary. */
  promote(): Promise<void>
  close(): Promise<void>
}

/** Starts a standby. `through`: the port at which it finds the primary, as through a gate. */
export async function startStandby(primary: PostgresServer, through = primary.port): Promise<Standby> {
  const directory = dirname(primary.dataDirectory)
  const dataDirectory = join(directory, name)
  const superuser = (port: number): string => `postgres://postgres:${primary.password}@127.0.0.1:${port}/postgres`
  const from = `${superuser(through)}?application_name=${name}`
  await primary.tool('pg_basebackup', '-D', dataDirectory, '-d', from, '-R', '-X', 'stream', '-c', 'fast')
  const port = await freePorts(1)
  const file = join(directory, `${name}.conf`)
  const config = {
    listen_addresses: "'127.0.0.1'",
    port: String(port),
    unix_socket_directories: `'${directory}'`,
    max_connections: '100',
    shared_buffers: "'64MB'",
    // A primary that went silent is tried again soon.
    wal_retrieve_retry_interval: "'200ms'",
  }
  await writeFile(
    file,
    Object.entries(config)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
  )
  const forget = endWithUs(dataDirectory)
  const settings = `-c config_file=${file} -c data_directory=${dataDirectory} -c hba_file=${dataDirectory}/pg_hba.conf`
  const log = join(directory, `${name}.log`)
  await primary.tool('pg_ctl', 'start', '-w', '-s', '-D', dataDirectory, '-l', log, '-o', settings)
  return {
    port,
    query: (text, values) => queryAt(superuser(port), text, values),
    async promote() {
      await primary.tool('pg_ctl', 'promote', '-w', '-s', '-D', dataDirectory)
    },
    async close() {
      await primary.tool('pg_ctl', 'stop', '-w', '-s', '-D', dataDirectory, '-m', 'immediate').catch(() => {})
      forget()
    },
  }
}

/** Has every commit of the primary wait for the standby, and resolves when it does. */
export async function makeSynchronous(primary: PostgresServer): Promise<void> {
  await primary.query(`alter system set synchronous_standby_names = '${name}'`)
  await primary.query('select pg_reload_conf()')
  for (;;) {
    const [row] = await primary.query<{ sync_state: string }>('select sync_state from pg_stat_replication')
    if (row?.sync_state === 'sync') return
    await systemClock.sleep(50)
  }
}

/** SIGKILL for the primary and all of its processes. */
export async function killPrimary(primary: PostgresServer): Promise<void> {
  const file = await readFile(join(primary.dataDirectory, 'postmaster.pid'), 'utf8')
  const postmaster = Number(file.split('\n')[0])
  const others = await primary.query<{ pid: number }>('select pid from pg_stat_activity')
  for (const pid of [postmaster, ...others.map(({ pid }) => pid)]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
