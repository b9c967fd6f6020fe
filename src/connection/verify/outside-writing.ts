/**
 * Whether a write beside the root path is refused, without writing: one part is sent for an upload that does not exist. No store
 * has anywhere to put it, whatever else it ignores. S3 asks first whether the caller may write the key, and only then which
 * upload is meant, so that a refusal and an unknown upload tell the two apart.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
 */
import { newId } from '../../base/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import { makeProbe } from '../open/probe.ts'
import { type Outcome, requestIdsOf } from './recorder.ts'
import { answerOf, isRefusal, judge } from './refusal.ts'
import type { StorageStage } from './stage.ts'

/**
 * Tries it beside the root path and, as a control, below it. Null where that tells nothing: the job's own place must answer that
 * there is no such upload, and what is allowed beside it counts only where our narrowed session is refused the same.
 */
export async function writingOutside(stage: StorageStage, outside: string, otherwise: string): Promise<Outcome | null> {
  const { unnarrowed, narrowed, connection } = stage
  const [inside, wide, narrow] = await Promise.all([
    sendLostPart(stage, unnarrowed, connection.location.rootPath),
    sendLostPart(stage, unnarrowed, outside),
    narrowed === null ? null : sendLostPart(stage, narrowed, outside),
  ])
  if (inside?.code !== unknownUpload || wide === null) return null
  if (isRefusal(wide)) return judge(otherwise, wide)
  if (wide.code !== unknownUpload || narrow === null || !isRefusal(narrow)) return null
  const { detail } = judge(otherwise, null)
  const requestIds = [...requestIdsOf(wide), ...requestIdsOf(narrow)]
  return { status: 'fail', detail: `${detail}; our own sessions are narrower`, requestIds }
}

const unknownUpload = 'upload-not-found'

/** Sends a part for an upload that nobody started, and returns the refusal. */
function sendLostPart(stage: StorageStage, store: ObjectStore, folder: string) {
  const { connection, context, signal } = stage
  const key = `${folder}.drawbridge/never-${newId('prb', context.random)}`
  const { body } = makeProbe(connection, context)
  const upload = newId('upl', context.random)
  return answerOf(() => store.uploadPart(key, upload, 1, body, 0, body.sizeBytes, { signal }))
}
