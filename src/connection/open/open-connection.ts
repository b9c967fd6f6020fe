/** Opens a connection for one person: a session where there is a role, then the store, with the retry layer around it. */
import { Secret } from '../../base/index.ts'
import type { Connection, Purpose, Writing } from '../../contract/index.ts'
import type { AwsCredentials, RoleSession } from '../../credentials/index.ts'
import { azureStore, localStore, type ObjectStore, s3Store, withRetry } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { bucketOf, isS3 } from '../model/setup-model.ts'
import type { ConnectionSecret } from '../repository.ts'
import { sessionNeed } from './session-need.ts'

/** Where a connection leads, for receipts and messages. */
export interface OpenFacts {
  readonly service: 's3' | 'azblob' | 'local'
  /** `s3://bucket`, the container's URL, or the directory. */
  readonly location: string
  readonly bucketOwner?: string
  /** The session's ARN; for an access key its id. */
  readonly principal?: string
}

/** An open connection. Close it. */
export interface OpenConnection {
  readonly store: ObjectStore
  readonly rootPath: string
  readonly writing: Writing
  readonly purpose: Purpose
  readonly facts: OpenFacts
  /** The session of the moment of opening; null without a role. */
  readonly session: RoleSession | null
  /** Drops the session held and gets a fresh one; without a role, reads the SAS token or access key anew: it may have been replaced. */
  renew(): Promise<void>
  close(): void
}

/**
 * Opens a connection in a person's identity. With a role, the session comes from the cache and refreshes itself while
 * the store is used; a role that refuses shows here, before any storage call.
 *
 * @param freshSecret reads the secret as it is now, for `renew()`; absent: it never changes
 * @throws access-denied, no-base-identity, unavailable … of AssumeRole
 */
export async function openConnection(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
  freshSecret?: () => Promise<ConnectionSecret>,
): Promise<OpenConnection> {
  if (connection.authentication.kind !== 'role') {
    let held = secret
    const store = storeOf(connection, () => held, context, null)
    return opened(connection, withRetry(store, context), null, async () => {
      held = (await freshSecret?.()) ?? held
    })
  }
  const need = await sessionNeed(connection, identity, context)
  const session = await context.sessions.session(need)
  const credentials = async (): Promise<AwsCredentials> => (await context.sessions.session(need)).credentials
  const store = withRetry(storeOf(connection, secret, context, credentials), context)
  return opened(connection, store, session, async () => {
    context.sessions.forget(need)
    await context.sessions.session(need)
  })
}

function opened(
  connection: Connection,
  store: ObjectStore,
  session: RoleSession | null,
  renew: () => Promise<void>,
): OpenConnection {
  const { location, authentication, purpose, writing } = connection
  const principal =
    session?.assumedRoleArn ?? (authentication.kind === 'access-key' ? authentication.accessKeyId : undefined)
  return {
    store,
    rootPath: location.rootPath,
    writing,
    purpose,
    facts: {
      service: location.service,
      location: store.location,
      ...(location.service === 's3' ? { bucketOwner: location.bucketOwner } : {}),
      ...(principal === undefined ? {} : { principal }),
    },
    session,
    renew,
    close: () => store.close(),
  }
}

/**
 * Makes the bare store of a connection, without the retry layer. `session` gives the credentials of a role; it is null
 * for the other kinds.
 *
 * @throws TypeError when secret and connection do not belong together
 */
export function storeOf(
  connection: Connection,
  secret: ConnectionSecret | (() => ConnectionSecret),
  context: Pick<ConnectionContext, 'allowedEndpoints'>,
  session: (() => Promise<AwsCredentials>) | null,
): ObjectStore {
  const { location, authentication } = connection
  const heldSecret = typeof secret === 'function' ? secret : () => secret
  if (location.service === 'local') return localStore({ directory: location.directory })
  if (location.service === 'azblob') {
    const allowPrivateEndpoint = context.allowedEndpoints.includes(new URL(location.containerUrl).origin)
    return azureStore({ containerUrl: location.containerUrl, sas: sasOf(heldSecret), allowPrivateEndpoint })
  }
  const endpoint = location.endpoint ?? null
  const credentials = session ?? keyCredentials(authentication, heldSecret)
  if (!isS3(connection)) throw new TypeError('only a bucket is left here')
  return s3Store({
    bucket: bucketOf(connection),
    region: location.region,
    endpoint,
    expectedBucketOwner: location.bucketOwner,
    credentials,
    allowPrivateEndpoint: endpoint !== null && context.allowedEndpoints.includes(new URL(endpoint).origin),
  })
}

/** The token as it is now: the same `Secret` for as long as nobody replaced it. @throws TypeError when there is none */
function sasOf(held: () => ConnectionSecret): () => Secret {
  let known: { readonly token: string; readonly sas: Secret } | null = null
  const read = (): Secret => {
    const secret = held()
    if (secret.kind !== 'sas') throw new TypeError('a container is opened with a SAS token')
    if (known?.token !== secret.token) known = { token: secret.token, sas: new Secret(secret.token) }
    return known.sas
  }
  read()
  return read
}

function keyCredentials(
  authentication: Connection['authentication'],
  held: () => ConnectionSecret,
): () => Promise<AwsCredentials> {
  const read = (): AwsCredentials => {
    const secret = held()
    if (authentication.kind !== 'access-key' || secret.kind !== 'access-key') {
      throw new TypeError('a bucket is opened with a role or an access key')
    }
    return { accessKeyId: authentication.accessKeyId, secretAccessKey: new Secret(secret.secretAccessKey) }
  }
  read()
  return async () => read()
}
