/** Whether deleting is refused, tried with conditions that can not hold: whoever may delete is told so, and nothing goes. */
import { DrawbridgeError, newId } from '../../base/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import { isS3 } from '../model/setup-model.ts'
import { noEtag, type Probe } from '../open/probe.ts'
import { type Outcome, requestIdsOf } from './recorder.ts'
import { answerOf, deniedAction, inBothSessions, isRefusal, judge } from './refusal.ts'
import { run, type StorageStage } from './stage.ts'

const otherwise = 'the probe could have been deleted'
const wanted = 's3:DeleteObject'

/** Deleting must be refused. An export's own probe is tried. */
export async function checkDeleteRefused(stage: StorageStage, probe: Probe): Promise<void> {
  await run(stage, 'delete-refused', () =>
    inBothSessions(stage, otherwise, (store) => tryDeleting(stage, store, probe.key)),
  )
}

/**
 * A condition that names an entity tag takes the right to read as well, so that a refusal may be about that. Then the other
 * condition is tried, which asks for the right to delete alone: that something stands, where nothing does.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
 */
async function tryDeleting(stage: StorageStage, store: ObjectStore, key: string): Promise<Outcome> {
  const first = await answerOf(() => deleteIf(stage, store, key, noEtag))
  if (first === null || !isRefusal(first) || !isS3(stage.connection)) return judge(otherwise, first)
  if (deniedAction(first) === wanted) return judge(otherwise, first)
  const absent = `${key}.${newId('prb', stage.context.random)}`
  const second = await answerOf(() => deleteIf(stage, store, absent, '*'))
  if (second === null || !isRefusal(second) || deniedAction(second) === wanted) return judge(otherwise, second)
  const requestIds = [...requestIdsOf(first), ...requestIdsOf(second)]
  const named = deniedAction(second) ?? deniedAction(first)
  if (named === null) {
    const detail =
      'refused; the store does not say for which action, and a delete with a condition may take another too'
    return { status: 'pass', detail, requestIds }
  }
  const detail = `refused for ${named}, which a delete with a condition may take too: whether ${wanted} itself is refused is not known`
  return { status: 'unknown', detail, requestIds }
}

async function deleteIf({ signal }: StorageStage, store: ObjectStore, key: string, ifEtag: string): Promise<void> {
  try {
    await store.delete(key, signal, { ifEtag })
  } catch (error) {
    // It was allowed: the store went on to compare, and found another object.
    if (error instanceof DrawbridgeError && error.code === 'object-exists') return
    throw error
  }
}
