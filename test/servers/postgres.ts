/**
 * A PostgreSQL of its own for a test: on loopback, in a directory that goes with it, with an owner of the tables and a
 * login that row-level security binds. The server does not run as root, so root starts it as the user postgres.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { Secret } from '../../src/base/index.ts'
import { defaultLimits, PostgresForm, type PostgresOptions } from '../../src/state/index.ts'
import { needs } from '../needs.ts'
import { freePorts } from './processes.ts'

const run = promisify(execFile)
const running = new Set<string>()

// A test run that is cut short must not leave servers behind: SIGQUIT is their immediate end.
process.on('exit', () => {
  for (const dataDirectory of running) {
    try {
      process.kill(Number(readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGQUIT')
    } catch {
      // It was stopped, or never came up.
    }
  }
})

/** Ends a server with this process, should its test be cut short; returns how to forget it. */
export function endWithUs(dataDirectory: string): () => void {
  running.add(dataDirectory)
  return () => running.delete(dataDirectory)
}

const binaries = ['/usr/lib/postgresql/15/bin', '/usr/lib/postgresql/16/bin', '/usr/lib/postgresql/17/bin']
const bin = binaries.find((directory) => existsSync(join(directory, 'initdb'))) ?? binaries[0] ?? ''

/** True when the test must be skipped because there is no PostgreSQL on this machine. */
export function lacksPostgres(): boolean {
  return needs(join(bin, 'initdb'), 'postgresql')
}

/** A running server with one database. */
export interface PostgresServer {
  readonly port: number
  readonly dataDirectory: string
  /** The superuser's. */
  readonly password: string
  /** A file that PostgreSQL's programs may write. */
  readonly scratch: string
  /** As the owner of the tables. */
  readonly ownerUrl: string
  /** As the role that processes sign in with. */
  readonly appUrl: string
  /** The options of an application, and of the owner. */
  readonly app: PostgresOptions
  readonly owner: PostgresOptions
  /** The same server through another port, as through a proxy. */
  through(port: number): PostgresOptions
  /** Runs a query as the superuser. */
  query<R extends object = object>(text: string, values?: readonly unknown[]): Promise<R[]>
  /** Takes all rows out of all tables, but for the form. */
  empty(): Promise<void>
  /** The same logins at other servers of the database too; in order. */
  appUrlOf(...ports: readonly number[]): string
  /** Stops it: `immediate` is a crash. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  /** Runs one of PostgreSQL's programs as the user that may. */
  tool(name: string, ...args: readonly string[]): Promise<string>
  /** Ends it and removes its directory. */
  close(): Promise<void>
}

/** Starts a server whose database has the present form. `settings`: lines of `postgresql.conf`. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-postgres-'))
  const user = await serverUser()
  if (user !== null) await chown(directory, user.uid, user.gid)
  const passwords = { postgres: word(), owner: word(), app: word() }
  const dataDirectory = join(directory, 'data')
  const tool = (name: string, ...args: readonly string[]): Promise<string> => runAs(user, join(bin, name), args)
  const passwordFile = join(directory, 'password')
  await writeFile(passwordFile, `${passwords.postgres}\n`, { mode: 0o600 })
  if (user !== null) await chown(passwordFile, user.uid, user.gid)
  await tool(
    'initdb',
    '-D',
    dataDirectory,
    '-U',
    'postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  )
  const port = await freePorts(1)
  const config = {
    listen_addresses: "'127.0.0.1'",
    port: String(port),
    unix_socket_directories: `'${directory}'`,
    max_connections: '100',
    shared_buffers: "'64MB'",
    log_min_messages: 'warning',
    ...settings,
  }
  const file = join(directory, 'drawbridge.conf')
  await writeFile(
    file,
    Object.entries(config)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  )
  if (user !== null) await chown(file, user.uid, user.gid)
  const start = async (): Promise<void> => {
    await tool(
      'pg_ctl',
      'start',
      '-w',
      '-s',
      '-D',
      dataDirectory,
      '-l',
      join(directory, 'log'),
      '-o',
      `-c config_file=${file} -c data_directory=${dataDirectory} -c hba_file=${dataDirectory}/pg_hba.conf`,
    )
  }
  const stop = async (mode: 'fast' | 'immediate' = 'fast'): Promise<void> => {
    await tool('pg_ctl', 'stop', '-w', '-s', '-D', dataDirectory, '-m', mode)
  }
  const query = async <R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> => {
    return await queryAt(urlOf('postgres', passwords.postgres, port), text, values)
  }
  const forget = endWithUs(dataDirectory)
  await start()
  const ownerUrl = urlOf('drawbridge_owner', passwords.owner, port)
  const appUrl = urlOf('drawbridge_login', passwords.app, port)
  const options = (url: string): PostgresOptions => ({ ...defaultLimits, url: new Secret(url) })
  const server: PostgresServer = {
    port,
    dataDirectory,
    password: passwords.postgres,
    scratch: join(directory, 'scratch'),
    ownerUrl,
    appUrl,
    app: options(appUrl),
    owner: options(ownerUrl),
    through: (other) => options(urlOf('drawbridge_login', passwords.app, other)),
    appUrlOf: (...ports) =>
      urlOf('drawbridge_login', passwords.app, port).replace(`:${port}/`, `:${ports.join(',127.0.0.1:')}/`),
    query,
    async empty() {
      const tables = await query<{ name: string }>(
        `select tablename as name from pg_tables where schemaname = 'drawbridge' and tablename not in ('migrations', 'breaks')`,
      )
      const names = tables.map(({ name }) => `drawbridge.${name}`).join(', ')
      await query(`truncate ${names} restart identity cascade`)
    },
    start,
    stop,
    tool,
    async close() {
      await stop('immediate').catch(() => {})
      forget()
      await rm(directory, { recursive: true, force: true })
    },
  }
  try {
    // The lines of docs/postgresql.md.
    await query(`create role drawbridge_owner login createrole password '${passwords.owner}'`)
    await query(`create role drawbridge_login login password '${passwords.app}'`)
    await query('grant create on database postgres to drawbridge_owner')
    await new PostgresForm(server.owner).migrate()
    await query('grant drawbridge_app to drawbridge_login')
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

/** Runs one query on a connection of its own. */
export async function queryAt<R extends object>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<R>(text, [...values])).rows
  } finally {
    await client.end()
  }
}

interface SystemUser {
  readonly uid: number
  readonly gid: number
}

/** Whom the server runs as; null: as whoever runs the test. */
async function serverUser(): Promise<SystemUser | null> {
  if (process.getuid?.() !== 0) return null
  const { stdout } = await run('id', ['-u', 'postgres'])
  const group = await run('id', ['-g', 'postgres'])
  return { uid: Number(stdout), gid: Number(group.stdout) }
}

async function runAs(user: SystemUser | null, command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, [...args], { ...(user ?? {}), cwd: '/', maxBuffer: 64 << 20 })
  return stdout
}

function urlOf(user: string, password: string, port: number): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/postgres`
}

function word(): string {
  return randomBytes(12).toString('hex')
}
