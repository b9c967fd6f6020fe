/**
 * What a planned change of the customer's policies would do: the calls of the job and the calls that must stay refused are
 * decided against the policies of before and those of the plan. Pure evaluation; nothing is called.
 */
import { DrawbridgeError } from '../../base/index.ts'
import type {
  Chain,
  Connection,
  DecidingStatement,
  LinkId,
  PlanCause,
  PlannedCall,
  PolicyName,
  WhatIf,
} from '../../contract/index.ts'
import {
  type ApiCall,
  type ChainPolicies,
  decideCall,
  repairCall,
  type StatementOutcome,
  type Verdict,
} from '../../iam/index.ts'
import type { ConnectionContext } from '../context.ts'
import { assumeRoleCall, type CallSurroundings, forbiddenCalls, jobCalls } from '../diagnose/api-calls.ts'
import { chainFormOf, chainOf, type LinkFinding } from '../diagnose/chain-of.ts'
import { refusalOf } from '../diagnose/deciding-statement.ts'
import type { PolicyTexts } from '../diagnose/policy-texts.ts'
import { ownSettings, repairOf, tagCandidates } from '../diagnose/repairs.ts'
import type { SessionIdentity } from '../identity/index.ts'
import { isS3 } from '../model/setup-model.ts'
import { callerOf } from '../open/session-need.ts'
import { describeCall } from './describe-call.ts'
import { placeOf, statementText } from './place-of.ts'
import { type Plan, planOf } from './plan.ts'
import { sourceAddressOf } from './source-address.ts'

/** One call under both versions. */
interface Weighed {
  readonly call: ApiCall
  readonly planned: PlannedCall
  /** Under the plan. */
  readonly verdict: Verdict
}

/**
 * Tells what a plan breaks and what it opens. What is not planned stays as `before` says it, or as the set-up kit has it.
 *
 * @param planned the policies as they would be
 * @param before the policies as they are; what is absent is taken from the set-up kit
 * @throws input-invalid — a policy that can not be read, or a connection that is not reached through a role
 * @throws no-base-identity
 */
export async function whatIf(
  connection: Connection,
  identity: SessionIdentity,
  planned: PolicyTexts,
  before: PolicyTexts,
  context: ConnectionContext,
): Promise<WhatIf> {
  requireRole(connection)
  const { callerArn, principalArn } = await callerOf(connection, context)
  const around: CallSurroundings = { callerArn, principalArn, sourceIp: sourceAddressOf(context), bucketKeyArn: null }
  const plan = planOf(connection, planned, before, principalArn)
  const forbidden = forbiddenCalls(connection, identity, around)
  const wanted = [assumeRoleCall(connection, identity, around), ...jobCalls(connection, identity, around)]
  const weighed = [
    ...wanted.map((call) => weigh(call, plan.before, plan.after, connection, false)),
    // What the role gives is what counts here, so our own narrower session policy is left out.
    ...forbidden.map((call) =>
      weigh(call, { ...plan.before, session: null }, { ...plan.after, session: null }, connection, true),
    ),
  ]
  const candidates = tagCandidates(plan.after.trust?.policy, {})
  const settings = ownSettings(connection, planned, context, candidates)
  const causes = causesOf(weighed, plan, (call) =>
    repairCall(call, plan.after, settings, forbidden).map((proposal) =>
      repairOf(proposal, connection.identityMapping, candidates),
    ),
  )
  const status = statusOf(weighed)
  return {
    connection: connection.name,
    status,
    summary: causes[0]?.summary ?? summaryOf(weighed),
    chain: chainUnder(connection, weighed, causes),
    calls: weighed.map((one) => one.planned),
    causes,
    notSeen: [...plan.supposed, ...unknownValues(weighed)],
  }
}

function requireRole(connection: Connection): void {
  if (isS3(connection) && connection.authentication.kind === 'role') return
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `\`${connection.name}\` is not reached through a role, so there are no policies to plan with`,
    operation: 'connection.whatif',
    help: 'verify the connection after the change instead',
  })
}

function weigh(
  call: ApiCall,
  before: ChainPolicies,
  after: ChainPolicies,
  connection: Connection,
  isForbidden: boolean,
): Weighed {
  const was = decideCall(call, before)
  const verdict = decideCall(call, after)
  return {
    call,
    verdict,
    planned: {
      operation: call.operation,
      what: describeCall(call, connection),
      isForbidden,
      before: was.decision,
      after: verdict.decision,
      effect: isForbidden ? effectOnForbidden(was, verdict) : effectOnJob(was, verdict),
    },
  }
}

function effectOnJob(was: Verdict, is: Verdict): PlannedCall['effect'] {
  const wasAllowed = was.decision === 'allowed'
  if (is.decision !== 'allowed') return wasAllowed ? 'breaks' : 'still-refused'
  if (is.missingContextValues.some((name) => !was.missingContextValues.includes(name))) return 'uncertain'
  return wasAllowed ? 'none' : 'repairs'
}

function effectOnForbidden(was: Verdict, is: Verdict): PlannedCall['effect'] {
  const wasAllowed = was.decision === 'allowed'
  if (is.decision === 'allowed') return wasAllowed ? 'still-open' : 'opens'
  return wasAllowed ? 'closes' : 'none'
}

function statusOf(weighed: readonly Weighed[]): WhatIf['status'] {
  const has = (effect: PlannedCall['effect']): boolean => weighed.some(({ planned }) => planned.effect === effect)
  if (has('breaks') || has('opens')) return 'fail'
  return has('uncertain') ? 'unknown' : 'pass'
}

