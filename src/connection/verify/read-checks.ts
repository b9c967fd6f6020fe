/** The reads of the job: a listing of the root path, and one byte of an object in it. */
import { DrawbridgeError, newId } from '../../base/index.ts'
import type { Probe } from '../open/probe.ts'
import { type Outcome, requestIdsOf } from './recorder.ts'
import { run, type StorageStage } from './stage.ts'
import type { Written } from './write-checks.ts'

/** Lists, and reads the probe or, in a source, the first object there is. False where neither is allowed. */
export async function checkReading(
  stage: StorageStage,
  probe: Probe | null,
  written: Written = { versionId: null },
): Promise<boolean> {
  if (stage.connection.purpose === 'export') return false
  let first: string | null = null
  const isListed = await run(stage, 'list-objects', async () => {
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
  const isRead = await run(stage, 'read-object', () => readOne(stage, probe?.key ?? first, written))
  return isListed || isRead
}

async function readOne(stage: StorageStage, key: string | null, written: Written): Promise<Outcome> {
  const { store, signal } = stage
  if (key === null) return readNothing(stage)
  const { body, facts } = await store.get(key, { start: 0, end: 1, signal })
  // A bucket that kept versions once names them here alone.
  written.versionId ??= facts.versionId ?? null
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
