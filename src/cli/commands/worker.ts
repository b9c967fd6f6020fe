/**
 * `worker`: one of any number of processes that deliver what servers accepted. On a signal it begins nothing more, lets
 * what it began end, gives the rest back, and leaves with exit code 0.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DrawbridgeError, systemClock, systemRandom } from '../../base/index.ts'
import type { OpenedHouse } from '../house.ts'
import { openSeen } from '../seen.ts'
import { printable, type Terminal } from '../terminal.ts'
import { text } from './connection-options.ts'
import type { CommandForm } from './form.ts'
import { portOf, untilAborted } from './serve.ts'

const pingMs = 2_000

export const workerCommand: CommandForm = {
  declare: (command) => {
    command
      .option('--health-port <port>', 'answer /healthz and /readyz there; 0 takes any free port')
      .option('--health-host <host>', 'the address for that', '127.0.0.1')
  },
  run: async (run, _args, options) => {
    const { terminal, directory, database } = run
    if (database === null) throw notShared()
    const [{ scrub }, { readConfig }, { openHouse }] = await Promise.all([
      import('../../server/index.ts'),
      import('../config.ts'),
      import('../house.ts'),
    ])
    const config = await readConfig(directory, run.configPath)
    const tracing = await run.openTracing()
    const tell = (event: object, line: string): void => {
      if (run.json) terminal.out(JSON.stringify(event))
      else terminal.out(printable(scrub(line)))
    }
    const house = await openHouse({
      config,
      directory,
      database,
      works: true,
      clock: systemClock,
      random: systemRandom,
      ...(tracing === null ? {} : { tracing }),
      onDelivery: (event) => {
        if (event.type === 'delivery') {
          tell({ event: 'delivery', delivery: event.delivery, state: event.state }, `${event.delivery} ${event.state}`)
        } else if (event.type === 'crash') {
          note(terminal, scrub, event.error)
        }
      },
      onWatchFault: (error) => note(terminal, scrub, error),
    })
    const port = portOf(text(options, 'healthPort'))
    const health =
      port === undefined ? null : await answerHealth(house, terminal.signal, port, text(options, 'healthHost'))
    const seen = await openSeen(house, config, null).catch(async (error: unknown) => {
      health?.close()
      await house.close()
      throw error
    })
    try {
      await house.startWorking()
      house.schedules.start()
      tell(
        { event: 'working', pid: process.pid, ...(health === null ? {} : { health: health.url }) },
        `drawbridge works as process ${process.pid}${health === null ? '' : `; health at ${health.url}`}`,
      )
      await untilAborted(terminal.signal)
      tell({ event: 'draining' }, 'stopping: what was begun is brought to its end')
    } finally {
      await house.close({ drainMs: config.worker.drainSeconds * 1000 })
      health?.close()
      seen.close()
    }
    tell({ event: 'stopped' }, 'stopped; nothing was left half done')
    return 0
  },
}

function note(terminal: Terminal, scrub: (text: string) => string, error: unknown): void {
  const words =
    error instanceof DrawbridgeError
      ? `${error.message}; ${error.help}`
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error)
  terminal.note(printable(scrub(`worker: ${words}`)))
}

/** `/healthz`: the process answers. `/readyz`: it takes work, and the database answers. */
async function answerHealth(
  house: OpenedHouse,
  signal: AbortSignal,
  port: number,
  host = '127.0.0.1',
): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const answer = (status: number, word: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).end(`${word}\n`)
    }
    if (request.url === '/healthz') answer(200, 'ok')
    else if (request.url !== '/readyz') answer(404, 'not found')
    else if (signal.aborted) answer(503, 'draining')
    else {
      const late = AbortSignal.timeout(pingMs)
      const tooLate = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason)))
      Promise.race([house.ping(), tooLate]).then(
        () => answer(200, 'ready'),
        () => answer(503, 'the database does not answer'),
      )
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new DrawbridgeError({
          code: 'configuration-invalid',
          message: `the health address ${host}:${port} can not be listened on`,
          operation: 'worker.health',
          help: 'choose another --health-port',
          cause,
        }),
      ),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host}:${address.port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function notShared(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'configuration-invalid',
    message: 'workers of their own need the PostgreSQL that DATABASE_URL names',
    operation: 'worker.start',
    help: 'with the embedded database `drawbridge serve` delivers by itself',
  })
}
