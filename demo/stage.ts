/**
 * Sets the stage: the sandbox with a vendor's and a customer's account, Azurite, the OpenID provider, and the service
 * itself as a process of its own, which gets its AWS identity as it would from a container's credential endpoint.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { createClient, type DrawbridgeClient } from '../src/contract/index.ts'
import { type Sandbox, startSandbox, vendorAccountId } from '../src/sandbox/index.ts'
import { type Azurite, startAzurite } from '../test/servers/azurite.ts'
import { Browser, signIn } from './browser.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'

/** From where the vendor's calls seem to come; loopback has no address worth the name. */
export const vendorAddress = '198.51.100.24'
export const region = 'eu-central-1'

export interface Stage {
  readonly folder: string
  readonly sandbox: Sandbox
  readonly azurite: Azurite
  readonly provider: IdentityProvider
  readonly serviceUrl: string
  /** The vendor's engineer, with the operator's token. */
  readonly operator: DrawbridgeClient
  /** Where the terminal commands find the service. */
  readonly dataDirectory: string
  /** Signs a person in through the provider, and gives a client in that person's name. */
  signIn(login: string): Promise<DrawbridgeClient>
  /** Ends the service and leaves everything else standing. */
  stopService(): Promise<void>
  /** Starts it anew on the same data; its operator's token is another one then. */
  restartService(): Promise<void>
  close(): Promise<void>
}

type Surroundings = Pick<Stage, 'sandbox' | 'azurite'>
type Settings = Readonly<Record<string, unknown>>

/**
 * Starts everything below `folder`; `egress` is what the deployment declares of its own addresses, and `settings` what else
 * its configuration says, once it is known where everything is.
 */
export async function setStage(
  root: string,
  folder: string,
  egress: 'dynamic' | readonly string[],
  settings: (around: Surroundings) => Settings | Promise<Settings> = () => ({}),
): Promise<Stage> {
  const dataDirectory = path.join(folder, 'data')
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const port = await freePort()
  const serviceUrl = `http://127.0.0.1:${port}`
  const [sandbox, azurite, provider] = await Promise.all([
    startSandbox({ directory: path.join(folder, 'sandbox') }),
    startAzurite(path.join(folder, 'azurite')),
    startIdentityProvider(`${serviceUrl}/auth/callback`),
  ])
  sandbox.setSourceAddress(vendorAccountId, vendorAddress)
  const config = {
    baseUrl: serviceUrl,
    listen: { host: '127.0.0.1', port },
    egress,
    observedAddress: vendorAddress,
    region,
    stsEndpoint: sandbox.endpoint,
    allowedEndpoints: [sandbox.endpoint, new URL(azurite.url).origin],
    oidc: {
      issuer: provider.issuer,
      clientId: provider.clientId,
      clientSecret: provider.clientSecret,
      scopes: ['profile'],
      allowInsecureLoopback: true,
    },
    ...(await settings({ sandbox, azurite })),
  }
  writeFileSync(path.join(dataDirectory, 'config.json'), JSON.stringify(config, null, 2), { mode: 0o600 })
  let service = await startService(root, dataDirectory, sandbox)
  let operator = operatorOf(serviceUrl, dataDirectory)
  return {
    folder,
    sandbox,
    azurite,
    provider,
    serviceUrl,
    dataDirectory,
    get operator() {
      return operator
    },
    async signIn(login) {
      const browser = new Browser()
      await signIn(browser, serviceUrl, login)
      return createClient(serviceUrl, { cookie: browser.cookieFor(serviceUrl) })
    },
    stopService: () => stop(service),
    async restartService() {
      await stop(service)
      service = await startService(root, dataDirectory, sandbox)
      operator = operatorOf(serviceUrl, dataDirectory)
    },
    async close() {
      await stop(service)
      await Promise.all([sandbox.close(), azurite.close(), provider.close()])
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('this machine gave no port')
  return address.port
}

function operatorOf(serviceUrl: string, dataDirectory: string): DrawbridgeClient {
  return createClient(serviceUrl, { token: operatorToken(dataDirectory) })
}

function operatorToken(dataDirectory: string): string {
  const { token } = JSON.parse(readFileSync(path.join(dataDirectory, 'server.json'), 'utf8')) as { token: string }
  return token
}

/** Starts `drawbridge serve` and waits until it says where it listens. */
async function startService(root: string, dataDirectory: string, sandbox: Sandbox): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(root, 'src/cli/main.ts'), 'serve'], {
    cwd: root,
    env: {
      ...withoutAws(process.env),
      DRAWBRIDGE_DATA: dataDirectory,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${sandbox.endpoint}/_sandbox/credentials/drawbridge-base`,
      AWS_REGION: region,
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      if (/https?:\/\/127\.0\.0\.1:\d+/.test(said)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}: ${said}`)))
  })
  return child
}

/** The environment of this process without its own AWS settings, so that the story can't touch a real account. */
function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')))
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}
