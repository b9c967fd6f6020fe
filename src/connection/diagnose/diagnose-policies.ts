/**
 * The administrator's view: the policies themselves are at hand, so every decision of the job is evaluated, the first
 * refusing link named with its statement, and the smallest repair tried on the evaluator before it is shown.
 */
import type { Cause, Connection, Diagnosis, LinkId, Repair } from '../../contract/index.ts'
import {
  type ApiCall,
  type ChainPolicies,
  decideCall,
  type NamedPolicy,
  type OwnSettings,
  parsePolicy,
  type RepairProposal,
  repairCall,
  type Verdict,
  writeSessionPolicy,
} from '../../iam/index.ts'
import type { ConnectionContext } from '../context.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { setupModelOf } from '../model/setup-model.ts'
import { roleOf } from '../open/session-need.ts'
import { assumeRoleCall, type CallSurroundings, jobCalls, sessionArnOf } from './api-calls.ts'
import { chainFormOf, chainOf, type LinkFinding } from './chain-of.ts'
import { describePolicy, refusalOf } from './deciding-statement.ts'
import { type PolicyTexts, type ReadPolicies, readPolicyTexts } from './policy-texts.ts'
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
 * @param availableTags claims that the mapping could turn into tags, by tag name; for repairs on our side
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
  const caller = await callerFor(context, policies.trust)
  const around: CallSurroundings = {
    callerArn: caller.callerArn,
    principalArn: caller.principalArn,
    sourceIp: context.observedAddress ?? onlyAddress(context.egress),
    bucketKeyArn: texts.bucketKeyArn ?? null,
  }
  const chainPolicies = chainPoliciesOf(policies, connection, caller.principalArn)
  const calls = [assumeRoleCall(connection, identity, around), ...jobCalls(connection, identity, around)]
  const decided = calls.map((call): Decided => ({ call, verdict: decideCall(call, chainPolicies) }))
  const settings = ownSettings(connection, texts, context, availableTags)
  const causes = causesOf(decided, chainPolicies, settings, calls)
  const notSeen = [...new Set([...notSeenOf(texts, decided), ...caller.notSeen])]
  const refused = decided.find(({ verdict }) => verdict.decision !== 'allowed')
  return {
    view: 'administrator',
    operation: refused?.call.operation ?? calls.at(-1)?.operation ?? 'sts:AssumeRole',
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

function chainPoliciesOf(policies: ReadPolicies, connection: Connection, vendorPrincipalArn: string): ChainPolicies {
  const session = parsePolicy(writeSessionPolicy(setupModelOf(connection, vendorPrincipalArn)))
  if (!session.ok) throw new TypeError('the session policy that we write can not be read by ourselves')
  return {
    base: null,
    trust: policies.trust,
    permissions: policies.permissions,
    boundary: policies.boundary,
    session: { name: 'session', policy: session.value },
    bucket: policies.bucket,
    key: policies.key,
    scp: [],
    rcp: [],
  }
}

function ownSettings(
  connection: Connection,
  texts: PolicyTexts,
  context: ConnectionContext,
  availableTags: Readonly<Record<string, string>>,
): OwnSettings {
  const { location } = connection
  return {
    egress: context.egress === 'dynamic' ? 'dynamic' : [...context.egress],
    observedAddress: context.observedAddress,
    availableTags: { ...availableTags },
    bucketRegion: location.service === 's3' ? location.region : '',
    objectOwnership: texts.objectOwnership ?? null,
  }
}

function causesOf(
  decided: readonly Decided[],
  policies: ChainPolicies,
  settings: OwnSettings,
  calls: readonly ApiCall[],
): Cause[] {
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
    const others = calls.filter((other) => other !== call)
    causes.push({
      id: refusal.id,
      confidence: unknown.length === 0 ? 'proved' : 'likely',
      link: part.link,
      summary: refusal.summary,
      because: [part.evaluation.reason, ...unknown.map((name) => `the value of \`${name}\` is not known here`)],
      statement: refusal.statement,
      repairs: repairCall(call, policies, settings, others).map(repairOf),
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

function repairOf(proposal: RepairProposal): Repair {
  const { side, summary, opens, change, patch, proved } = proposal
  return {
    side,
    summary,
    opens,
    ...(change === undefined ? {} : { change: { setting: change.setting, from: change.from, to: toJson(change.to) } }),
    ...(patch === undefined
      ? {}
      : {
          patch: {
            policy: patch.policy,
            operations: patch.operations.map((operation) => ({
              op: operation.op,
              path: operation.path,
              ...('value' in operation && operation.value !== undefined ? { value: toJson(operation.value) } : {}),
            })),
            diff: patch.diff,
            after: toJson(patch.after),
          },
        }),
    proved,
  }
}

type Json = NonNullable<Repair['patch']>['after']

/** Policies are JSON values by construction; the copy keeps the proposal's own objects out of the diagnosis. */
function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json
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

function notSeenOf(texts: PolicyTexts, decided: readonly Decided[]): string[] {
  const names = new Set(decided.flatMap(({ verdict }) => verdict.notSeen))
  const missing = new Set(decided.flatMap(({ verdict }) => verdict.missingContextValues))
  return [
    ...(texts.notSeen ?? []),
    ...[...names].map((name) => `${nameOf(name)} was not at hand, and is taken as allowing`),
    ...(texts.bucket === undefined ? ['the bucket policy was not at hand; a Deny in it would refuse'] : []),
    ...[...missing].map((name) => `the value of \`${name}\` in the request is not known`),
    'service and resource control policies of the organization were not at hand',
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
