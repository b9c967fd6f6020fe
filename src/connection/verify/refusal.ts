/**
 * Trying what must be refused, and reading the refusal: with everything that the other side granted, and beside it with our own
 * narrowed session. Knows no operation; what is tried stands with its checks.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import { readErrorFacts } from '../diagnose/error-facts.ts'
import { type Outcome, outcomeOf, requestIdsOf } from './recorder.ts'
import type { StorageStage } from './stage.ts'

/** The action that a refusal names: `s3:GetObject`. Null where it names none, as S3 does across accounts. */
export function deniedAction(error: DrawbridgeError): string | null {
  return readErrorFacts(String(error.context['providerMessage'] ?? '')).deniedAction ?? null
}

/** Tries a forbidden operation with both sessions. `otherwise` says what was possible when it was not refused. */
export function refused(
  stage: StorageStage,
  otherwise: string,
  attempt: (store: ObjectStore) => Promise<unknown>,
): Promise<Outcome> {
  return inBothSessions(stage, otherwise, (store) => refusal(otherwise, () => attempt(store)))
}

/** Judges a trial by both sessions: the wide one shows what the role gives too much, the narrowed one that our scope holds. */
export async function inBothSessions(
  stage: StorageStage,
  otherwise: string,
  trial: (store: ObjectStore) => Promise<Outcome>,
): Promise<Outcome> {
  const { narrowed } = stage
  const [wide, narrow] = await Promise.all([trial(stage.unnarrowed), narrowed === null ? null : trial(narrowed)])
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
  if (wide.status === 'pass') return narrow.status === 'pass' ? { ...wide, requestIds } : { ...narrow, requestIds }
  return wide
}

/** Tries once what must be refused. */
export async function refusal(otherwise: string, attempt: () => Promise<unknown>): Promise<Outcome> {
  return judge(otherwise, await answerOf(attempt))
}

/** What an attempt was answered with; null when it was allowed. */
export async function answerOf(attempt: () => Promise<unknown>): Promise<DrawbridgeError | null> {
  try {
    await attempt()
    return null
  } catch (error) {
    if (error instanceof DrawbridgeError) return error
    throw error
  }
}

/** What the answer to a forbidden operation says; null: it was allowed. */
export function judge(otherwise: string, answer: DrawbridgeError | null): Outcome {
  if (answer === null) {
    const detail = `${otherwise}, and the purpose must not: the other side grants more than the set-up kit asks for`
    return { status: 'fail', detail }
  }
  if (isRefusal(answer)) return { status: 'pass', detail: 'refused, as it should be', requestIds: requestIdsOf(answer) }
  const { detail, requestIds = [] } = outcomeOf(answer)
  return { status: 'unknown', detail: `neither allowed nor refused: ${detail}`, requestIds }
}

/** A refusal of AssumeRole, from which the wide session should have come, is no refusal of the operation. */
export function isRefusal(answer: DrawbridgeError): boolean {
  return answer.code === 'access-denied' && answer.operation?.startsWith('sts:') !== true
}