function summaryOf(weighed: readonly Weighed[]): string {
  const repaired = weighed.filter(({ planned }) => planned.effect === 'repairs')
  const refused = weighed.find(({ planned }) => planned.effect === 'still-refused')
  if (refused !== undefined) {
    return `the plan breaks nothing; \`${refused.planned.operation}\` is refused before and after`
  }
  if (repaired.length > 0) return `the plan repairs \`${repaired[0]?.planned.operation}\` and breaks nothing`
  return 'the plan breaks nothing and opens nothing'
}

function causesOf(
  weighed: readonly Weighed[],
  plan: Plan,
  repairs: (call: ApiCall) => PlanCause['repairs'],
): PlanCause[] {
  const causes = new Map<string, PlanCause>()
  for (const one of weighed) {
    const { effect } = one.planned
    const found =
      effect === 'breaks'
        ? broken(one, plan)
        : effect === 'opens'
          ? opened(one, plan)
          : effect === 'uncertain'
            ? uncertain(one)
            : null
    if (found === null) continue
    const { policy, index, condition } = found.statement ?? {}
    const key = JSON.stringify([effect, found.id, policy, index, condition?.key])
    const known = causes.get(key)
    if (known === undefined) {
      const place = found.statement === undefined ? undefined : placeOf(found.statement, plan.planned)
      causes.set(key, {
        ...found,
        repairs: effect === 'breaks' ? repairs(one.call) : [],
        ...(place === undefined ? {} : { place }),
      })
    } else if (!known.operations.includes(one.call.operation)) {
      known.operations.push(one.call.operation)
    }
  }
  return [...causes.values()]
}

function broken({ call, verdict }: Weighed, plan: Plan): PlanCause | null {
  const part = verdict.refusedBy === null ? undefined : verdict.parts[verdict.refusedBy]
  if (part === undefined) return null
  const { id, summary, statement } = refusalOf(part, plan.named)
  const unknown = verdict.missingContextValues
  return {
    id,
    effect: 'breaks',
    confidence: unknown.length === 0 ? 'proved' : 'likely',
    link: part.link,
    summary,
    because: [part.evaluation.reason, ...unknown.map((name) => `the value of \`${name}\` is not known here`)],
    statement,
    repairs: [],
    operations: [call.operation],
  }
}

function opened({ call, planned, verdict }: Weighed, plan: Plan): PlanCause | null {
  const part = verdict.parts[0]
  if (part === undefined) return null
  const outcome = part.evaluation.statement
  const policy = part.request.action.startsWith('sts:') ? 'trust' : plan.nameOf(outcome)
  return {
    id: openedId(call),
    effect: 'opens',
    confidence: 'proved',
    link: part.link,
    summary: `the plan allows \`${call.operation}\` ${planned.what}, which the connection must not be able to do`,
    because: [part.evaluation.reason, 'a verification tries this, and would be red'],
    ...(outcome === undefined ? {} : { statement: allowing(outcome, policy, plan) }),
    repairs: [],
    operations: [call.operation],
  }
}

function allowing(outcome: StatementOutcome, policy: PolicyName, plan: Plan): DecidingStatement {
  const { index, effect, sid } = outcome
  const source = plan.named.find(({ name }) => name === outcome.policy)?.policy.source
  const text = statementText(source, index)
  return { policy, index, effect, ...(sid === undefined ? {} : { sid }), ...(text === null ? {} : { text }) }
}

function uncertain({ call, verdict }: Weighed): PlanCause | null {
  const part = verdict.parts[0]
  if (part === undefined) return null
  const names = verdict.missingContextValues.map((name) => `\`${name}\``).join(', ')
  return {
    id: 'depends-on-unknown',
    effect: 'uncertain',
    confidence: 'possible',
    link: part.link,
    summary: `whether \`${call.operation}\` stays allowed depends on ${names}, not known here`,
    because: [part.evaluation.reason],
    repairs: [],
    operations: [call.operation],
  }
}

function unknownValues(weighed: readonly Weighed[]): string[] {
  const names = new Set(weighed.flatMap(({ verdict }) => verdict.missingContextValues))
  return [...names].map((name) => `the value of \`${name}\` in the request is not known`)
}

/** Red where the plan refuses, grey where it was not looked at: nothing is tried here. */
function chainUnder(connection: Connection, weighed: readonly Weighed[], causes: readonly PlanCause[]): Chain {
  const findings = new Map<LinkId, LinkFinding>()
  const job = weighed.filter(({ planned }) => !planned.isForbidden)
  for (const { verdict } of job) {
    for (const { link, evaluation } of verdict.parts) {
      if (evaluation.decision === 'allowed' && !findings.has(link)) {
        findings.set(link, { status: 'pass', detail: evaluation.reason })
      }
    }
  }
  for (const { effect, link, summary } of causes) {
    const isWorse = findings.get(link)?.status !== 'fail'
    if (isWorse) findings.set(link, { status: effect === 'uncertain' ? 'unknown' : 'fail', detail: summary })
  }
  return chainOf(chainFormOf(connection), findings)
}

function openedId(call: ApiCall): string {
  if (call.operation !== 'sts:AssumeRole') return 'grants-too-much'
  return call.webIdentity === undefined ? 'external-id-not-required' : 'token-not-compared'
}
