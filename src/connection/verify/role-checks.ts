/** The checks on the way in: who we are, AssumeRole, whether the External ID is enforced, and whose session came back. */
import { DrawbridgeError } from '../../base/index.ts'
import type { Connection } from '../../contract/index.ts'
import { type AssumeRoleRequest, callerIdentity, type RoleSession } from '../../credentials/index.ts'
import type { ConnectionContext } from '../context.ts'
import { linkOfEntry } from '../diagnose/error-link.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { newExternalId } from '../model/external-id.ts'
import { parseRoleArn } from '../model/role-arn.ts'
import { assumeNow, baseOf, roleOf, sessionNeed, tokensOf } from '../open/session-need.ts'
import type { Patience } from './patience.ts'
import { type Outcome, outcomeOf, type Recorder, requestIdsOf } from './recorder.ts'
import { waited } from './stage.ts'

/** What the way in found: a fresh session, and how to get another. */
export interface Entry {
  readonly session: RoleSession
  /** AssumeRole again, changed: without the session policy, for instance. Never kept. */
  assume(change: Partial<AssumeRoleRequest>): Promise<RoleSession>
}

/** Runs the checks up to the session. Null when the way in is closed; the reason stands in the recorder. */
export async function enterRole(
  connection: Connection,
  identity: SessionIdentity,
  context: ConnectionContext,
  recorder: Recorder,
  patience: Patience,
  signal: AbortSignal,
): Promise<Entry | null> {
  let request: AssumeRoleRequest | null = null
  await recorder.run('base-identity', async () => {
    const who = await ourselves(connection, context)
    request = (await sessionNeed(connection, identity, context)).request
    return { status: 'pass', detail: `we are ${who}` }
  })
  // The compiler does not see assignments in the callback above.
  const wanted = request as AssumeRoleRequest | null
  if (wanted === null) return null
  const assume = (change: Partial<AssumeRoleRequest>): Promise<RoleSession> =>
    assumeNow({ ...wanted, ...change }, context, signal)
  let session: RoleSession | null = null
  await recorder.run('assume-role', async () => {
    try {
      const { value: fresh, waitedMs } = await patience.attempt('assume-role', () => assume({}))
      session = fresh
      const outcome: Outcome = {
        status: 'pass',
        detail: `${wanted.roleArn} gave a session until ${fresh.expiresAt.toISOString()}${packed(fresh)}`,
        requestIds: fresh.requestId === undefined ? [] : [fresh.requestId],
      }
      return waited(outcome, waitedMs)
    } catch (error) {
      if (!(error instanceof DrawbridgeError)) throw error
      recorder.blame('assume-role', error)
      return { ...outcomeOf(error), link: linkOfEntry(connection, error) }
    }
  })
  const won = session as RoleSession | null
  return won === null ? null : { session: won, assume }
}

/** Who we are, once there is something that proves it: credentials, or an ID token. @throws no-base-identity */
async function ourselves(connection: Connection, context: ConnectionContext): Promise<string> {
  const { webIdentity } = roleOf(connection)
  if (webIdentity === undefined) {
    const base = baseOf(context)
    await base.credentials()
    return (await base.whoAmI()).callerArn
  }
  const { issuer, audience, subject } = webIdentity
  await tokensOf(context).token({
    issuer,
    audience,
    subject,
    connection: connection.name,
    tags: {},
    sourceIdentity: null,
  })
  return `\`${subject}\` of ${issuer}, with an ID token for \`${audience}\``
}

function packed(session: RoleSession): string {
  const size = session.packedPolicySize
  return size === undefined || size <= 60 ? '' : `; tags and session policy fill ${size} percent of what STS can pack`
}

/**
 * Tries AssumeRole without an External ID and with a wrong one. A refusal counts only when the right one is accepted just
 * before (the `assume-role` check) and just after; a session that was won is dropped unused.
 */
