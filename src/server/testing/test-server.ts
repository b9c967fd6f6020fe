/** A whole house with its server, in a folder of its own that goes away with it. For tests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '../../base/index.ts'
import { parseConfig } from '../../cli/config.ts'
import { type OpenedHouse, openHouse } from '../../cli/house.ts'
import type { RequestLine } from '../request-log.ts'
import { type RunningServer, type ServerOptions, startServer } from '../start.ts'

/** A running server with everything behind it. */
export interface TestServer {
  readonly server: RunningServer
  readonly opened: OpenedHouse
  readonly directory: string
  readonly requests: RequestLine[]
  readonly faults: unknown[]
  /** Ends everything and starts it anew on the same data directory and port. */
  restart(): Promise<void>
  close(): Promise<void>
}

type Running = Pick<TestServer, 'server' | 'opened'>

/** Starts one. Its AWS identity is absent, unless the configuration names a place to find one. */
export async function startTestServer(
  config: Readonly<Record<string, unknown>> = {},
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-server-'))
  const requests: RequestLine[] = []
  const faults: unknown[] = []
  const start = async (port: number): Promise<Running> => {
    const opened = await openHouse({
      config: parseConfig(JSON.stringify(config), 'test'),
      directory,
      clock: systemClock,
      random: systemRandom,
      provider: () => Promise.reject(new Error('no credentials in this test')),
    })
    opened.worker.start()
    const server = await startServer({
      house: opened.house,
      webRoot: null,
      dataDirectory: directory,
      log: { request: (line) => requests.push(line), fault: (error) => faults.push(error) },
      ...options,
      port,
    })
    return { opened, server }
  }
  let running = await start(options.port ?? 0)
  const stop = async (): Promise<void> => {
    await running.server.close()
    await running.opened.close()
  }
  return {
    get server() {
      return running.server
    },
    get opened() {
      return running.opened
    },
    directory,
    requests,
    faults,
    restart: async () => {
      const port = Number(new URL(running.server.localUrl).port)
      await stop()
      running = await start(port)
    },
    close: async () => {
      await stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
