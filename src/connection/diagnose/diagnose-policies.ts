/**
 * The administrator's view: the policies themselves are at hand, so every decision of the job is evaluated, the first
 * refusing link named with its statement, and the smallest repair tried on the evaluator before it is shown.
 */
import type { Cause, Connection, Diagnosis, LinkId, Repair } from '../../contract/index.ts'
import {
  type ApiCall,
  type ChainPolicies,
  decideCall,
  isPublicPolicy,
  type NamedPolicy,
  parsePolicy,
  repairCall,
  type Verdict,
  writeSessionPolicy,
} from '../../iam/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { setupModelOf } from '../model/setup-model.ts'
import { roleOf } from '../open/session-need.ts'
import { absenceCauses, keyStateCauses } from './absences.ts'
import { assumeRoleCall, type CallSurroundings, forbiddenCalls, jobCalls, sessionArnOf } from './api-calls.ts'
import { chainFormOf, chainOf, type LinkFinding } from './chain-of.ts'
import { describePolicy, refusalOf } from './deciding-statement.ts'
import { excessCauses } from './excess.ts'
import { type PolicyTexts, type ReadPolicies, readPolicyTexts } from './policy-texts.ts'
import { recordedEvidence } from './recorded-evidence.ts'
import { ownSettings, repairOf, tagCandidates } from './repairs.ts'
import { callerFor } from './vendor-principal.ts'

/** One evaluated call of the job. */
interface Decided {
  readonly call: ApiCall
  readonly verdict: Verdict
}

/**
 * Explains a connection from the policies on the customer's side. `proved` is said only where nothing that could turn the
 * decision was unknown.
 *
 * @param availableTags claims of the person with their values, by claim; for repairs on our side
 * @throws input-invalid — a policy that can not be read; TypeError — a connection that has no role
 */
export async function diagnosePolicies(
  connection: Connection,
  identity: SessionIdentity,
  texts: PolicyTexts,
  context: ConnectionContext,
  availableTags: Readonly<Record<string, string>> = {},
): Promise<Diagnosis> {
  const policies = readPolicyTexts(texts)
  const caller = await callerFor(connection, context, policies.trust)
  const recorded = recordedEvidence(connection, texts.events, caller.principalArn.split(':')[4] ?? '')
  const isByEndpoint = Object.keys(recorded.context).length > 0
  const around: CallSurroundings = {
    callerArn: caller.callerArn,
    principalArn: caller.principalArn,
    // A call that came by a VPC endpoint carries no aws:SourceIp.
    sourceIp: recorded.sourceIp ?? (isByEndpoint ? null : (context.observedAddress ?? onlyAddress(context.egress))),
    bucketKeyArn: texts.bucketKeyArn ?? null,
    usesBucketKeys: texts.usesBucketKeys ?? false,
    context: recorded.context,
  }
  const chainPolicies = chainPoliciesOf(policies, connection, caller.principalArn, texts)
  const calls = [assumeRoleCall(connection, identity, around), ...jobCalls(connection, identity, around)]
  const decided = calls.map((call): Decided => ({ call, verdict: decideCall(call, chainPolicies) }))
  const candidates = tagCandidates(policies.trust?.policy, availableTags)
  const settings = ownSettings(connection, texts, context, candidates)
  const forbidden = forbiddenCalls(connection, identity, around)
  // Our session policy follows from our settings: a repair that sends an ACL is not held up by it.
  const withAcl = sessionPolicyOf(
    { ...connection, writing: { ...connection.writing, acl: 'bucket-owner-full-control' } },
    caller.principalArn,
  )
  const forRepairs = (call: ApiCall): ChainPolicies => {
    const first = decided.find((one) => one.call === call)?.verdict
    const part = first?.refusedBy == null ? undefined : first.parts[first.refusedBy]
    return part?.evaluation.decidedBy === 'session' ? chainPolicies : { ...chainPolicies, session: withAcl }
  }
  const refusals = causesOf(decided, chainPolicies, (call) =>
    repairCall(call, forRepairs(call), settings, forbidden).map((proposal) =>
      repairOf(proposal, connection.identityMapping, candidates),
    ),
  )
  const stage = { connection, principalArn: caller.principalArn, forbidden, wanted: calls, policies: chainPolicies }
  const found = [...absenceCauses(connection, texts), ...refusals, ...keyStateCauses(calls, texts)]
  const causes = (found.length === 0 ? excessCauses(stage) : found).map((cause) => withRemarks(cause, recorded.remarks))
  const notSeen = [
    ...new Set([
      ...notSeenOf(texts, policies, decided),
      ...caller.notSeen,
      ...(causes.length === 0 ? recorded.remarks : []),
    ]),
  ]
  const refused = decided.find(({ verdict }) => verdict.decision !== 'allowed')
  return {
    view: 'administrator',
    operation: operationOf(refused?.call ?? calls.at(-1)),
    summary: summaryOf(causes, notSeen),
    chain: chainOf(chainFormOf(connection), findingsOf(connection, identity, caller.callerArn, decided, causes)),
    causes,
    ruledOut: ruledOutOf(decided, refused),
    notSeen,
    ...nextStepOf(causes, notSeen),
  }
}

