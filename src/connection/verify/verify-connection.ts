/** One verification: tries a connection link by link, streams what it finds, and ends with a report whatever happens. */
import type { DrawbridgeError } from '../../base/index.ts'
import type {
  Chain,
  Check,
  Connection,
  Diagnosis,
  LinkId,
  Verification,
  VerificationEvent,
} from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import { chainFormOf, chainOf, type LinkFinding, linksOf, linkWithin } from '../diagnose/chain-of.ts'
import { diagnoseGrant } from '../diagnose/diagnose-grant.ts'
import { diagnoseLive, type LiveOptions } from '../diagnose/diagnose-live.ts'
import { diagnoseSas } from '../diagnose/sas-evidence.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { sessionNeed } from '../open/session-need.ts'
import type { ConnectionSecret } from '../repository.ts'
import { tryAll } from './attempt.ts'
import { type CheckId, checkIds, checksFor } from './checks.ts'
import { Patience } from './patience.ts'
import { Recorder } from './recorder.ts'

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
  /** Whether it was ever seen to work as it is now. Absent: unless it is unverified. */
  readonly hasWorked?: boolean | undefined
  /** How the other targets of the same routes fare, for the diagnosis of a red result. */
  readonly otherTargets?: LiveOptions['otherTargets']
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
    hasWorked: options.hasWorked,
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
    const subject = { connection, secret, identity, context, otherTargets: options.otherTargets ?? [] }
    const report = await reportOf(subject, recorder, { startedAt, budgetMs }, found)
    yield { type: 'done', verification: report }
  } finally {
    timer.abort()
    options.signal?.removeEventListener('abort', cancel)
    stop.abort()
  }
}

/** What a report is about. */
interface Subject {
  readonly connection: Connection
  readonly secret: ConnectionSecret
  readonly identity: SessionIdentity
  readonly context: ConnectionContext
  readonly otherTargets: NonNullable<LiveOptions['otherTargets']>
}

async function reportOf(
  subject: Subject,
  recorder: Recorder,
  { startedAt, budgetMs }: { readonly startedAt: Date; readonly budgetMs: number },
  found: readonly Check[],
): Promise<Verification> {
  const { connection, identity, context } = subject
  const leftMs = Math.max(0, startedAt.getTime() + budgetMs - context.clock.now().getTime())
  const red = found.find((check) => check.status === 'fail')
  const status = red !== undefined ? 'fail' : found.some(isOpenQuestion) ? 'unknown' : 'pass'
  const chain = chainOfChecks(connection, identity, found)
  const aliveUntil = red?.id === 'assume-role' ? await sessionAliveUntil(connection, identity, context) : null
  const error = red === undefined ? undefined : recorder.errorOf(red.id as CheckId)
  const diagnosis = red === undefined ? null : await explain(subject, red, chain, error, leftMs)
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

/** Separating probes get this long, and never longer than the budget lasts; then the error alone has to do. */
const probeBudgetMs = 20_000

async function explain(
  { connection, secret, identity, context, otherTargets }: Subject,
  red: Check,
  chain: Chain,
  error: DrawbridgeError | undefined,
  leftMs: number,
): Promise<Diagnosis> {
  if (error === undefined) {
    const ofToken = red.id === 'sas-token' ? diagnoseSas(connection, secret, context, chain) : null
    return ofToken ?? diagnoseGrant(connection, red, chain)
  }
  const withoutProbes = { probes: false, otherTargets } as const
  if (leftMs === 0) return diagnoseLive(connection, secret, identity, context, error, withoutProbes)
  const enough = new AbortController()
  const late = context.clock.sleep(Math.min(probeBudgetMs, leftMs), enough.signal).then(
    () => null,
    () => null,
  )
  try {
    const full = await Promise.race([
      diagnoseLive(connection, secret, identity, context, error, { otherTargets }),
      late,
    ])
    return full ?? (await diagnoseLive(connection, secret, identity, context, error, withoutProbes))
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
  const words: Partial<Record<LinkId, string>> = passedBy
  const findings = new Map<LinkId, LinkFinding>()
  findings.set('person', { status: 'pass', detail: identity.sourceIdentity })
  const done = (id: CheckId): boolean => found.some((check) => check.id === id && check.status === 'pass')
  for (const id of checkIds) {
    const check = found.find((one) => one.id === id)
    if (check === undefined || check.status === 'skipped' || check.consent !== undefined) continue
    // What answers from outside makes no link green: nobody has passed it yet.
    if (fromOutside.has(id) && check.status === 'pass') continue
    const link = linkWithin(form, check.link)
    const before = findings.get(link)
    const isWorse = before === undefined || rank(check.status) > rank(before.status)
    if (isWorse) findings.set(link, { status: check.status, detail: check.detail })
  }
  // A write or a read that was answered passed every policy on its way.
  if (done('put-object') || done('read-object')) {
    for (const link of linksOf(form)) {
      if (!findings.has(link)) findings.set(link, { status: 'pass', detail: words[link] ?? 'passed' })
    }
    const isRefusedElse = found.some(({ id, status }) => refusals.has(id) && status === 'pass')
    summarize(
      findings,
      'permissions',
      isRefusedElse ? 'the job is allowed, and the rest refused' : passedBy.permissions,
    )
    summarize(findings, 'object', done('put-object') ? 'was written' : passedBy.object)
  }
  return chainOf(form, findings)
}

/** Several checks made the link green: it says what they come to, and not what one of them found. */
function summarize(findings: Map<LinkId, LinkFinding>, link: LinkId, detail: string): void {
  if (findings.get(link)?.status === 'pass') findings.set(link, { status: 'pass', detail })
}

const refusals: ReadonlySet<string> = new Set(
  checkIds.filter((id) => id.endsWith('-refused') && id !== 'public-refused'),
)

const fromOutside: ReadonlySet<CheckId> = new Set(['dns', 'tls', 'endpoint', 'clock', 'public-refused'])

const passedBy = {
  permissions: 'the other side allows what the job does',
  'bucket-policy': 'no statement refuses it',
  'kms-key': 'the key can be used',
  container: 'answers',
  object: 'was read',
} as const satisfies Partial<Record<LinkId, string>>

function rank(status: Check['status']): number {
  return { skipped: 0, pass: 1, unknown: 2, fail: 3 }[status]
}
