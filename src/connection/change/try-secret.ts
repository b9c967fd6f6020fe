/**
 * Tries a new secret on the customer's storage before the old one is given up: with the operations of the job itself, and
 * nothing that the purpose does not allow. Decides nothing and keeps nothing.
 */
import { DrawbridgeError, Secret } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import { callerIdentity } from '../../credentials/index.ts'
import { type ObjectStore, withRetry } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { storeOf } from '../open/open-connection.ts'
import { jobPutOptions, makeProbe } from '../open/probe.ts'
import type { ConnectionSecret } from '../repository.ts'

/** Both together: a person waits for the answer. */
const attempts = { maximumAttempts: 3, budgetMs: 20_000 }

/**
 * Opens the connection with a secret that is not kept yet. Writes one probe object for purposes that write, and removes
 * it where the purpose may; lists, and reads a byte of what is there, for a source.
 *
 * @param next the connection as it would be, with the new authentication
 * @throws access-denied, session-expired, unavailable … as the other side answers, with the message that nothing was changed
 */
export async function trySecret(next: Connection, secret: ConnectionSecret, context: ConnectionContext): Promise<void> {
  const store = withRetry(storeOf(next, secret, context, null), { ...context, ...attempts })
  try {
    await checkKeyOwner(next, secret, context)
    if (next.purpose === 'source') await tryReading(next, store)
    else await tryWriting(next, store, context)
  } catch (error) {
    if (error instanceof DrawbridgeError) throw nothingChanged(secret, error)
    throw error
  } finally {
    store.close()
  }
}

/** STS knows every key of AWS, whatever it may do. A store of another make has no STS: there the storage alone answers. */
async function checkKeyOwner(next: Connection, secret: ConnectionSecret, context: ConnectionContext): Promise<void> {
  const { authentication, location } = next
  if (secret.kind !== 'access-key' || authentication.kind !== 'access-key' || location.service !== 's3') return
  if (location.endpoint !== undefined && context.stsEndpoint === null) return
  await callerIdentity(
    { accessKeyId: authentication.accessKeyId, secretAccessKey: new Secret(secret.secretAccessKey) },
    { region: location.region, endpoint: context.stsEndpoint },
  )
}

async function tryReading(next: Connection, store: ObjectStore): Promise<void> {
  for await (const object of store.list(next.location.rootPath)) {
    if (object.sizeBytes === 0) continue
    const { body } = await store.get(object.key, { start: 0, end: 1 })
    for await (const _ of body) break
    body.destroy()
    return
  }
}

async function tryWriting(next: Connection, store: ObjectStore, context: ConnectionContext): Promise<void> {
  const probe = makeProbe(next, context)
  await store.put(probe.key, probe.body, jobPutOptions(next, context.clock.now())).catch((error: unknown) => {
    // Nobody else knows the key: what stands there is the probe, written by an attempt whose answer was lost.
    if (!(error instanceof DrawbridgeError) || error.code !== 'object-exists') throw error
  })
  if (next.purpose !== 'enrichment') return
  const { body } = await store.get(probe.key)
  for await (const _ of body) break
  body.destroy()
  await store.delete(probe.key)
}

function nothingChanged(secret: ConnectionSecret, error: DrawbridgeError): DrawbridgeError {
  const what = secret.kind === 'sas' ? 'SAS token' : 'access key'
  return error.with({
    message: `the new ${what} was tried and does not work, so nothing was changed: ${error.message}`,
    help: 'compare its rights with the set-up kit; one that was made just now needs up to half a minute to be known',
  })
}
