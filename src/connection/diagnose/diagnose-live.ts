/**
 * The vendor's view of a failing connection: the error, and separating probes within our own rights. Each probe changes one
 * thing about the refused request; what lets it through points at the condition that refuses. Never says `proved`.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type { Cause, Chain, Connection, Diagnosis, LinkId } from '../../contract/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import type { ConnectionSecret } from '../repository.ts'
import { assumeAgain, separateAssumeRole } from './assume-probes.ts'
import { chainFormOf, chainOf, type LinkFinding, linksOf } from './chain-of.ts'
import { circumstancesOf, linkOfRefusal, matchError } from './error-link.ts'
import { rankedFor } from './likelihood.ts'
import { type OtherTarget, otherTargetsSay } from './other-targets.ts'
import { ownIdentityCauses } from './own-identity.ts'
import { causeOf, type Match } from './rank.ts'
import { type SasEvidence, sasEvidence } from './sas-evidence.ts'
import { nothingSeparated, type Separated } from './separated.ts'
import { separateStorage, tryJob } from './storage-probes.ts'
import { symptoms } from './symptoms/index.ts'

/** How a live diagnosis runs. */
export interface LiveOptions {
  /** False: no separating probes are sent. */
  readonly probes?: boolean
  /** How the other targets of the same route fare. */
  readonly otherTargets?: readonly OtherTarget[]
}

/**
 * Explains a refusal of a connection. Without an error the connection is tried first: AssumeRole, then the first operation
 * of its job. Separating writes leave small probe objects under `.drawbridge/`, as verification does.
 */
export async function diagnoseLive(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
  error?: DrawbridgeError,
  options: LiveOptions = {},
): Promise<Diagnosis> {
  const refusal = error ?? (await findRefusal(connection, secret, identity, context))
  if (refusal === null) return nothingRefused(connection, identity)
  const { matches } = matchError(refusal, circumstancesOf(connection, refusal))
  const isAssume = refusal.operation?.startsWith('sts:') === true
  const isPlain = options.probes !== false && refusal.code === 'access-denied' && isOpen(matches[0])
  const separated = isPlain ? await separate(connection, secret, identity, context, isAssume) : nothingSeparated
  const token = sasEvidence(connection, secret, context)
  const causes = rankCauses(connection, matches, withToken(separated, token), refusal)
  return {
    view: 'vendor',
    operation: refusal.operation ?? 'unknown',
    summary: summaryOf(refusal, causes, separated),
    chain: chainAt(connection, identity, causes[0]?.link ?? linkOfRefusal(connection, refusal), refusal, isAssume),
    causes,
    ruledOut: [
      ...ruledOutBy(refusal, isAssume, connection),
      ...(token?.ruledOut ?? []),
      ...separated.ruledOut,
      ...otherTargetsSay(connection.location.service === 'azblob' ? 'azblob' : 's3', options.otherTargets ?? []),
    ],
    notSeen: [
      token === null ? 'the policies of the customer' : 'the settings of the storage account',
      ...separated.remarks,
    ],
    nextStep: nextStepOf(causes, refusal),
  }
}

/** Refusals behind which a condition can stand that the text does not show, and a probe does. */
const conditional: ReadonlySet<string> = new Set(['missing-permission', 'bucket-policy-deny', 'permissions-deny'])

function isOpen(first: Match | undefined): boolean {
  return first === undefined || first.confidence !== 'likely' || conditional.has(first.symptom.id)
}

function withToken(separated: Separated, token: SasEvidence | null): Separated {
  if (token === null) return separated
  return {
    ...separated,
    causes: [...token.causes, ...separated.causes],
    excluded: [...separated.excluded, ...token.excluded],
  }
}

async function separate(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
  isAssume: boolean,
): Promise<Separated> {
  try {
    if (!isAssume) return await separateStorage(connection, secret, identity, context)
    return connection.authentication.kind === 'role'
      ? await separateAssumeRole(connection, identity, context)
      : nothingSeparated
  } catch (error) {
    if (!(error instanceof DrawbridgeError)) throw error
    return nothingSeparated
  }
}

/** Tries the connection and returns what refused; null when nothing does. */
async function findRefusal(
  connection: Connection,
  secret: ConnectionSecret,
  identity: SessionIdentity,
  context: ConnectionContext,
): Promise<DrawbridgeError | null> {
  try {
    const session = connection.authentication.kind === 'role' ? await assumeAgain(connection, identity, context) : null
    await tryJob(connection, secret, context, session)
    return null
  } catch (error) {
    if (error instanceof DrawbridgeError) return error
    throw error
  }
}

