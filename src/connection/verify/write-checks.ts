/** The writes of the job: one object, the same again, an upload in parts, and taking the probe away where that is allowed. */
import { crc32 } from 'node:zlib'
import { DrawbridgeError } from '../../base/index.ts'
import type { StoredPart } from '../../storage/index.ts'
import { isS3 } from '../model/setup-model.ts'
import { jobPutOptions, makeProbe, noEtag, type Probe } from '../open/probe.ts'
import { type Outcome, requestIdsOf } from './recorder.ts'
import type { StorageStage } from './stage.ts'

/** What is known of the probe that was written. */
export interface Written {
  /** Of a bucket that keeps versions; null until the store names one. */
  versionId: string | null
}

/** Writes the probe as the job writes. */
export async function putProbe(stage: StorageStage, probe: Probe, written: Written): Promise<Outcome> {
  const { connection, store, signal } = stage
  const answer = await store.put(probe.key, probe.body, jobPutOptions(connection, stage.context.clock.now(), signal))
  written.versionId = answer.versionId ?? null
  const { acl, encryption } = connection.writing
  const extras = [acl === 'none' ? null : `ACL ${acl}`, encryption.kind === 'bucket-default' ? null : encryption.kind]
  const how = extras.filter((extra) => extra !== null).join(', ')
  return {
    status: 'pass',
    detail: `wrote ${probe.key}${how === '' ? '' : ` with ${how}`}`,
    requestIds: answer.requestId === undefined ? [] : [answer.requestId],
  }
}

/** Writes to the same key again, which must be refused. */
export async function putAgain(stage: StorageStage, probe: Probe): Promise<Outcome> {
  try {
    await stage.store.put(
      probe.key,
      probe.body,
      jobPutOptions(stage.connection, stage.context.clock.now(), stage.signal),
    )
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
export async function tryMultipart(stage: StorageStage): Promise<Outcome> {
  const { connection, context, store, signal } = stage
  const { key, body } = makeProbe(connection, context, 'multipart/')
  // As the job sends it: with a checksum of the whole and of each part, which a bucket with Object Lock demands.
  const options = {
    ...jobPutOptions(connection, stage.context.clock.now(), signal),
    crc32: crc32(body.bytes ?? Buffer.alloc(0)),
  }
  const upload = await store.createUpload(key, options)
  let part: StoredPart
  try {
    part = await store.uploadPart(key, upload, 1, body, 0, body.sizeBytes, { signal, withCrc32: true })
    // A container lists blocks only to those who may read, and drops none: there the upload is finished instead.
    if (isS3(connection)) {
      // The job looks for uploads that it left open, which is a right of its own.
      const [parts, pending] = await Promise.all([store.listParts(key, upload, signal), store.listUploads(key, signal)])
      if (parts.length !== 1) {
        await store.abortUpload(key, upload, signal)
        return { status: 'fail', detail: `the store lists ${parts.length} parts after one was sent` }
      }
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

/** Removes the probe: for good where versions are kept, because a plain DELETE would leave a delete marker there. */
export async function deleteProbe(stage: StorageStage, probe: Probe, { versionId }: Written): Promise<Outcome> {
  const { store, signal } = stage
  if (versionId === null || !isS3(stage.connection)) {
    await store.delete(probe.key, signal)
    return { status: 'pass', detail: `removed ${probe.key}` }
  }
  try {
    await store.delete(probe.key, signal, { versionId })
    return { status: 'pass', detail: `removed ${probe.key} with its one version` }
  } catch (error) {
    if (!(error instanceof DrawbridgeError) || error.code !== 'access-denied') throw error
    return deleteNothing(stage, probe, error)
  }
}

/**
 * The right to delete, tried with a condition that can not hold: whoever may delete is told so, and nothing is. Removing a
 * version for good is a right of its own that no purpose needs.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
async function deleteNothing(stage: StorageStage, probe: Probe, refusal: DrawbridgeError): Promise<Outcome> {
  const isLocked = /object lock/i.test(String(refusal.context['providerMessage']))
  const stays = `${probe.key} stays: the bucket keeps versions${isLocked ? ' and locks them' : ''}, and a delete marker is not left`
  try {
    await stage.store.delete(probe.key, stage.signal, { ifEtag: noEtag })
  } catch (error) {
    if (!(error instanceof DrawbridgeError) || error.code !== 'object-exists') throw error
    return { status: 'pass', detail: `deleting is allowed; ${stays}`, requestIds: requestIdsOf(error) }
  }
  const detail = `deleting is allowed, and the store ignores its condition: there is a delete marker at ${probe.key} now`
  return { status: 'unknown', detail }
}
