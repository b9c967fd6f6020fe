/** Pasted policies, decided on by the same engine as in Drawbridge. Pure: texts in, findings out. */
import type { CheckStatus, DecidingStatement, PastedPolicy } from '../../../src/contract/index.ts'
import {
  type ApiCall,
  type ChainPolicies,
  decideCall,
  type NamedPolicy,
  type PolicyProblem,
  parsePolicy,
  parsePolicyText,
  type RepairProposal,
  repairCall,
  type Verdict,
  type VerdictPart,
} from '../../../src/iam/index.ts'
import type { Trial } from './page-data.ts'
import { policyTextsOf } from './unwrap.ts'

/** What was pasted; empty texts are policies that nobody looked at. */
export type Pasted = Readonly<Record<PastedPolicy, string>>

/** One call under the pasted policies. */
export interface CallFinding {
  readonly operation: string
  readonly status: CheckStatus
  /** One sentence. */
  readonly reason: string
  readonly statement: DecidingStatement | null
  readonly repairs: readonly RepairProposal[]
}

/** What came of an evaluation. */
export type Findings =
  | { readonly kind: 'unreadable'; readonly policy: PastedPolicy; readonly message: string }
  | {
      readonly kind: 'decided'
      readonly status: 'pass' | 'fail' | 'unknown'
      readonly calls: readonly CallFinding[]
      /** Calls that must stay refused and are not. */
      readonly open: readonly string[]
      /** Policies that were not pasted and are taken as allowing. */
      readonly notSeen: readonly string[]
    }

const order: readonly PastedPolicy[] = ['trust', 'permissions', 'boundary', 'bucket', 'key']

/** Evaluates the pasted policies for the calls of this ticket. */
export function evaluatePasted(pasted: Pasted, trial: Trial): Findings {
  const read = new Map<PastedPolicy, readonly NamedPolicy[]>()
  for (const policy of order) {
    const texts = policyTextsOf(pasted[policy])
    if (texts.length > 1 && policy !== 'permissions') {
      return { kind: 'unreadable', policy, message: 'there is only one, and several were pasted' }
    }
    const named: NamedPolicy[] = []
    for (const [index, text] of texts.entries()) {
      const parsed = parsePolicyText(text)
      if (!parsed.ok) return { kind: 'unreadable', policy, message: problemText(parsed.error[0]) }
      named.push({ name: policyLabel(policy, index), policy: parsed.value.policy })
    }
    if (named.length > 0) read.set(policy, named)
  }
  const policies = chainOf(read, trial.sessionPolicy)
  const calls = trial.calls.map((call) => findingOf(call, policies, trial))
  // What the role gives counts for what must stay refused, not our own narrower session.
  const wide = { ...policies, session: null }
  const open = trial.forbidden.flatMap((call) => {
    const verdict = decideCall(call, wide)
    const isSeen = !verdict.notSeen.includes(call.operation === 'sts:AssumeRole' ? 'trust' : 'permissions')
    return verdict.decision === 'allowed' && isSeen ? [forbiddenText(call)] : []
  })
  return { kind: 'decided', status: statusOf(calls), calls, open: [...new Set(open)], notSeen: notSeenOf(read) }
}

function problemText(problem: PolicyProblem | undefined): string {
  const at = problem?.line === undefined ? '' : `line ${problem.line}, column ${problem.column ?? 1}: `
  return `${at}${problem?.message ?? 'it is not a policy'}`
}

/** The name under which a pasted policy is told: `permissions`, `permissions 2`. */
function policyLabel(policy: PastedPolicy, index: number): string {
  return index === 0 ? policy : `${policy} ${index + 1}`
}

/** The place of a policy among those that were pasted together, by the name under which it is told. */
export function policyIndex(label: string): number {
  const [, number = '1'] = / (\d+)$/.exec(label) ?? []
  return Number(number) - 1
}

function chainOf(read: ReadonlyMap<PastedPolicy, readonly NamedPolicy[]>, sessionPolicy: unknown): ChainPolicies {
  const session = parsePolicy(sessionPolicy)
  const one = (policy: PastedPolicy): NamedPolicy | null => read.get(policy)?.[0] ?? null
  return {
    base: null,
    trust: one('trust'),
    permissions: read.get('permissions') ?? null,
    boundary: one('boundary'),
    session: session.ok ? { name: 'session', policy: session.value } : null,
    bucket: one('bucket'),
    key: one('key'),
    scp: [],
    rcp: [],
  }
}

