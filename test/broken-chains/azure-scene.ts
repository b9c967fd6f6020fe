/** The Azure side of a broken chain: a container on Azurite and a token of it, which the account's owner can change. */
import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import { systemClock, systemRandom } from '../../src/base/index.ts'
import {
  type ConnectionContext,
  type ConnectionSecret,
  createConnection,
  type SessionIdentity,
} from '../../src/connection/index.ts'
import type { Connection, Purpose } from '../../src/contract/index.ts'
import { SessionCache } from '../../src/credentials/index.ts'
import type { Azurite, SasWish } from '../servers/azurite.ts'

/** How a chain's surroundings differ from an export with the letters `cw`. */
export interface AzureWish {
  readonly purpose?: Purpose
  /** The token is bound to a stored access policy, which holds letters and time. */
  readonly isStored?: true
  readonly letters?: string
  readonly resume?: true
}

const policyName = 'drawbridge'
const hour = 3_600_000

/** One connection to a container. */
export class AzureScene {
  readonly azurite: Azurite
  readonly container: string
  readonly wish: AzureWish
  readonly context: ConnectionContext
  readonly identity: SessionIdentity = { tags: {}, sourceIdentity: 'dana', sessionName: 'dana' }
  connection: Connection
  secret: ConnectionSecret

  private constructor(
    azurite: Azurite,
    container: string,
    wish: AzureWish,
    context: ConnectionContext,
    made: { connection: Connection; secret: ConnectionSecret },
  ) {
    this.azurite = azurite
    this.container = container
    this.wish = wish
    this.context = context
    this.connection = made.connection
    this.secret = made.secret
  }

  /** Makes container, token and connection. */
  static async set(azurite: Azurite, name: string, wish: AzureWish): Promise<AzureScene> {
    await azurite.createContainer(name)
    if (wish.isStored === true) await storePolicy(azurite, name, {})
    const context = contextOf(azurite)
    const token = azurite.sas(
      name,
      wish.isStored === true ? { storedPolicy: policyName } : { permissions: lettersOf(wish) },
    )
    const made = await createConnection(
      'tenant-a',
      {
        name,
        purpose: wish.purpose ?? 'export',
        location: { service: 'azblob', containerUrl: azurite.containerUrl(name), rootPath: 'audit/' },
        authentication: { kind: 'sas', token },
        writing: { resume: wish.resume ?? false },
      },
      context,
      async () => null,
    )
    return new AzureScene(azurite, name, wish, context, made)
  }

  /** Hands another token over, as it is: what intake would have refused has become so since. */
  useToken(token: string): void {
    this.secret = { kind: 'sas', token }
  }

  /** A token as the kit asks for it, with `wish` applied. */
  token(wish: SasWish = {}): string {
    return this.azurite.sas(this.container, { permissions: lettersOf(this.wish), ...wish })
  }

  /** A token that names another container. */
  tokenOf(container: string): string {
    return this.azurite.sas(container, { permissions: lettersOf(this.wish) })
  }

  /** A token signed with a key that is not the account's any more. */
  tokenOfOldKey(): string {
    const key = Buffer.from('a key that was rolled away, 32 by').toString('base64')
    const parts = {
      containerName: this.container,
      permissions: ContainerSASPermissions.parse(lettersOf(this.wish)),
      expiresOn: new Date(Date.now() + hour),
      protocol: SASProtocol.HttpsAndHttp,
    }
    return generateBlobSASQueryParameters(parts, new StorageSharedKeyCredential(this.azurite.account, key)).toString()
  }

  async setStoredPolicy(change: { letters?: string; expiresOn?: Date }): Promise<void> {
    await storePolicy(this.azurite, this.container, change)
  }

  async dropStoredPolicy(): Promise<void> {
    await this.azurite.owner.getContainerClient(this.container).setAccessPolicy(undefined, [])
  }

  async deleteContainer(): Promise<void> {
    await this.azurite.owner.deleteContainer(this.container)
  }

  async makeContainerAgain(): Promise<void> {
    await this.azurite.createContainer(this.container)
  }

  /** Puts a blob there as the owner. */
  async put(name: string): Promise<void> {
    const client = this.azurite.owner.getContainerClient(this.container).getBlockBlobClient(name)
    await client.upload('a,b\n1,2\n', 8)
  }
}

function lettersOf(wish: AzureWish): string {
  if (wish.letters !== undefined) return wish.letters
  return wish.purpose === 'source' ? 'rl' : wish.purpose === 'enrichment' ? 'rcwdl' : 'cw'
}

async function storePolicy(
  azurite: Azurite,
  container: string,
  { letters = 'cw', expiresOn = new Date(Date.now() + 90 * 24 * hour) }: { letters?: string; expiresOn?: Date },
): Promise<void> {
  const startsOn = new Date(Date.now() - hour)
  await azurite.owner
    .getContainerClient(container)
    .setAccessPolicy(undefined, [{ id: policyName, accessPolicy: { startsOn, expiresOn, permissions: letters } }])
}

function contextOf(azurite: Azurite): ConnectionContext {
  const clock = systemClock
  return {
    clock,
    random: systemRandom,
    base: null,
    sessions: new SessionCache({ clock, assume: () => Promise.reject(new TypeError('a container has no role')) }),
    egress: 'dynamic',
    observedAddress: null,
    ownAccounts: [],
    allowedEndpoints: [new URL(azurite.url).origin],
    evidencePublicKeyPem: '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n',
    stsEndpoint: null,
  }
}