function nothingRefused(connection: Connection, identity: SessionIdentity): Diagnosis {
  const form = chainFormOf(connection)
  const green = linksOf(form).map((id): [LinkId, LinkFinding] => [
    id,
    { status: 'pass', detail: id === 'person' ? identity.sourceIdentity : 'tried just now' },
  ])
  return {
    view: 'vendor',
    operation: connection.purpose === 'source' ? 'list' : 'write',
    summary: 'nothing is refused at the moment: the connection was tried and it works',
    chain: chainOf(form, new Map(green)),
    causes: [],
    ruledOut: [],
    notSeen: [],
    nextStep: 'give the error text as well, if there was one; it tells what was refused then',
  }
}

/** What probes point at comes first; classes that they exclude go; what the text alone suggests follows. */
function rankCauses(
  connection: Connection,
  matches: readonly Match[],
  separated: Separated,
  refusal: DrawbridgeError,
): Cause[] {
  const found = new Set(separated.causes.map((cause) => cause.id))
  const links = linksOf(chainFormOf(connection))
  const excluded = new Set(separated.excluded)
  const rest = rankedFor(connection, matches)
    .filter((match) => !excluded.has(match.symptom.id) && !found.has(match.symptom.id))
    .map((match) => {
      const { link } = match.symptom
      const within = links.includes(link) || link === 'kms-key' ? link : linkOfRefusal(connection, refusal)
      return withOwnChange(connection, causeOf(match, within))
    })
  return [...ownIdentityCauses(refusal), ...separated.causes, ...rest].slice(0, 8)
}

/** Where our own side can be changed, the repair says with which input of `connection.change`. */
function withOwnChange(connection: Connection, cause: Cause): Cause {
  const isAcl = cause.id === 'missing-acl-permission' || cause.id === 'acl-not-supported'
  if (!isAcl) return cause
  const change = { setting: 'acl', from: connection.writing.acl, to: 'none' } as const
  return { ...cause, repairs: cause.repairs.map((repair) => (repair.side === 'ours' ? { ...repair, change } : repair)) }
}

function summaryOf(refusal: DrawbridgeError, causes: readonly Cause[], separated: Separated): string {
  if (separated.worksNow) return 'the refused request was accepted when it was tried again: what refused it has passed'
  const first = causes[0]
  if (first === undefined) return refusal.message
  if (first.confidence === 'likely') return first.summary
  return `\`${refusal.operation ?? 'the request'}\` is refused; ${causes.length} causes fit, and only the customer’s policies tell them apart`
}

function chainAt(
  connection: Connection,
  identity: SessionIdentity,
  red: LinkId,
  refusal: DrawbridgeError,
  isAssume: boolean,
): Chain {
  const findings = new Map<LinkId, LinkFinding>()
  findings.set('person', { status: 'pass', detail: identity.sourceIdentity })
  if (connection.authentication.kind === 'role' && refusal.code !== 'no-base-identity') {
    findings.set('base-identity', { status: 'pass', detail: 'STS knows us' })
    if (!isAssume) {
      findings.set('assume-role', { status: 'pass', detail: connection.authentication.roleArn })
      findings.set('session', { status: 'pass', detail: `named ${identity.sessionName}` })
    }
  }
  const provider = refusal.context['providerMessage']
  findings.set(red, {
    status: 'fail',
    detail: typeof provider === 'string' && provider !== '' ? provider : refusal.message,
  })
  return chainOf(chainFormOf(connection), findings)
}

function ruledOutBy(refusal: DrawbridgeError, isAssume: boolean, connection: Connection): string[] {
  if (isAssume || connection.authentication.kind !== 'role' || refusal.operation === undefined) return []
  return ['AssumeRole had succeeded for this request, so trust policy and External ID did not refuse it']
}

/** Our own change where one helps; else what the first cause's class names; with the id by which the other side finds the call. */
function nextStepOf(causes: readonly Cause[], refusal: DrawbridgeError): string {
  const own = causes[0]?.repairs.find((repair) => repair.side === 'ours' && repair.change !== undefined)
  if (own !== undefined) return `${own.summary}, then verify again`
  const named = symptoms.find((symptom) => symptom.id === causes[0]?.id)?.nextStep
  const step =
    named ??
    'ask the administrator of the account to run `drawbridge diagnose` with read access, or to send the policies'
  const id = refusal.context['requestId']
  const isOpen = causes[0]?.confidence !== 'likely'
  return isOpen && typeof id === 'string' && id !== '' ? `${step}; the refused call has the request id \`${id}\`` : step
}
