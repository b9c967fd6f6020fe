/**
 * What the purpose forbids must be refused: with everything that the other side granted, and with our own narrowed session.
 * Forbidden operations are tried only in ways that store and delete nothing.
 */
import { DrawbridgeError, newId } from '../../base/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import { isS3 } from '../model/setup-model.ts'
import { lookAtPlace } from '../open/look.ts'
import { bodyThatCannotArrive, makeProbe, noEtag, type Probe } from '../open/probe.ts'
import { type Outcome, outcomeOf, requestIdsOf } from './recorder.ts'
import { run, type StorageStage } from './stage.ts'

/** Holds an outcome back until the job itself was accepted; where it was not, a refusal says nothing. */
export type Control = (work: () => Promise<Outcome>) => Promise<Outcome>

/** Reading must be refused. An export's probe is tried: what is not there would be refused to those who may read, too. */
export async function checkReadRefused(stage: StorageStage, probe: Probe): Promise<void> {
  const { signal } = stage
  await run(stage, 'read-refused', () =>
    refused(stage, 'the probe could be read', (store) => store.head(probe.key, signal)),
  )
}

/** Deleting must be refused. The condition can not hold, so that whoever may delete is told so and nothing is. */
export async function checkDeleteRefused(stage: StorageStage, probe: Probe): Promise<void> {
  await run(stage, 'delete-refused', () =>
    refused(stage, 'the probe could have been deleted', (store) => deleteNothing(store, probe.key, stage.signal)),
  )
}

async function deleteNothing(store: ObjectStore, key: string, signal: AbortSignal): Promise<void> {
  try {
    await store.delete(key, signal, { ifEtag: noEtag })
  } catch (error) {
    // It was allowed: the store went on to compare, and found that the object is another.
    if (error instanceof DrawbridgeError && error.code === 'object-exists') return
    throw error
  }
}

/** Without credentials neither the place nor what was written may be seen. `probe` null: nothing was written. */
export async function checkPublicRefused(stage: StorageStage, probe: Probe | null): Promise<void> {
  const { connection, context, signal, outside } = stage
  const link = isS3(connection) ? 'bucket-policy' : 'container'
  await run(stage, 'public-refused', async () => {
    const written = probe === null ? null : await lookAtPlace(connection, context, { key: probe.key, signal })
    const looks = [
      ['the place', outside.look],
      ['what we write', written],
    ] as const
    for (const [what, look] of looks) {
      if (look !== null && look.fault !== null) throw look.fault
      const status = look?.status ?? 403
      if (status < 300) return { status: 'fail', link, detail: `everybody can see ${what}, without any credentials` }
      if (status >= 500 || status === 429) {
        return { status: 'unknown', detail: `asked for ${what} without credentials, the store answered HTTP ${status}` }
      }
    }
    return { status: 'pass', detail: 'refused without credentials, as it should be' }
  })
}

/** The refusals that need no probe. */
export async function checkRefusals(stage: StorageStage, control: Control): Promise<void> {
  const { connection, context } = stage
  const { rootPath } = connection.location
  const outside = `drawbridge-outside-${newId('prb', context.random)}/`
  await Promise.all([
    run(stage, 'list-refused', () =>
      control(() => refused(stage, 'the objects could be listed', (store) => listOnce(stage, store, rootPath))),
    ),
    run(stage, 'write-refused', () =>
      control(() => refused(stage, 'an object could have been written', (store) => tryWriting(stage, store, rootPath))),
    ),
    run(stage, 'outside-root-refused', () => control(() => tryOutside(stage, outside))),
  ])
}

async function listOnce({ signal }: StorageStage, store: ObjectStore, prefix: string): Promise<void> {
  for await (const _ of store.list(prefix, signal)) break
}

/** Beside the root path: everything that the purpose does below it must be refused. The first that is not decides. */
async function tryOutside(stage: StorageStage, outside: string): Promise<Outcome> {
  const { purpose } = stage.connection
  const writes = purpose !== 'source'
  const reads = purpose !== 'export'
  const written = 'an object beside the root path could have been written'
  const listed = 'objects beside the root path could be listed'
  const outcomes = await Promise.all([
    ...(writes && stage.mayProbeOutside ? [refused(stage, written, (store) => tryWriting(stage, store, outside))] : []),
    ...(reads ? [refused(stage, listed, (store) => listOnce(stage, store, outside)), readOutside(stage, outside)] : []),
  ])
  const worst = outcomes.find(({ status }) => status === 'fail') ?? outcomes.find(({ status }) => status === 'unknown')
  if (worst !== undefined) return worst
  return writes && !stage.mayProbeOutside ? withoutConsent : passOf(outcomes)
}

