/**
 * A deployment as an operator has it: PostgreSQL, one server that accepts, workers that deliver, all of them processes of
 * the program itself on one data directory, and a customer's bucket in the sandbox.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret, systemClock } from '../../../src/base/index.ts'
import { startCli } from '../../../src/cli/testing/run-cli.ts'
import { createClient, type DrawbridgeClient } from '../../../src/contract/index.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { openSharedState, type State } from '../../../src/state/index.ts'
import type { ObjectStore } from '../../../src/storage/index.ts'
import { administratorStore, type Mode, setUpCustomer } from '../../kill/customer.ts'
import { prepare } from '../../kill/target.ts'
import { type PostgresServer, startPostgres } from '../../servers/postgres.ts'

const mode: Mode = { bucket: 'rolling', resume: true }

/** A process of the program, and what it said. */
export interface Member {
  readonly child: ChildProcess
  readonly output: () => string
}

/** The running deployment. */
export interface Deployment {
  /** Where the data directory is that all of its processes share, `data`. */
  readonly directory: string
  /** The address and logins of the database, for more processes. */
  readonly environment: Readonly<Record<string, string>>
  readonly postgres: PostgresServer
  readonly state: State
  /** The cloud of the customer; it can be told to misbehave. */
  readonly sandbox: Sandbox
  readonly client: DrawbridgeClient
  readonly store: ObjectStore
  /** Starts a worker; resolves when it works. */
  startWorker(): Promise<Member>
  /** Sends SIGTERM and returns the exit code. */
  drain(member: Member): Promise<number | null>
  /** Sends SIGKILL. */
  kill(member: Member): Promise<void>
  close(): Promise<void>
}

/** What a deployment may have of its own. */
export interface DeploymentSettings {
  readonly config?: object
  /** A database that somebody else starts and ends, and where the processes find it; absent: one of its own. */
  readonly database?: { readonly server: PostgresServer; readonly url: string }
}

/** Starts everything but the workers. */
export async function startDeployment(settings: DeploymentSettings = {}): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-rolling-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })]
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer()
  }
  try {
    const postgres = settings.database?.server ?? (await startPostgres())
    if (settings.database === undefined) closers.push(() => postgres.close())
    const url = settings.database?.url ?? postgres.appUrl
    const sandbox: Sandbox = await startSandbox()
    closers.push(() => sandbox.close())
    const job = { ...(await setUpCustomer(sandbox, mode)), directory, report: '', sizeBytes: 0 }
    const data = join(directory, 'data')
    await mkdir(data, { mode: 0o700 })
    const config = {
      region: job.region,
      stsEndpoint: sandbox.endpoint,
      allowedEndpoints: [sandbox.endpoint],
      origin: 'kill.example',
      listen: { port: 0 },
      watch: { everySeconds: 0 },
      ...settings.config,
    }
    await writeFile(join(data, 'config.json'), JSON.stringify(config))
    const environment = {
      DATABASE_URL: url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${sandbox.endpoint}/_sandbox/credentials/drawbridge-base`,
      NO_COLOR: '1',
    }
    const start = async (words: readonly string[], wanted: RegExp): Promise<Member> => {
      const member = memberOf(startCli(words, { directory, environment }))
      await until(() => wanted.test(member.output()), member)
      return member
    }
    const postgresOptions = { ...postgres.app, url: new Secret(url) }
    const state = await openSharedState({ directory: data, clock: systemClock, postgres: postgresOptions })
    closers.push(() => state.close())
    await prepare(state, job)
    const members = new Set<Member>()
    const end = async (member: Member, signal: NodeJS.Signals): Promise<number | null> => {
      members.delete(member)
      if (member.child.exitCode !== null) return member.child.exitCode
      const gone = once(member.child, 'exit')
      member.child.kill(signal)
      await gone
      return member.child.exitCode
    }
    closers.push(() => Promise.all([...members].map((member) => end(member, 'SIGKILL'))))
    const server = await start(['serve', '--json'], /"listening"/)
    members.add(server)
    const { url: address } = JSON.parse(server.output().split('\n')[0] ?? '{}')
    const { readServerFile } = await import('../../../src/server/index.ts')
    const token = (await readServerFile(data))?.token.reveal() ?? ''
    const store = administratorStore(sandbox, mode.bucket)
    closers.push(async () => store.close())
    return {
      directory,
      environment,
      postgres,
      state,
      sandbox,
      client: createClient(address, { token }),
      store,
      async startWorker() {
        const member = await start(['worker', '--json'], /"working"/)
        members.add(member)
        return member
      },
      drain: (member) => end(member, 'SIGTERM'),
      kill: async (member) => {
        await end(member, 'SIGKILL')
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function memberOf(child: ChildProcess): Member {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  }
  return { child, output: () => text }
}

async function until(isThere: () => boolean, { child, output }: Member): Promise<void> {
  while (!isThere()) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output()}`)
    await systemClock.sleep(20)
  }
}