/** A declared egress of exactly one address is the address that AWS sees. */
function onlyAddress(egress: ConnectionContext['egress']): string | null {
  if (egress === 'dynamic' || egress.length !== 1) return null
  const [address = '', bits] = (egress[0] ?? '').split('/')
  return bits === undefined || bits === (address.includes(':') ? '128' : '32') ? address : null
}

/** What CloudTrail shows stands with every cause that an address, an endpoint or the caller could have to do with. */
function withRemarks(cause: Cause, remarks: readonly string[]): Cause {
  const concerns = cause.link === 'assume-role' || cause.statement?.condition !== undefined
  return concerns ? { ...cause, because: [...cause.because, ...remarks] } : cause
}

function chainPoliciesOf(
  policies: ReadPolicies,
  connection: Connection,
  vendorPrincipalArn: string,
  texts: PolicyTexts,
): ChainPolicies {
  return {
    base: null,
    trust: policies.trust,
    permissions: policies.permissions,
    boundary: policies.boundary,
    session: sessionPolicyOf(connection, vendorPrincipalArn),
    bucket: policies.bucket,
    key: policies.key,
    scp: policies.scp ?? [],
    rcp: policies.rcp ?? [],
    ...(texts.restrictPublicBuckets === undefined ? {} : { restrictPublicBuckets: texts.restrictPublicBuckets }),
  }
}

function sessionPolicyOf(connection: Connection, vendorPrincipalArn: string): NamedPolicy {
  const session = parsePolicy(writeSessionPolicy(setupModelOf(connection, vendorPrincipalArn)))
  if (!session.ok) throw new TypeError('the session policy that we write can not be read by ourselves')
  return { name: 'session', policy: session.value }
}

function causesOf(decided: readonly Decided[], policies: ChainPolicies, repairs: (call: ApiCall) => Repair[]): Cause[] {
  const named = allPolicies(policies)
  const causes: Cause[] = []
  const seen = new Set<string>()
  for (const { call, verdict } of decided) {
    if (verdict.refusedBy === null) continue
    const part = verdict.parts[verdict.refusedBy]
    if (part === undefined) continue
    const refusal = refusalOf(part, named)
    const key = JSON.stringify([
      refusal.id,
      refusal.statement.policy,
      refusal.statement.index,
      refusal.statement.condition?.key,
    ])
    if (seen.has(key)) continue
    seen.add(key)
    const unknown = verdict.missingContextValues
    causes.push({
      id: refusal.id,
      confidence: unknown.length === 0 ? 'proved' : 'likely',
      link: part.link,
      summary: refusal.summary,
      because: [part.evaluation.reason, ...unknown.map((name) => `the value of \`${name}\` is not known here`)],
      statement: refusal.statement,
      repairs: repairs(call),
    })
  }
  return causes
}

function allPolicies(policies: ChainPolicies): NamedPolicy[] {
  const { base, trust, permissions, boundary, session, bucket, key, scp, rcp } = policies
  return [
    ...(base ?? []),
    trust,
    ...(permissions ?? []),
    boundary,
    session,
    bucket,
    key,
    ...scp.flat(),
    ...rcp.flat(),
  ].filter((policy) => policy !== null)
}

function summaryOf(causes: readonly Cause[], notSeen: readonly string[]): string {
  const first = causes[0]
  if (first !== undefined) return first.summary
  return notSeen.length === 0
    ? 'the policies at hand allow everything that the connection does'
    : 'the policies at hand allow everything that the connection does; what was not seen may still refuse'
}