export async function checkExternalId(entry: Entry, context: ConnectionContext, recorder: Recorder): Promise<void> {
  const [absent, wrong] = await Promise.all([
    negative(() => entry.assume({ externalId: null })),
    negative(() => entry.assume({ externalId: newExternalId(context.random) })),
  ])
  let confirmed = false
  if (absent.kind === 'refused' || wrong.kind === 'refused') {
    confirmed = (await negative(() => entry.assume({}))).kind === 'accepted'
  }
  recorder.settle('external-id-required', judge(absent, 'without an External ID', confirmed))
  recorder.settle('external-id-matched', judge(wrong, 'with another External ID', confirmed))
}

/** `InvalidIdentityToken` is how a provider's list of audiences refuses, where AssumeRole has nothing like it. */
const refusals: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'InvalidIdentityToken',
  'InvalidIdentityTokenException',
])

/** What became of an attempt that should be refused. */
export type Negative =
  | { readonly kind: 'accepted'; readonly requestIds: readonly string[] }
  | { readonly kind: 'refused'; readonly requestIds: readonly string[] }
  | { readonly kind: 'unclear'; readonly outcome: Outcome }

/** Tries what should be refused. INVARIANT: the session that a negative test wins is never used, kept or returned. */
export async function negative(attempt: () => Promise<RoleSession>): Promise<Negative> {
  try {
    const { requestId } = await attempt()
    return { kind: 'accepted', requestIds: requestId === undefined ? [] : [requestId] }
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    // Only the refusal itself counts: a timeout, throttling or an unknown key would look like safety and be none.
    const code = error.context['providerCode']
    const isRefusal = error.code === 'access-denied' && refusals.has(String(code))
    return isRefusal
      ? { kind: 'refused', requestIds: requestIdsOf(error) }
      : { kind: 'unclear', outcome: outcomeOf(error) }
  }
}

/** What an attempt that should be refused says about the role. */
export function judge(tried: Negative, how: string, confirmed: boolean): Outcome {
  if (tried.kind === 'unclear') {
    return { status: 'unknown', detail: `the attempt ${how} ended without an answer: ${tried.outcome.detail}` }
  }
  const { requestIds } = tried
  if (tried.kind === 'accepted') {
    return {
      status: 'fail',
      detail: `the role can be assumed ${how}: anybody who can make us call it could use it; the session was dropped`,
      requestIds,
    }
  }
  return confirmed
    ? { status: 'pass', detail: `refused ${how}, accepted with the right one before and after`, requestIds }
    : { status: 'unknown', detail: `refused ${how}, but then also with the right one`, requestIds }
}

/** Asks STS whose session it is, and compares. */
export async function checkSession(
  connection: Connection,
  identity: SessionIdentity,
  session: RoleSession,
  context: ConnectionContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const role = roleOf(connection)
  const wanted = parseRoleArn(role.roleArn)
  const caller = await callerIdentity(session.credentials, {
    region: role.stsRegion,
    endpoint: context.stsEndpoint,
    signal,
  })
  const requestIds = caller.requestId === undefined ? [] : [caller.requestId]
  const name = wanted.path.split('/').at(-1)
  const expected = `arn:${wanted.partition}:sts::${wanted.account}:assumed-role/${name}/${identity.sessionName}`
  if (caller.callerArn !== expected || caller.account !== wanted.account) {
    return { status: 'fail', detail: `the session is ${caller.callerArn}, and ${expected} was expected`, requestIds }
  }
  const seconds = Math.round((session.expiresAt.getTime() - session.issuedAt.getTime()) / 1000)
  // Clocks of both sides may differ by minutes; a session far longer than asked for is another matter.
  if (seconds > role.durationSeconds + 900) {
    return {
      status: 'fail',
      detail: `the session lasts ${seconds} seconds, and ${role.durationSeconds} were asked for`,
      requestIds,
    }
  }
  return { status: 'pass', detail: `${caller.callerArn}, for ${seconds} seconds`, requestIds }
}
