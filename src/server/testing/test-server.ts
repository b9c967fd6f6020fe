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
  close(): Promise<void>
}

/** Starts one. Its AWS identity is absent, unless the configuration names a place to find one. */
export async function startTestServer(
  config: Readonly<Record<string, unknown>> = {},
  options: Partial<ServerOptions> = {},
): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-server-'))
  const requests: RequestLine[] = []
  const faults: unknown[] = []
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
    port: 0,
    webRoot: null,
    dataDirectory: directory,
    log: { request: (line) => requests.push(line), fault: (error) => faults.push(error) },
    ...options,
  })
  return {
    server,
    opened,
    directory,
    requests,
    faults,
    close: async () => {
      await server.close()
      await opened.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
