/** `serve`: opens the data directory for good, works deliveries off, and answers on HTTP until it is told to stop. */
import { systemClock, systemRandom } from '../../base/index.ts'
import { UsageError } from '../failure.ts'
import { webRoot } from '../web-root.ts'
import { text } from './connection-options.ts'
import type { CommandForm } from './form.ts'
import type { Run } from './run.ts'

export const serveCommand: CommandForm = {
  declare: (command) => {
    command
      .option('--port <port>', 'the port to listen on; 0 takes any free one')
      .option('--host <host>', 'the address to listen on')
      .option('--with-worker', 'on PostgreSQL: deliver as well, and do not leave it to the workers')
  },
  run: async (run, _args, options) => {
    const { terminal, directory, database } = run
    const [{ startServer }, { metricsTokenOf, readConfig }, { oidcSettings }, { openHouse }] = await Promise.all([
      import('../../server/index.ts'),
      import('../config.ts'),
      import('../people-config.ts'),
      import('../house.ts'),
    ])
    const [{ openServiceLog }, { openSeen }] = await Promise.all([import('../service-log.ts'), import('../seen.ts')])
    const config = await readConfig(directory, run.configPath)
    const port = portOf(text(options, 'port')) ?? config.listen.port
    const oidc = await oidcSettings(config, directory)
    // On PostgreSQL the server accepts and the workers deliver.
    const works = options['withWorker'] === true || database === null
    const log = openServiceLog(terminal, run.json ? { ...config.log, format: 'json' } : config.log)
    const tracing = await run.openTracing()
    const token = await metricsTokenOf(config, directory)
    const house = await openHouse({
      config,
      directory,
      database,
      works,
      clock: systemClock,
      random: systemRandom,
      ...(tracing === null ? {} : { tracing }),
      onWatchFault: (error) => log.trouble('watch', error),
    })
    const seen = await openSeen(house, config, log).catch(async (error: unknown) => {
      await house.close()
      throw error
    })
    try {
      const server = await startServer({
        house: house.house,
        host: text(options, 'host') ?? config.listen.host,
        port,
        ...(config.baseUrl === undefined ? {} : { baseUrl: config.baseUrl }),
        webRoot,
        dataDirectory: directory,
        ...(oidc === undefined ? {} : { oidc }),
        ...(config.rights === undefined ? {} : { rights: config.rights }),
        operatorClaims: config.operatorClaims,
        log: seen.log,
        ...(config.metrics.onServer ? { metrics: { ...seen.metrics, token } } : {}),
      })
      if (works) await house.startWorking()
      house.watch.start()
      house.schedules.start()
      announce(run, server.url, server.localUrl)
      await untilAborted(terminal.signal)
      await server.close()
    } finally {
      seen.close()
      await house.close()
    }
    return 0
  },
}

function announce(run: Run, url: string, localUrl: string): void {
  const { terminal, directory, json } = run
  if (json) {
    terminal.out(JSON.stringify({ event: 'listening', url, localUrl, directory }))
    return
  }
  terminal.out(`drawbridge listens on ${terminal.colors.bold(url)}`)
  terminal.out(terminal.colors.dim(`data in ${directory}; stop with Ctrl-C`))
}

/** Resolves when the run is to end. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Reads a port of the command line. */
export function portOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value)
  throw new UsageError(`\`${value}\` is not a port`, 'a port is a number from 0 to 65535')
}
