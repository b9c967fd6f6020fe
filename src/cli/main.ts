/**
 * The program's entry: the only file that reads the environment. It listens for signals, runs the command that was asked
 * for, and ends with the exit code of the table.
 */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { CommandForm, Options } from './commands/form.ts'
import type { Run } from './commands/run.ts'
import { databaseAddress } from './database-address.ts'
import type { Door } from './door.ts'
import { reportFailure } from './failure.ts'
import { boundHeapGrowth } from './heap-growth.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import type { OpenTracing } from './tracing.ts'

// Before anything large is loaded: V8 keeps the size to which loading has let the young generation grow.
boundHeapGrowth()
const stop = new AbortController()
const terminal = openTerminal({
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  environment: process.env,
  signal: stop.signal,
})

for (const stream of [process.stdout, process.stderr]) {
  // Whoever read our output has gone (`| head`): there is nobody left to tell, so the run ends without a word.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    // The second time somebody means it.
    if (stop.signal.aborted) process.exit(code)
    stop.abort()
  })
}

let exitCode = 0
try {
  const { makeProgram } = await import('./program.ts')
  await makeProgram(async (form, args, options) => {
    exitCode = await runCommand(form, args, options, terminal)
  }).parseAsync(process.argv)
} catch (error) {
  exitCode = await reportFailure(error, terminal)
}
process.exitCode = exitCode

async function runCommand(
  form: CommandForm,
  args: readonly unknown[],
  options: Options,
  terminal: Terminal,
): Promise<number> {
  const directory = resolve(given(options['data']) ?? given(process.env['DRAWBRIDGE_DATA']) ?? '.drawbridge')
  const configPath = given(options['config']) ?? null
  const database = databaseAddress({
    url: given(process.env['DATABASE_URL']),
    ownerUrl: given(process.env['DATABASE_OWNER_URL']),
  })
  const url = given(process.env['DRAWBRIDGE_URL'])?.replace(/\/+$/, '') ?? null
  const configHome =
    given(process.env['XDG_CONFIG_HOME']) ?? given(process.env['APPDATA']) ?? join(homedir(), '.config')
  const signInFile = join(configHome, 'drawbridge', 'sign-in.json')
  const held: { door: Promise<Door> | null } = { door: null }
  const traced: { tracing: Promise<OpenTracing> | null } = { tracing: null }
  const run: Run = {
    terminal,
    json: options['json'] === true,
    directory,
    configPath,
    database,
    openTracing: async () => {
      const endpoint = given(process.env['OTEL_EXPORTER_OTLP_ENDPOINT'])
      if (endpoint === undefined) return null
      const serviceName = given(process.env['OTEL_SERVICE_NAME'])
      traced.tracing ??= import('./tracing.ts').then(({ openTracing }) => openTracing({ endpoint, serviceName }))
      return await traced.tracing
    },
    url,
    signInFile,
    openDoor: ({ foreignCredentials = false } = {}) => {
      const token = given(process.env['DRAWBRIDGE_TOKEN']) ?? null
      held.door ??= import('./door.ts').then(({ openDoor }) =>
        openDoor({ directory, configPath, database, url, token, signInFile, foreignCredentials }),
      )
      return held.door
    },
  }
  try {
    return await form.run(run, args, options)
  } finally {
    // A door that did not open has told why already.
    const door = await held.door?.catch(() => null)
    await door?.close()
    await (await traced.tracing?.catch(() => null))?.close()
  }
}

function given(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
