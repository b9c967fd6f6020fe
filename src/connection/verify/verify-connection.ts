/** One verification: tries a connection link by link, streams what it finds, and ends with a report whatever happens. */
import type { DrawbridgeError } from '../../base/index.ts'
import { Secret } from '../../base/index.ts'
import type {
  Chain,
  Check,
  Connection,
  Diagnosis,
  LinkId,
  Verification,
  VerificationEvent,
} from '../../contract/index.ts'
import { callerIdentity, checkSasToken, parseSasToken } from '../../credentials/index.ts'
import { type ObjectStore, withRetry } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { chainFormOf, chainOf, type LinkFinding, linksOf, linkWithin } from '../diagnose/chain-of.ts'
import { diagnoseGrant } from '../diagnose/diagnose-grant.ts'
import { diagnoseLive } from '../diagnose/diagnose-live.ts'
import { diagnoseToken } from '../diagnose/token-evidence.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { storeOf } from '../open/open-connection.ts'
import { roleOf, sessionNeed } from '../open/session-need.ts'
import type { ConnectionSecret } from '../repository.ts'
import { type CheckId, checkIds, checksFor } from './checks.ts'
import { Patience } from './patience.ts'
import { type Outcome, Recorder } from './recorder.ts'
import { checkExternalId, checkSession, enterRole } from './role-checks.ts'
import { waited } from './stage.ts'
import { checkStorage } from './storage-checks.ts'
import { checkToken } from './token-checks.ts'

