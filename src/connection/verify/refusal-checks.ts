/**
 * What the purpose forbids must be refused: with everything that the other side granted, and with our own narrowed session.
 * Forbidden operations are tried only in ways that store and delete nothing.
 */
import { DrawbridgeError, newId } from '../../base/index.ts'
import type { ObjectStore } from '../../storage/index.ts'
import { isS3 } from '../model/setup-model.ts'
import { lookAtPlace } from '../open/look.ts'
import { bodyThatCannotArrive, makeProbe, type Probe } from '../open/probe.ts'
import { writingOutside } from './outside-writing.ts'
import type { Outcome } from './recorder.ts'
import { deniedAction, refusal, refused } from './refusal.ts'
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
  const [writing, ...reading] = await Promise.all([
    writes ? writingBeside(stage, outside, written) : null,
    ...(reads ? [refused(stage, listed, (store) => listOnce(stage, store, outside)), readOutside(stage, outside)] : []),
  ])
  // In this order: what was answered weighs more than what was not tried.
  const outcomes = [...reading, ...(writing === null ? [] : [writing])]
  const worst = outcomes.find(({ status }) => status === 'fail') ?? outcomes.find(({ status }) => status === 'unknown')
  return worst ?? passOf(outcomes)
}

/** Without the customer's consent a write is not tried; what a role gives too much is found all the same, where that can be. */
async function writingBeside(stage: StorageStage, outside: string, otherwise: string): Promise<Outcome> {
  if (stage.mayProbeOutside) return refused(stage, otherwise, (store) => tryWriting(stage, store, outside))
  const found = await writingOutside(stage, outside, otherwise)
  if (found?.status !== 'pass') return found ?? withoutConsent
  const detail = `a part for an upload that does not exist was refused beside the root path; ${withoutConsent.detail}`
  return { ...withoutConsent, detail, requestIds: found.requestIds ?? [] }
}

const withoutConsent: Outcome = {
  status: 'unknown',
  detail: 'writing there is tried only when the customer agreed to it',
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
  let named: string | null = null
  const outcome = await refusal('an object beside the root path could be read', async () => {
    try {
      const { body } = await stage.unnarrowed.get(`${outside}probe`, { signal: stage.signal })
      body.destroy()
    } catch (error) {
      // Whoever is told that nothing is there could have read it.
      if (!(error instanceof DrawbridgeError)) throw error
      if (error.code === 'object-not-found') return
      named = deniedAction(error)
      // The refusal is about listing, which S3 asks only of those who may read.
      if (error.code === 'access-denied' && named === 's3:ListBucket') return
      throw error
    }
  })
  if (outcome.status !== 'pass' || named === 's3:GetObject') return outcome
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
