/** The order of the checks at the storage: those that do not need each other run side by side. */
import { makeProbe } from '../open/probe.ts'
import { type CheckId, checkIds } from './checks.ts'
import { checkDeleteRefused } from './delete-refusal.ts'
import { placeFacts } from './place-facts.ts'
import { checkReading } from './read-checks.ts'
import type { Outcome } from './recorder.ts'
import { type Control, checkPublicRefused, checkReadRefused, checkRefusals } from './refusal-checks.ts'
import { run, type StorageStage } from './stage.ts'
import { deleteProbe, putAgain, putProbe, tryMultipart, type Written } from './write-checks.ts'

const notAccepted: Outcome = { status: 'skipped', detail: 'the job itself is not accepted, so this says nothing' }

/** Runs the storage checks of the connection's purpose. */
export async function checkStorage(stage: StorageStage): Promise<void> {
  const { connection, recorder } = stage
  await (connection.purpose === 'source' ? checkSource(stage) : checkWriting(stage))
  placeFacts(stage)
  // The checks on the way in run beside these and answer for themselves.
  const rest = checkIds.filter(isAtStorage)
  recorder.settleRest({ status: 'skipped', detail: 'the job itself is not accepted, so this was not tried' }, rest)
}

async function checkSource(stage: StorageStage): Promise<void> {
  const reading = checkReading(stage, null)
  await Promise.all([reading, checkPublicRefused(stage, null), checkRefusals(stage, controlledBy(reading))])
}

/** What needs no probe begins with the first write; the rest waits for it. */
async function checkWriting(stage: StorageStage): Promise<void> {
  const probe = makeProbe(stage.connection, stage.context)
  const written: Written = { versionId: null }
  const writing = run(stage, 'put-object', () => putProbe(stage, probe, written))
  const control = controlledBy(writing)
  const onProbe = async (): Promise<void> => {
    if (!(await writing)) return
    await Promise.all([
      run(stage, 'conditional-write', () => putAgain(stage, probe)),
      checkReading(stage, probe, written),
      checkPublicRefused(stage, probe),
      checkReadRefused(stage, probe),
    ])
    // Last: a store that ignores the condition takes the probe away.
    await checkDeleteRefused(stage, probe)
    await run(stage, 'delete-probe', () => deleteProbe(stage, probe, written))
  }
  await Promise.all([
    onProbe(),
    run(stage, 'multipart', () => control(() => tryMultipart(stage))),
    checkRefusals(stage, control),
  ])
}

/**
 * Answers run side by side, and count in order: a refusal says something only where the job itself is accepted, because
 * otherwise whatever refuses the job may be what refuses.
 */
function controlledBy(accepted: Promise<boolean>): Control {
  return async (work) => {
    const [outcome, isAccepted] = await Promise.allSettled([work(), accepted])
    if (isAccepted.status === 'fulfilled' && !isAccepted.value) return notAccepted
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }
}

const entryChecks: ReadonlySet<CheckId> = new Set([
  'base-identity',
  'assume-role',
  'external-id-required',
  'external-id-matched',
  'token-audience-compared',
  'token-subject-compared',
  'session-identity',
  'access-key',
  'sas-token',
  'dns',
  'tls',
  'endpoint',
  'clock',
])

/** Tells the checks that are made at the storage from those on the way to it. */
export function isAtStorage(id: CheckId): boolean {
  return !entryChecks.has(id)
}
