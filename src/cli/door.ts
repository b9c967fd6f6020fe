/**
 * The way from the terminal to the service. When a server runs for the data directory, every command goes through it;
 * otherwise the command opens the data directory itself, does its work there and leaves.
 */
import { existsSync } from 'node:fs'
import { DrawbridgeError, systemClock, systemRandom } from '../base/index.ts'
import { createClient, type DrawbridgeClient } from '../contract/index.ts'
import type { DatabaseAddress } from './database-address.ts'
import type { OpenedHouse } from './house.ts'

/** An open way to the service. */
export interface Door {
  readonly client: DrawbridgeClient
  /** The data directory opened by this process; null: a server holds it. */
  readonly house: OpenedHouse | null
  close(): Promise<void>
}

/** Where to look for the service. */
export interface DoorOptions {
  readonly directory: string
  readonly configPath: string | null
  readonly database: DatabaseAddress | null
  /** The address of a server somewhere else; null: whatever the data directory says. */
  readonly url: string | null
  /** The operator token for `url`. */
  readonly token: string | null
  /** Where people's sign-ins are kept. */
  readonly signInFile: string
  /** True: the AWS credentials in reach belong to somebody else, such as the customer's administrator. */
  readonly foreignCredentials: boolean
}

const probeMilliseconds = 3_000

/**
 * Opens the way.
 * @throws data-directory-locked when another process holds the directory without answering; configuration-invalid
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { directory, url } = options
  const { readServerFile } = await import('../server/index.ts')
  const running = await readServerFile(directory)
  if (url !== null) {
    const own = running?.url === url ? running.token.reveal() : null
    const token = options.token ?? (await bearerOf(options, url)) ?? own
    return remoteDoor(createClient(url, token === null ? {} : { token }))
  }
  if (running !== null) {
    const client = createClient(running.url, { token: running.token.reveal() })
    if (await answers(client)) {
      const bearer = await bearerOf(options, running.url)
      return remoteDoor(bearer === null ? client : createClient(running.url, { token: bearer }))
    }
  }
  return openDirectory(options)
}

/** Whoever signed in to a server at this terminal goes there in his own name. */
async function bearerOf({ signInFile }: DoorOptions, server: string): Promise<string | null> {
  // Without the file nobody ever signed in, and the client of the identity provider need not be loaded.
  if (!existsSync(signInFile)) return null
  const { bearerFor } = await import('./sign-in/bearer.ts')
  return bearerFor(signInFile, server)
}

/** The rooms below are loaded only where they are used: a command that finds a server needs none of them. */
async function openDirectory({ directory, configPath, database, foreignCredentials }: DoorOptions): Promise<Door> {
  const [{ inProcessClient, operatorCaller }, { readConfig }, { openHouse }] = await Promise.all([
    import('../operations/index.ts'),
    import('./config.ts'),
    import('./house.ts'),
  ])
  const config = await readConfig(directory, configPath)
  const house = await openHouse({
    config,
    directory,
    database,
    clock: systemClock,
    random: systemRandom,
    ...(foreignCredentials ? { provider: null } : {}),
  })
  return {
    client: inProcessClient(house.house, operatorCaller(config.operatorClaims)),
    house,
    close: () => house.close(),
  }
}

function remoteDoor(client: DrawbridgeClient): Door {
  return { client, house: null, close: async () => {} }
}

/** A file that a killed server left behind names an address where nobody, or somebody else, answers. */
async function answers(client: DrawbridgeClient): Promise<boolean> {
  try {
    await client.route.list({}, { signal: AbortSignal.timeout(probeMilliseconds) })
    return true
  } catch (error) {
    if (error instanceof DrawbridgeError) return false
    throw error
  }
}
