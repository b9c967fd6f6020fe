/**
 * The checks at the storage: the operations of the job itself, with its ACL and encryption, and the refusals that the
 * purpose demands. Forbidden operations are tried only in ways that store and delete nothing.
 */
import { DrawbridgeError, newId } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import type { ObjectStore, StoredPart } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { linkOfRefusal } from '../diagnose/error-link.ts'
import { isS3 } from '../model/setup-model.ts'
import { bodyThatCannotArrive, jobPutOptions, makeProbe, type Probe } from '../open/probe.ts'
import { type CheckId, checkIds } from './checks.ts'
import { type Outcome, outcomeOf, type Recorder, requestIdsOf } from './recorder.ts'

/** What the storage checks work with. */
export interface StorageStage {
  readonly connection: Connection
  readonly context: ConnectionContext
  readonly recorder: Recorder
  /** The store as the job has it: with the narrowed session of a role. */
  readonly store: ObjectStore
  /** The store with everything that the other side granted: without our session policy. The same store without a role. */
  readonly unnarrowed: ObjectStore
  readonly signal: AbortSignal
}

/** Runs the storage checks of the connection's purpose, those that do not need each other side by side. */
export async function checkStorage(stage: StorageStage): Promise<void> {
  const { connection, recorder } = stage
  if (connection.purpose === 'source') {
    await Promise.all([checkReading(stage, null), checkRefusals(stage, null)])
  } else {
    const probe = makeProbe(connection, stage.context)
    const isWritten = await run(stage, 'put-object', () => putProbe(stage, probe))
    if (isWritten) {
      await Promise.all([
        run(stage, 'conditional-write', () => putAgain(stage, probe)),
        run(stage, 'multipart', () => tryMultipart(stage)),
        checkReading(stage, probe),
        checkRefusals(stage, probe),
      ])
      await run(stage, 'delete-probe', () => deleteProbe(stage, probe))
    }
  }
  placeFacts(stage)
  // The checks on the way in run beside these and answer for themselves.
  const rest = checkIds.filter((id) => !entryChecks.has(id))
  recorder.settleRest({ status: 'skipped', detail: 'nothing could be written, so this was not tried' }, rest)
}

const entryChecks: ReadonlySet<CheckId> = new Set([
  'base-identity',
  'assume-role',
  'external-id-required',
  'external-id-matched',
  'session-identity',
  'access-key',
  'sas-token',
])

/** As the recorder's own, with the link of a refusal read from what the provider said. */
async function run(stage: StorageStage, id: CheckId, work: () => Promise<Outcome>): Promise<boolean> {
  return stage.recorder.run(id, async () => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DrawbridgeError) || error.code === 'cancelled') throw error
      stage.recorder.blame(id, error)
      return { ...outcomeOf(error), link: linkOfRefusal(stage.connection, error) }
    }
  })
}

async function putProbe(stage: StorageStage, probe: Probe): Promise<Outcome> {
  const { connection, store, signal } = stage
  const answer = await store.put(probe.key, probe.body, jobPutOptions(connection, signal))
  const { acl, encryption } = connection.writing
  const extras = [acl === 'none' ? null : `ACL ${acl}`, encryption.kind === 'bucket-default' ? null : encryption.kind]
  const how = extras.filter((extra) => extra !== null).join(', ')
  return {
    status: 'pass',
    detail: `wrote ${probe.key}${how === '' ? '' : ` with ${how}`}`,
    requestIds: answer.requestId === undefined ? [] : [answer.requestId],
  }
}

async function putAgain(stage: StorageStage, probe: Probe): Promise<Outcome> {
  try {
    await stage.store.put(probe.key, probe.body, jobPutOptions(stage.connection, stage.signal))
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    // The first write passed a moment ago: a SAS token that now lacks a letter may create and not overwrite.
    const code = error.context['providerCode']
    const isLetters = code === 'UnauthorizedBlobOverwrite' || code === 'AuthorizationPermissionMismatch'
    const isRefused = error.code === 'object-exists' || isLetters
    if (!isRefused) throw error
    return { status: 'pass', detail: 'the second write to the same key was refused', requestIds: requestIdsOf(error) }
  }
  return {
    status: 'fail',
    detail:
      'the store took a second write to the same key: it ignores the condition, and something could be overwritten',
  }
}