const withoutConsent: Outcome = {
  status: 'unknown',
  detail: 'writing beside the root path is tried only when the customer agreed to it',
  consent: 'missing',
}

function passOf(outcomes: readonly Outcome[]): Outcome {
  const details = new Set(outcomes.map(({ detail }) => detail))
  const requestIds = outcomes.flatMap((outcome) => outcome.requestIds ?? [])
  return { status: 'pass', detail: [...details].join('; '), requestIds }
}

/**
 * There is nothing to read there, and S3 refuses that for either of two reasons: reading is not allowed, or it is, and the
 * refusal is about telling that nothing is there. Its message names the action; where it names none, only the listing was
 * proved to be refused.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax permissions
 */
async function readOutside(stage: StorageStage, outside: string): Promise<Outcome> {
  let message = ''
  const outcome = await refusal('an object beside the root path could be read', async () => {
    try {
      const { body } = await stage.unnarrowed.get(`${outside}probe`, { signal: stage.signal })
      body.destroy()
    } catch (error) {
      // Whoever is told that nothing is there could have read it.
      if (!(error instanceof DrawbridgeError)) throw error
      if (error.code === 'object-not-found') return
      message = String(error.context['providerMessage'] ?? '')
      // The refusal is about listing, which S3 asks only of those who may read.
      if (error.code === 'access-denied' && message.includes('s3:ListBucket')) return
      throw error
    }
  })
  if (outcome.status !== 'pass' || message.includes('s3:GetObject')) return outcome
  return { ...outcome, detail: 'refused; for reading, the store does not say whether because nothing is there' }
}

/** Writes nothing: the bytes are not the announced ones, and the store is asked to refuse what exists. */
async function tryWriting(stage: StorageStage, store: ObjectStore, folder: string): Promise<void> {
  const { connection, context, signal } = stage
  const key = `${folder}.drawbridge/never-${newId('prb', context.random)}`
  if (!isS3(connection)) return tryBlock(stage, store, key)
  try {
    await store.put(key, bodyThatCannotArrive(), { ifAbsent: true, signal })
  } catch (error) {
    // It was allowed: the store went on to read the bytes and found that they are others.
    if (error instanceof DrawbridgeError && error.code === 'checksum-mismatch') return
    throw error
  }
}

/**
 * A container knows no SHA-256: our own hands would stop bytes that are not the announced ones, before it has answered. A
 * block that is never committed makes no blob, and is dropped by itself.
 *
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/put-block
 */
async function tryBlock(stage: StorageStage, store: ObjectStore, key: string): Promise<void> {
  const { signal } = stage
  const { body } = makeProbe(stage.connection, stage.context)
  const upload = await store.createUpload(key, { ifAbsent: true, signal })
  await store.uploadPart(key, upload, 1, body, 0, body.sizeBytes, { signal })
}

/**
 * Tries a forbidden operation with everything that the other side granted, and beside it with our own narrowed session: the
 * first shows what the role gives too much, the second that our scope holds.
 */
async function refused(
  stage: StorageStage,
  otherwise: string,
  attempt: (store: ObjectStore) => Promise<unknown>,
): Promise<Outcome> {
  const { narrowed } = stage
  const [wide, narrow] = await Promise.all([
    refusal(otherwise, () => attempt(stage.unnarrowed)),
    narrowed === null ? null : refusal(otherwise, () => attempt(narrowed)),
  ])
  if (narrow === null) return wide
  const requestIds = [...(wide.requestIds ?? []), ...(narrow.requestIds ?? [])]
  if (narrow.status === 'fail') {
    const detail = `${otherwise}, even with the session that our session policy narrows: the store does not hold our scope`
    return { status: 'fail', detail, requestIds }
  }
  if (wide.status === 'fail') {
    return narrow.status === 'pass'
      ? { ...wide, detail: `${wide.detail}; our own sessions are narrower`, requestIds }
      : wide
  }
  return wide.status === 'pass' ? { ...narrow, requestIds } : wide
}

async function refusal(otherwise: string, attempt: () => Promise<unknown>): Promise<Outcome> {
  try {
    await attempt()
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    // A refusal of AssumeRole, from which the wide session should have come, is no refusal of the operation.
    const isOfStorage = error.operation?.startsWith('sts:') !== true
    if (error.code === 'access-denied' && isOfStorage)
      return { status: 'pass', detail: 'refused, as it should be', requestIds: requestIdsOf(error) }
    const { detail, requestIds = [] } = outcomeOf(error)
    return { status: 'unknown', detail: `neither allowed nor refused: ${detail}`, requestIds }
  }
  return {
    status: 'fail',
    detail: `${otherwise}, and the purpose must not: the other side grants more than the set-up kit asks for`,
  }
}
