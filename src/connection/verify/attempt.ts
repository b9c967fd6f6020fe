/**
 * One attempt at everything, in the order that the authentication demands: the place from outside, the way in, the storage. What
 * does not need each other runs side by side.
 */
import { Secret } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import { callerIdentity, checkSasToken, parseSasToken } from '../../credentials/index.ts'
import { type ObjectStore, withRetry } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { storeOf } from '../open/open-connection.ts'
import { roleOf } from '../open/session-need.ts'
import type { ConnectionSecret } from '../repository.ts'
import { checkIds } from './checks.ts'
import { checkEndpoint, type Outside } from './endpoint-checks.ts'
import type { Patience } from './patience.ts'
import type { Outcome, Recorder } from './recorder.ts'
import { checkExternalId, checkSession, enterRole } from './role-checks.ts'
import { waited } from './stage.ts'
import { checkStorage, isAtStorage } from './storage-checks.ts'
import { checkToken } from './token-checks.ts'

/** What an attempt works with. */
export interface Attempt {
  readonly connection: Connection
  readonly secret: ConnectionSecret
  readonly identity: SessionIdentity
  readonly context: ConnectionContext
  readonly recorder: Recorder
  readonly mayProbeOutside: boolean
  readonly patience: Patience
  readonly signal: AbortSignal
}

/** With what the place looks like from outside, which is asked at the same time. */
interface EntryAttempt extends Attempt {
  readonly outside: Promise<Outside>
}

/** Tries everything; what it finds goes to the recorder. */
export async function tryAll(attempt: Attempt): Promise<void> {
  const { connection, context, recorder, signal } = attempt
  // Side by side with the way in: what can not be reached is not asked, and waits for nothing.
  const outside = checkEndpoint(connection, context, recorder, signal)
  await Promise.all([outside, tryEntry({ ...attempt, outside })])
}

async function tryEntry(attempt: EntryAttempt): Promise<void> {
  switch (attempt.connection.authentication.kind) {
    case 'role':
      return tryRole(attempt)
    case 'access-key':
      return tryAccessKey(attempt)
    case 'sas':
      return trySasToken(attempt)
    case 'none':
      return tryStore(attempt, storeOf(attempt.connection, attempt.secret, attempt.context, null), null)
  }
}

async function tryRole(attempt: EntryAttempt): Promise<void> {
  const { connection, secret, identity, context, recorder, patience, signal } = attempt
  const entry = await enterRole(connection, identity, context, recorder, patience, signal)
  if (entry === null) {
    const detail = 'the right External ID is not accepted, so the refusal of another says nothing'
    recorder.settle('external-id-required', { status: 'unknown', detail })
    recorder.settle('external-id-matched', { status: 'unknown', detail })
    const ofToken = {
      status: 'unknown',
      detail: 'our own ID token is not accepted, so the refusal of another says nothing',
    } as const
    recorder.settle('token-audience-compared', ofToken)
    recorder.settle('token-subject-compared', ofToken)
    await attempt.outside
    recorder.settleRest({ status: 'skipped', detail: 'there is no session' })
    return
  }
  const { credentials } = entry.session
  const { webIdentity } = roleOf(connection)
  // The widest session that the role gives: what it may not do, none of ours can.
  let wide: Promise<typeof credentials> | null = null
  const widest = (): Promise<typeof credentials> => {
    wide ??= entry.assume({ sessionPolicy: null }).then((session) => session.credentials)
    return wide
  }
  await Promise.all([
    recorder.isOpen('external-id-required') ? checkExternalId(entry, context, recorder) : null,
    webIdentity === undefined ? null : checkToken(entry, connection, context, recorder),
    recorder.run('session-identity', () => checkSession(connection, identity, entry.session, context, signal)),
    tryStore(
      attempt,
      storeOf(connection, secret, context, async () => credentials),
      storeOf(connection, secret, context, widest),
    ),
  ])
}

async function tryAccessKey(attempt: EntryAttempt): Promise<void> {
  const { connection, secret, context, recorder, patience, signal } = attempt
  const { authentication, location } = connection
  if (authentication.kind !== 'access-key' || secret.kind !== 'access-key' || location.service !== 's3') {
    throw new TypeError('an access key belongs to a bucket and to its own secret')
  }
  await recorder.run('access-key', async () => {
    const { value: caller, waitedMs } = await patience.attempt('access-key', () =>
      callerIdentity(
        { accessKeyId: authentication.accessKeyId, secretAccessKey: new Secret(secret.secretAccessKey) },
        { region: location.region, endpoint: context.stsEndpoint, signal },
      ),
    )
    const detail = `the key belongs to ${caller.callerArn}`
    const requestIds = caller.requestId === undefined ? [] : [caller.requestId]
    return waited({ status: 'pass', detail, requestIds }, waitedMs)
  })
  // Stores that speak S3 and no STS leave the check unknown or red; the storage itself is tried all the same.
  await tryStore(attempt, storeOf(connection, secret, context, null), null)
}

async function trySasToken(attempt: EntryAttempt): Promise<void> {
  const { connection, secret, context, recorder } = attempt
  const { location, purpose } = connection
  if (location.service !== 'azblob' || secret.kind !== 'sas') throw new TypeError('a SAS token belongs to a container')
  const isUsable = await recorder.run('sas-token', async (): Promise<Outcome> => {
    const parsed = parseSasToken(secret.token)
    if (!parsed.ok) return { status: 'fail', detail: parsed.error.message }
    const needs = purpose === 'source' ? 'read' : purpose === 'export' ? 'write' : 'read-write'
    const { containerUrl, rootPath } = location
    const findings = checkSasToken(parsed.value, { now: context.clock.now(), containerUrl, needs, rootPath })
    const refused = findings.find((finding) => finding.severity === 'refused')
    if (refused !== undefined) return { status: 'fail', detail: refused.message }
    const until = parsed.value.expiresAt?.toISOString() ?? 'the end of its stored access policy'
    const warnings = findings.map((finding) => finding.message)
    return {
      status: 'pass',
      detail: [`letters ${parsed.value.permissions || 'of the policy'}, until ${until}`, ...warnings].join('; '),
    }
  })
  if (!isUsable) {
    await attempt.outside
    recorder.settleRest({ status: 'skipped', detail: 'the token can not be used' })
    return
  }
  await tryStore(attempt, storeOf(connection, secret, context, null), null)
}

/** Runs the storage checks and closes what was opened. `wide` is null where there is only one set of rights. */
async function tryStore(attempt: EntryAttempt, narrow: ObjectStore, wide: ObjectStore | null): Promise<void> {
  const store = withRetry(narrow, { ...attempt.context, maximumAttempts: 3, budgetMs: 20_000 })
  const narrowed = wide === null ? null : narrow
  try {
    const outside = await attempt.outside
    if (!outside.isReached) return settleUnreached(attempt.recorder, outside)
    await checkStorage({ ...attempt, outside, store, unnarrowed: wide ?? narrow, narrowed })
  } finally {
    store.close()
    wide?.close()
  }
}

/** Whether the rest can be told is decided by what the look ended in: nobody there, or nobody knows. */
function settleUnreached(recorder: Recorder, { look }: Outside): void {
  const isKnown = recorder.found().some(({ id, status }) => endpointChecks.has(id) && status === 'fail')
  const detail = `\`${look?.host ?? 'the place'}\` was not reached, so this was not tried`
  recorder.settleRest({ status: isKnown ? 'skipped' : 'unknown', detail }, checkIds.filter(isAtStorage))
}

const endpointChecks: ReadonlySet<string> = new Set(['dns', 'tls', 'endpoint'])