/** Starts, lists and gives up: what finishing needs beyond that, kms:Decrypt, is needed for the first part already. */
async function tryMultipart(stage: StorageStage): Promise<Outcome> {
  const { connection, context, store, signal } = stage
  const { key, body } = makeProbe(connection, context, 'multipart/')
  const options = jobPutOptions(connection, signal)
  const upload = await store.createUpload(key, options)
  let part: StoredPart
  try {
    part = await store.uploadPart(key, upload, 1, body, 0, body.sizeBytes, { signal })
    // A container lists blocks only to those who may read, and drops none: there the upload is finished instead.
    if (isS3(connection)) {
      const parts = await store.listParts(key, upload, signal)
      if (parts.length !== 1)
        return { status: 'fail', detail: `the store lists ${parts.length} parts after one was sent` }
      // The job looks for uploads that it left open, which is a right of its own.
      const pending = await store.listUploads(key, signal)
      if (!pending.some(({ uploadId }) => uploadId === upload)) {
        throw new DrawbridgeError({
          code: 'protocol-broken',
          message: 'the store does not list the upload that was just started',
          operation: 's3:ListMultipartUploads',
        })
      }
    }
  } catch (error) {
    await store.abortUpload(key, upload, signal).catch(() => undefined)
    throw error
  }
  if (isS3(connection)) {
    await store.abortUpload(key, upload, signal)
    return { status: 'pass', detail: 'started an upload, sent a part, listed it, and gave the upload up' }
  }
  await store.completeUpload(key, upload, [part], options)
  if (connection.purpose === 'enrichment') await store.delete(key, signal)
  return { status: 'pass', detail: `sent ${key} in a block and committed it` }
}

async function deleteProbe(stage: StorageStage, probe: Probe): Promise<Outcome> {
  await stage.store.delete(probe.key, stage.signal)
  return { status: 'pass', detail: `removed ${probe.key}` }
}

async function checkReading(stage: StorageStage, probe: Probe | null): Promise<void> {
  if (stage.connection.purpose === 'export') return
  let first: string | null = null
  await run(stage, 'list-objects', async () => {
    const { location } = stage.connection
    for await (const object of stage.store.list(location.rootPath, stage.signal)) {
      // Folder markers are empty objects whose name ends in a slash.
      if (object.sizeBytes === 0 && object.key.endsWith('/')) continue
      first = object.key
      break
    }
    return {
      status: 'pass',
      detail: first === null ? 'listed; there is no object yet' : `listed; the first is ${first}`,
    }
  })
  await run(stage, 'read-object', () => readOne(stage, probe?.key ?? first))
}

async function readOne(stage: StorageStage, key: string | null): Promise<Outcome> {
  const { store, signal } = stage
  if (key === null) return readNothing(stage)
  const { body } = await store.get(key, { start: 0, end: 1, signal })
  // One byte is enough: it cannot be had without the right to read and to decrypt.
  for await (const piece of body) {
    if ((piece as Uint8Array).length > 0) break
  }
  body.destroy()
  return { status: 'pass', detail: `read ${key}` }
}

/**
 * In an empty place: a store that would let us read says that the object is absent. Where listing is limited to a prefix, S3
 * refuses instead, and for s3:ListBucket, which it asks only of those who may read.
 */
async function readNothing(stage: StorageStage): Promise<Outcome> {
  const { connection, context, store, signal } = stage
  const absent = `${connection.location.rootPath}.drawbridge/absent-${newId('prb', context.random)}`
  try {
    const { body } = await store.get(absent, { signal })
    body.destroy()
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    const requestIds = requestIdsOf(error)
    if (error.code === 'object-not-found') {
      return {
        status: 'pass',
        detail: 'there is nothing to read yet; the store says so instead of refusing',
        requestIds,
      }
    }
    if (error.code !== 'access-denied') throw error
    const message = String(error.context['providerMessage'] ?? '')
    if (message.includes('s3:ListBucket')) {
      return {
        status: 'pass',
        detail: 'there is nothing to read yet; only listing beside the root path is refused',
        requestIds,
      }
    }
    if (message.includes('s3:GetObject')) throw error
    return { status: 'unknown', detail: 'there is nothing to read yet, and a refusal may mean just that', requestIds }
  }
  return { status: 'fail', detail: `the store gives an object at ${absent}, which nobody wrote` }
}