function findingsOf(
  connection: Connection,
  identity: SessionIdentity,
  callerArn: string,
  decided: readonly Decided[],
  causes: readonly Cause[],
): Map<LinkId, LinkFinding> {
  const findings = new Map<LinkId, LinkFinding>()
  const role = roleOf(connection)
  const red = causes[0]
  findings.set('person', { status: 'pass', detail: `source identity ${identity.sourceIdentity}` })
  findings.set('base-identity', { status: 'unknown', detail: `${callerArn}; our own policies are not looked at here` })
  const [assume, ...job] = decided
  const isIn = assume?.verdict.decision === 'allowed'
  if (isIn) {
    findings.set('assume-role', statusOf([assume], 'trust', `the trust policy of ${role.roleArn} allows it`))
    findings.set('session', { status: 'pass', detail: sessionArnOf(role.roleArn, identity.sessionName) })
    const isAllowed = job.every(({ verdict }) => verdict.decision === 'allowed')
    findings.set(
      'permissions',
      statusOf(isAllowed || red?.link !== 'permissions' ? job : [], 'permissions', 'the role may do it'),
    )
    if (isAllowed || red?.link === 'kms-key') {
      findings.set('bucket-policy', { status: 'pass', detail: 'no statement refuses it' })
    }
    if (isAllowed) {
      findings.set('kms-key', statusOf(job, 'key', 'the key policy allows it'))
      findings.set('object', { status: 'unknown', detail: 'nothing was tried, only evaluated' })
    }
  }
  if (red !== undefined) findings.set(red.link, { status: 'fail', detail: red.summary })
  return findings
}

/** Green where the policy was looked at and nothing was unknown; grey otherwise. */
function statusOf(decided: readonly Decided[], policy: string, detail: string): LinkFinding {
  if (decided.some(({ verdict }) => verdict.notSeen.includes(policy))) {
    return { status: 'unknown', detail: `the ${policy} policy was not looked at` }
  }
  const missing = decided.flatMap(({ verdict }) => verdict.missingContextValues)[0]
  if (missing !== undefined) return { status: 'unknown', detail: `the value of ${missing} is not known here` }
  return { status: 'pass', detail }
}

function operationOf(call: ApiCall | undefined): string {
  if (call === undefined) return 'sts:AssumeRole'
  return 'webIdentity' in call && call.webIdentity !== undefined ? 'sts:AssumeRoleWithWebIdentity' : call.operation
}

function notSeenOf(texts: PolicyTexts, policies: ReadPolicies, decided: readonly Decided[]): string[] {
  const names = new Set(decided.flatMap(({ verdict }) => verdict.notSeen))
  const missing = new Set(decided.flatMap(({ verdict }) => verdict.missingContextValues))
  return [
    ...(texts.notSeen ?? []),
    ...[...names].map((name) =>
      name === 'permissions'
        ? 'the permissions of the role were not at hand, and are taken as allowing'
        : `${nameOf(name)} was not at hand, and is taken as allowing`,
    ),
    ...(texts.bucket === undefined ? ['the bucket policy was not at hand; a Deny in it would refuse'] : []),
    ...[...missing].map((name) => `the value of \`${name}\` in the request is not known`),
    ...(policies.remarks ?? []),
    ...organizationNotSeen(texts),
    ...(texts.restrictPublicBuckets !== true && policies.bucket !== null && isPublicPolicy(policies.bucket.policy)
      ? ['whether Block Public Access of the whole account is on: the bucket policy is public, and would then refuse']
      : []),
  ]
}

function organizationNotSeen(texts: PolicyTexts): string[] {
  if (texts.scp === undefined && texts.rcp === undefined) {
    return ['service and resource control policies of the organization were not at hand']
  }
  return [
    ...(texts.scp === undefined ? ['service control policies of the organization were not at hand'] : []),
    ...(texts.rcp === undefined ? ['resource control policies of the organization were not at hand'] : []),
  ]
}

function nameOf(name: string): string {
  if (name === 'trust' || name === 'permissions' || name === 'key' || name === 'base') return describePolicy(name)
  return name
}

function ruledOutOf(decided: readonly Decided[], refused: Decided | undefined): string[] {
  const out: string[] = []
  for (const { call, verdict } of decided) {
    if (call === refused?.call) break
    if (verdict.missingContextValues.length > 0 || verdict.notSeen.length > 0) continue
    out.push(`\`${call.operation}\` is allowed by the policies at hand`)
  }
  return out
}

function nextStepOf(
  causes: readonly Cause[],
  notSeen: readonly string[],
): { nextStep: string } | Record<string, never> {
  const first = causes[0]
  if (first === undefined) {
    return notSeen.length === 0 ? {} : { nextStep: 'run a verification: it tries what could not be seen here' }
  }
  if (first.confidence !== 'proved')
    return { nextStep: 'find out the values that are not known here, then evaluate again' }
  return { nextStep: 'apply the first repair, wait half a minute, and verify the connection' }
}