/** How a verification runs. */
export interface VerifyOptions {
  /** After this time what is not answered is `unknown`. Absent: 60 000. */
  readonly budgetMs?: number | undefined
  /** True: the customer agrees, for this time, that a write beside the root path is tried. Absent: as the connection says. */
  readonly outsideRoot?: boolean | undefined
  /**
   * How long a connection that never worked as it is waits for its permissions to arrive, before a refusal is called wrong;
   * at most half of the budget. Absent: not at all.
   */
  readonly patienceMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Verifies a connection with the operations of its job, and nothing that its purpose does not allow. Checks come as they
 * end; the last event carries the report with the chain and, when it is red, a diagnosis in the vendor's view.
 *
 * Writes one probe object under `.drawbridge/` of the root path; `enrichment` removes it, `export` may not.
 */
export async function* verifyConnection(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
  options: VerifyOptions = {},
): AsyncGenerator<VerificationEvent, void, void> {
  const { clock } = context
  const startedAt = clock.now()
  const budgetMs = options.budgetMs ?? 60_000
  const stop = new AbortController()
  const cancel = (): void => stop.abort()
  options.signal?.addEventListener('abort', cancel, { once: true })
  const recorder = new Recorder(context, connection, checksFor(connection))
  const end = (detail: string): void => {
    recorder.settleRest({ status: 'unknown', detail })
    recorder.close()
  }
  const timer = new AbortController()
  clock.sleep(budgetMs, timer.signal).then(
    () => {
      end(`not answered within ${Math.round(budgetMs / 1000)} seconds`)
      stop.abort()
    },
    () => undefined,
  )
  stop.signal.addEventListener('abort', () => end('the verification was cancelled'), { once: true })
  if (options.signal?.aborted === true) stop.abort()
  const mayProbeOutside = options.outsideRoot ?? connection.writing.probeOutsideRoot ?? false
  const patience = new Patience({
    context,
    connection,
    patienceMs: Math.min(options.patienceMs ?? 0, budgetMs / 2),
    signal: stop.signal,
    tell: (wait) => recorder.tellWait(wait),
  })
  const failure: { error: unknown } = { error: null }
  // Not waited for at the end: what hangs would hang the report too, and late answers are dropped.
  tryAll({ connection, secret, identity, context, recorder, mayProbeOutside, patience, signal: stop.signal }).then(
    () => end('was not reached'),
    (error: unknown) => {
      failure.error = error
      end('broken off by a fault of Drawbridge itself')
    },
  )
  try {
    yield* recorder.stream()
    if (failure.error !== null) throw failure.error
    const found = recorder.found()
    const report = await reportOf(connection, secret, identity, context, recorder, startedAt, found)
    yield { type: 'done', verification: report }
  } finally {
    timer.abort()
    options.signal?.removeEventListener('abort', cancel)
    stop.abort()
  }
}

interface Attempt {
  readonly connection: Connection
  readonly secret: ConnectionSecret
  readonly identity: SessionIdentity
  readonly context: ConnectionContext
  readonly recorder: Recorder
  readonly mayProbeOutside: boolean
  readonly patience: Patience
  readonly signal: AbortSignal
}

async function tryAll(attempt: Attempt): Promise<void> {
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

async function tryRole(attempt: Attempt): Promise<void> {
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

async function tryAccessKey(attempt: Attempt): Promise<void> {
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

async function trySasToken(attempt: Attempt): Promise<void> {
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
    recorder.settleRest({ status: 'skipped', detail: 'the token can not be used' })
    return
  }
  await tryStore(attempt, storeOf(connection, secret, context, null), null)
}

/** Runs the storage checks and closes what was opened. `wide` is null where there is only one set of rights. */
async function tryStore(attempt: Attempt, narrow: ObjectStore, wide: ObjectStore | null): Promise<void> {
  const store = withRetry(narrow, { ...attempt.context, maximumAttempts: 3, budgetMs: 20_000 })
  const narrowed = wide === null ? null : narrow
  try {
    await checkStorage({ ...attempt, store, unnarrowed: wide ?? narrow, narrowed })
  } finally {
    store.close()
    wide?.close()
  }
}

async function reportOf(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
  recorder: Recorder,
  startedAt: Date,
  found: readonly Check[],
): Promise<Verification> {
  const red = found.find((check) => check.status === 'fail')
  const status = red !== undefined ? 'fail' : found.some(isOpenQuestion) ? 'unknown' : 'pass'
  const chain = chainOfChecks(connection, identity, found)
  const aliveUntil = red?.id === 'assume-role' ? await sessionAliveUntil(connection, identity, context) : null
  const error = red === undefined ? undefined : recorder.errorOf(red.id as CheckId)
  const diagnosis = red === undefined ? null : await explain(connection, secret, identity, context, red, chain, error)
  return {
    connection: connection.name,
    startedAt: startedAt.toISOString(),
    finishedAt: context.clock.now().toISOString(),
    status,
    checks: [...found],
    chain,
    ...(aliveUntil === null ? {} : { sessionValidUntil: aliveUntil.toISOString() }),
    ...(diagnosis === null ? {} : { diagnosis }),
  }
}

/** What was left untried for want of consent is the customer's to decide, and no doubt about the connection. */
function isOpenQuestion(check: Check): boolean {
  return check.status === 'unknown' && check.consent === undefined
}

/** Separating probes get this long; then the error alone has to do. */
const probeBudgetMs = 20_000

async function explain(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
  red: Check,
  chain: Chain,
  error: DrawbridgeError | undefined,
): Promise<Diagnosis> {
  if (error === undefined) {
    const ofToken = red.id === 'sas-token' ? diagnoseToken(connection, secret, context, chain) : null
    return ofToken ?? diagnoseGrant(connection, red, chain)
  }
  const enough = new AbortController()
  const late = context.clock.sleep(probeBudgetMs, enough.signal).then(
    () => null,
    () => null,
  )
  try {
    const full = await Promise.race([diagnoseLive(connection, secret, identity, context, error), late])
    return full ?? (await diagnoseLive(connection, secret, identity, context, error, { probes: false }))
  } finally {
    enough.abort()
  }
}

/** Until when a session works that was issued before the way in was closed. */
async function sessionAliveUntil(
  connection: Connection,
  identity: SessionIdentity,
  context: ConnectionContext,
): Promise<Date | null> {
  if (connection.authentication.kind !== 'role') return null
  const session = context.sessions.peek(await sessionNeed(connection, identity, context))
  return session?.expiresAt ?? null
}

/** The chain as the checks found it: red where one failed, green where all that ran passed. */
export function chainOfChecks(connection: Connection, identity: SessionIdentity, found: readonly Check[]): Chain {
  const form = chainFormOf(connection)
  const findings = new Map<LinkId, LinkFinding>()
  findings.set('person', { status: 'pass', detail: identity.sourceIdentity })
  const done = (id: CheckId): boolean => found.some((check) => check.id === id && check.status === 'pass')
  for (const id of checkIds) {
    const check = found.find((one) => one.id === id)
    if (check === undefined || check.status === 'skipped' || check.consent !== undefined) continue
    const link = linkWithin(form, check.link)
    const before = findings.get(link)
    const isWorse = before === undefined || rank(check.status) > rank(before.status)
    if (isWorse) findings.set(link, { status: check.status, detail: check.detail })
  }
  // A write or a read that was answered passed every policy on its way.
  if (done('put-object') || done('read-object')) {
    for (const link of linksOf(form)) {
      if (!findings.has(link)) findings.set(link, { status: 'pass', detail: passedBy[link] ?? 'passed' })
    }
  }
  return chainOf(form, findings)
}

const passedBy: Partial<Record<LinkId, string>> = {
  permissions: 'the other side allows what the job does',
  'bucket-policy': 'no statement refuses it',
  'kms-key': 'the key can be used',
  container: 'answers',
  object: 'was read',
}

function rank(status: Check['status']): number {
  return { skipped: 0, pass: 1, unknown: 2, fail: 3 }[status]
}
