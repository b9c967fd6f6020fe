/** What follows from the operations of the job about the place: its region, its owner. */
import { isS3 } from '../model/setup-model.ts'
import type { CheckId } from './checks.ts'
import { outcomeOf, requestIdsOf } from './recorder.ts'
import type { StorageStage } from './stage.ts'

/** Region and owner follow from the first operation: every request is signed for the one and demands the other. */
export function placeFacts(stage: StorageStage): void {
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