/** The refusals that the purpose demands, with everything that the other side granted. */
async function checkRefusals(stage: StorageStage, probe: Probe | null): Promise<void> {
  const { connection, unnarrowed, signal, context } = stage
  const { rootPath } = connection.location
  await Promise.all([
    run(stage, 'read-refused', () =>
      refusal('the probe could be read', () => unnarrowed.head(probe?.key ?? `${rootPath}.drawbridge/probe`, signal)),
    ),
    run(stage, 'list-refused', () =>
      refusal('the objects could be listed', async () => {
        for await (const _ of unnarrowed.list(rootPath, signal)) break
      }),
    ),
    run(stage, 'write-refused', () => refusal('an object could have been written', () => tryWriting(stage, rootPath))),
    run(stage, 'outside-root-refused', () => tryOutside(stage, `drawbridge-outside-${newId('prb', context.random)}/`)),
  ])
}

/** Beside the root path: everything that the purpose does below it must be refused. The first that is not decides. */
async function tryOutside(stage: StorageStage, outside: string): Promise<Outcome> {
  const { connection, unnarrowed, signal } = stage
  const writes = connection.purpose !== 'source'
  const reads = connection.purpose !== 'export'
  const outcomes = await Promise.all([
    ...(writes
      ? [refusal('an object beside the root path could have been written', () => tryWriting(stage, outside))]
      : []),
    ...(reads
      ? [
          refusal('objects beside the root path could be listed', async () => {
            for await (const _ of unnarrowed.list(outside, signal)) break
          }),
          readOutside(stage, outside),
        ]
      : []),
  ])
  const worst = outcomes.find(({ status }) => status === 'fail') ?? outcomes.find(({ status }) => status === 'unknown')
  return worst ?? passOf(outcomes)
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
async function tryWriting(stage: StorageStage, folder: string): Promise<void> {
  const { connection, context, unnarrowed, signal } = stage
  const key = `${folder}.drawbridge/never-${newId('prb', context.random)}`
  if (!isS3(connection)) return tryBlock(stage, key)
  try {
    await unnarrowed.put(key, bodyThatCannotArrive(), { ifAbsent: true, signal })
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
async function tryBlock(stage: StorageStage, key: string): Promise<void> {
  const { unnarrowed, signal } = stage
  const { body } = makeProbe(stage.connection, stage.context)
  const upload = await unnarrowed.createUpload(key, { ifAbsent: true, signal })
  await unnarrowed.uploadPart(key, upload, 1, body, 0, body.sizeBytes, { signal })
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

/** Region and owner follow from the first operation: every request is signed for the one and demands the other. */
function placeFacts(stage: StorageStage): void {
  const { connection, recorder } = stage
  if (!isS3(connection)) return
  const first: CheckId = connection.purpose === 'source' ? 'list-objects' : 'put-object'
  const { region, bucketOwner } = connection.location
  const error = recorder.errorOf(first)
  if (error === undefined) {
    recorder.settle('bucket-region', { status: 'pass', detail: `the bucket answered in ${region}` })
    recorder.settle('bucket-owner', { status: 'pass', detail: `account ${bucketOwner}, demanded with every request` })
    return
  }
  const isElsewhere = error.code === 'wrong-region'
  const isMissing = error.code === 'bucket-not-found'
  if (isElsewhere || isMissing) recorder.blame('bucket-region', error)
  recorder.settle('bucket-region', {
    status: isElsewhere || isMissing ? 'fail' : error.code === 'access-denied' ? 'pass' : 'unknown',
    detail: isElsewhere || isMissing ? outcomeOf(error).detail : `the request was answered in ${region}`,
    requestIds: requestIdsOf(error),
  })
  const isStranger = error.code === 'owner-mismatch'
  if (isStranger) recorder.blame('bucket-owner', error)
  recorder.settle('bucket-owner', {
    status: isStranger ? 'fail' : 'unknown',
    detail: isStranger ? outcomeOf(error).detail : 'a refusal does not tell whether the owner is another',
    requestIds: requestIdsOf(error),
  })
}
