/** `sign-in`, `sign-out` and `whoami`: a person at the terminal, in her own name. */
import { spawn } from 'node:child_process'
import { DrawbridgeError, systemClock } from '../../base/index.ts'
import { createClient } from '../../contract/index.ts'
import { KeptSignIns, type SignIn } from '../sign-in/kept-sign-ins.ts'
import type { TerminalSettings } from '../sign-in/terminal-client.ts'
import { printable } from '../terminal.ts'
import type { CommandForm } from './form.ts'
import { type Run, show } from './run.ts'

const settingsMilliseconds = 10_000

export const signInCommand: CommandForm = {
  declare: (command) => {
    command
      .option('--no-browser', 'print the address instead of opening it')
      .option('--device', 'sign in with a browser on any machine: the address and a code are printed')
  },
  run: async (run, _args, options) => {
    const server = await serverOf(run)
    const { TerminalClient } = await import('../sign-in/terminal-client.ts')
    const client = await TerminalClient.discover(await settingsOf(server))
    const isDevice = options['device'] === true
    if (isDevice && !client.offersDeviceFlow) throw noDeviceFlow()
    const guide = {
      signal: run.terminal.signal,
      show: (address: string, code: string | null) => {
        run.terminal.note(`open this address to sign in:\n\n  ${printable(address)}\n`)
        if (code !== null) run.terminal.note(`and compare the code there: ${printable(code)}\n`)
        if (!isDevice && options['browser'] !== false) openBrowser(address)
      },
    }
    const signIn = isDevice ? await client.byDevice(guide) : await client.byBrowser(guide)
    // The server has the last word on who it is and what he may do; what it refuses is not kept.
    const { signedIn } = await createClient(server, { token: signIn.idToken }).service.status({})
    await new KeptSignIns(run.signInFile, systemClock).change(server, async () => signIn)
    show(run, { server, signedIn, expiresAt: signIn.expiresAt }, () => `signed in to ${server} as ${nameOf(signIn)}`)
    return 0
  },
}

export const signOutCommand: CommandForm = {
  declare: () => {},
  run: async (run) => {
    const server = await serverOf(run)
    const kept = new KeptSignIns(run.signInFile, systemClock)
    const signIn = await kept.of(server)
    if (signIn !== null) {
      await kept.change(server, async () => null)
      await revoke(signIn)
    }
    show(run, { server, signedOut: signIn?.subject ?? null }, () =>
      signIn === null ? `nobody was signed in to ${server} here` : `signed out of ${server}: ${nameOf(signIn)}`,
    )
    return 0
  },
}

export const whoAmICommand: CommandForm = {
  declare: () => {},
  run: async (run) => {
    const { client, house } = await run.openDoor()
    const { signedIn } = await client.service.status({}, { signal: run.terminal.signal })
    const server = house === null ? await serverOf(run) : null
    const kept = server === null ? null : await new KeptSignIns(run.signInFile, systemClock).of(server)
    const expiresAt = signedIn.kind === 'person' ? (kept?.expiresAt ?? null) : null
    show(run, { server, signedIn, expiresAt }, () => {
      const { bold, dim } = run.terminal.colors
      const rights = signedIn.rights.join(', ') || 'nothing'
      const until = expiresAt === null ? '' : dim(`, renewed by itself from ${expiresAt} on`)
      const name = bold(printable(signedIn.displayName ?? signedIn.subject))
      return `${name} (${signedIn.kind}) at ${server ?? 'this data directory'}; may ${rights}${until}`
    })
    return 0
  },
}

/** The server that is meant. @throws unavailable when none is named and none runs */
async function serverOf(run: Run): Promise<string> {
  if (run.url !== null) return run.url
  const { readServerFile } = await import('../../server/index.ts')
  const running = await readServerFile(run.directory)
  if (running !== null) return running.url
  throw new DrawbridgeError({
    code: 'unavailable',
    message: `no server runs for \`${run.directory}\``,
    operation: 'sign-in',
    help: 'name one with DRAWBRIDGE_URL, or start one with `drawbridge serve`',
  })
}

/** Asks the server through whom people sign in at terminals. @throws not-found | unavailable */
async function settingsOf(server: string): Promise<TerminalSettings> {
  const { terminalSettings } = await import('../sign-in/terminal-client.ts')
  const answer = await fetch(`${server}/auth/terminal`, {
    redirect: 'error',
    signal: AbortSignal.timeout(settingsMilliseconds),
  }).catch((cause: unknown) => {
    throw unreadable(server, cause)
  })
  if (answer.status === 404) {
    throw new DrawbridgeError({
      code: 'not-found',
      message: `nobody signs in at a terminal to ${server}`,
      operation: 'sign-in',
      help: '`oidc.terminalClientId` in its configuration turns it on; docs/sign-in.md says how',
    })
  }
  const parsed = terminalSettings.safeParse(await answer.json().catch(() => null))
  if (!answer.ok || !parsed.success) throw unreadable(server, undefined)
  return parsed.data
}

function unreadable(server: string, cause: unknown): DrawbridgeError {
  return new DrawbridgeError({
    code: 'unavailable',
    retry: 'later',
    message: `${server} does not say how to sign in`,
    operation: 'sign-in',
    help: 'is it the address of a Drawbridge server, and does it run?',
    cause,
  })
}

function noDeviceFlow(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'not-found',
    message: 'the identity provider offers no device flow',
    operation: 'sign-in',
    help: 'leave --device out; --no-browser prints the address',
  })
}

async function revoke(signIn: SignIn): Promise<void> {
  const { TerminalClient } = await import('../sign-in/terminal-client.ts')
  const { issuer, clientId } = signIn
  // Signing out must work without the provider too: what is forgotten here opens nothing here.
  const client = await TerminalClient.discover({ issuer, clientId, scopes: [] }).catch(() => null)
  await client?.revoke(signIn)
}

function nameOf({ displayName, subject }: SignIn): string {
  return printable(displayName ?? subject)
}

/** Opens the machine's browser; where there is none the printed address serves. */
function openBrowser(address: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', address]
        : ['xdg-open', address]
  const child = spawn(command ?? '', args, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