function findingOf(call: ApiCall, policies: ChainPolicies, trial: Trial): CallFinding {
  const verdict = decideCall(call, policies)
  const part = verdict.parts[verdict.refusedBy ?? 0]
  const isAllowed = verdict.decision === 'allowed'
  return {
    operation: call.operation,
    status: isAllowed ? (isCertain(verdict) ? 'pass' : 'unknown') : 'fail',
    reason: isAllowed ? allowedText(verdict) : (part?.evaluation.reason ?? 'refused'),
    statement: isAllowed || part === undefined ? null : decidingStatement(part, policies),
    repairs: isAllowed ? [] : repairCall(call, policies, trial.own, trial.forbidden),
  }
}

/** A policy of ours is never pasted, so its absence makes nothing uncertain for the administrator. */
function isCertain(verdict: Verdict): boolean {
  return verdict.missingContextValues.length === 0 && verdict.notSeen.every((name) => name === 'base')
}

function allowedText(verdict: Verdict): string {
  const [missing] = verdict.missingContextValues
  if (missing !== undefined) return `allowed, unless the value of \`${missing}\`, not known here, decides otherwise`
  const unseen = verdict.notSeen.filter((name) => name !== 'base')
  return unseen.length === 0 ? 'allowed' : `allowed as far as can be seen: ${unseen.join(' and ')} not pasted`
}

function statusOf(calls: readonly CallFinding[]): 'pass' | 'fail' | 'unknown' {
  if (calls.some(({ status }) => status === 'fail')) return 'fail'
  return calls.some(({ status }) => status === 'unknown') ? 'unknown' : 'pass'
}

function notSeenOf(read: ReadonlyMap<PastedPolicy, readonly NamedPolicy[]>): string[] {
  return [
    ...(['trust', 'permissions'] as const)
      .filter((name) => !read.has(name))
      .map((name) => `the ${name} policy was not pasted, and is taken as allowing`),
    ...(read.has('bucket') ? [] : ['the bucket policy was not pasted; a Deny in it would refuse']),
  ]
}

/** The statement that refused, or the one that nearly allowed. */
function decidingStatement({ evaluation }: VerdictPart, policies: ChainPolicies): DecidingStatement | null {
  const near = evaluation.nearMisses[0]
  const outcome = evaluation.statement ?? near?.statement
  if (outcome === undefined) return null
  const condition = near?.failing[0] ?? outcome.conditions.find((one) => one.matched)
  const named = [policies.trust, ...(policies.permissions ?? []), policies.boundary, policies.bucket, policies.key]
  const source = named.find((one) => one?.name === outcome.policy)?.policy.source
  const text = statementText(source, outcome.index)
  const { index, sid, effect } = outcome
  return {
    policy: policyOf(outcome.policy),
    index,
    effect,
    ...(sid === undefined ? {} : { sid }),
    ...(text === null ? {} : { text }),
    ...(condition === undefined
      ? {}
      : {
          condition: {
            operator: condition.operator,
            key: condition.key,
            wanted: [...condition.wanted],
            actual: condition.actual === null ? null : [...condition.actual],
          },
        }),
  }
}

function policyOf(name: string): DecidingStatement['policy'] {
  return order.find((one) => one === name || name.startsWith(`${one} `)) ?? 'session'
}

function statementText(source: unknown, index: number): string | null {
  if (typeof source !== 'object' || source === null || !('Statement' in source)) return null
  const one: unknown = Array.isArray(source.Statement) ? source.Statement[index] : source.Statement
  return one === undefined ? null : JSON.stringify(one, null, 2)
}

function forbiddenText(call: ApiCall): string {
  if (call.operation === 'sts:AssumeRole') {
    if (call.webIdentity !== undefined) {
      return '`sts:AssumeRoleWithWebIdentity` is allowed with an ID token of another audience or subject'
    }
    return call.externalId === null
      ? '`sts:AssumeRole` is allowed without the External ID'
      : '`sts:AssumeRole` is allowed with another External ID'
  }
  return `\`${call.operation}\` is allowed on \`${'key' in call ? call.key : call.bucket}\``
}
