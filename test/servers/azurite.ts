/** Azurite: an Azure Blob service that is not ours, on loopback, with an account of its own. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { startProcess, stopProcess, until } from './processes.ts'

export interface SasWish {
  /** Letters: `cw`, `rl` … */
  readonly permissions?: string
  /** A stored access policy of the container. */
  readonly storedPolicy?: string
  readonly startsAt?: Date
  readonly expiresAt?: Date
  readonly httpsOnly?: boolean
}

export interface Azurite {
  readonly account: string
  /** `http://127.0.0.1:port/account`. */
  readonly url: string
  /** The account owner's client: what the customer's administrator could do. */
  readonly owner: BlobServiceClient
  containerUrl(container: string): string
  createContainer(container: string): Promise<void>
  /** Signs a service SAS of a container, without the question mark. */
  sas(container: string, wish: SasWish): string
  close(): Promise<void>
}

const hour = 3_600_000

/** Starts Azurite on a port of its own choosing; up in about two seconds. Blobs stay in memory unless a folder is given. */
export async function startAzurite(blobs?: string): Promise<Azurite> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-azurite-'))
  const account = 'devaccount'
  const key = randomBytes(32).toString('base64')
  const log = join(directory, 'azurite.log')
  // The package exports nothing of its own: its main file stands beside its manifest.
  const home = dirname(fileURLToPath(import.meta.resolve('azurite/package.json')))
  const args = ['--blobHost', '127.0.0.1', '--blobPort', '0']
  args.push(...(blobs === undefined ? ['--inMemoryPersistence'] : ['--location', blobs]))
  const child = startProcess(
    process.execPath,
    [join(home, 'dist/src/blob/main.js'), ...args, '--silent', '--disableTelemetry', '--skipApiVersionCheck'],
    log,
    { ...process.env, AZURITE_ACCOUNTS: `${account}:${key}` },
  )
  const stop = async (): Promise<void> => {
    await stopProcess(child)
    await rm(directory, { recursive: true, force: true })
  }
  let port = ''
  try {
    await until('azurite', child, log, async () => {
      port = /successfully listens? on http:\/\/127\.0\.0\.1:(\d+)/.exec(await readFile(log, 'utf8'))?.[1] ?? ''
      return port !== ''
    })
  } catch (error) {
    await stop()
    throw error
  }
  const url = `http://127.0.0.1:${port}/${account}`
  const credential = new StorageSharedKeyCredential(account, key)
  const owner = new BlobServiceClient(url, credential, { retryOptions: { maxTries: 1 } })
  return {
    account,
    url,
    owner,
    containerUrl: (container) => `${url}/${container}`,
    async createContainer(container) {
      await owner.createContainer(container)
    },
    sas: (container, wish) =>
      generateBlobSASQueryParameters(
        {
          containerName: container,
          protocol: wish.httpsOnly === true ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
          ...(wish.startsAt === undefined ? {} : { startsOn: wish.startsAt }),
          ...(wish.storedPolicy === undefined
            ? {
                permissions: ContainerSASPermissions.parse(wish.permissions ?? 'r'),
                expiresOn: wish.expiresAt ?? new Date(Date.now() + hour),
              }
            : { identifier: wish.storedPolicy }),
        },
        credential,
      ).toString(),
    close: stop,
  }
}
