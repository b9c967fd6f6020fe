/**
 * The one sentence of an evaluation: what decided, in the words of the policy language. Layout for the terminal lives in
 * `render-evaluation.ts`.
 */
import type { SpecialRule, Weighing } from '../evaluate/weigh.ts'
import type { AccessRequest, Evaluation, GrantOutcome, PolicySet, PolicyType, StatementOutcome } from '../types.ts'
import { describeAll, describeFailure, describeMatch, listValues } from './condition-text.ts'

/** What the sentence is made from. */
export interface DecidingFacts {
  readonly request: AccessRequest
  readonly policies: PolicySet
  readonly weighing: Weighing
  readonly statement: StatementOutcome | undefined
  readonly grant: GrantOutcome | undefined
  readonly grants: readonly GrantOutcome[]
  readonly nearMisses: Evaluation['nearMisses']
  readonly outcomes: readonly StatementOutcome[]
}

const policyTypeNames: Readonly<Record<PolicyType, string>> = {
  identity: 'identity-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  scp: 'service control policy',
  rcp: 'resource control policy',
  resource: 'resource-based policy',
  trust: 'trust policy',
  key: 'key policy',
  vpcEndpoint: 'VPC endpoint policy',
}

/** AWS's name for a type of policy, as it stands in a sentence. */
export function policyTypeName(type: PolicyType): string {
  return policyTypeNames[type]
}

/** Says what decided in one sentence, lower case, without a final period. */
export function decidingSentence(facts: DecidingFacts): string {
  const { weighing, statement, request } = facts
  if (weighing.rule !== null) return ruleSentence(weighing.rule, request)
  if (weighing.decision === 'allowed') {
    if (facts.grant !== undefined) return `allowed: the grant \`${facts.grant.grant}\` allows ${request.action}`
    return statement === undefined ? 'allowed' : `allowed: ${nameStatement(statement)} allows ${request.action}`
  }
  if (weighing.decision === 'explicitDeny') return denySentence(request, statement)
  return `denied: ${missingSentence(facts)}`
}

function ruleSentence(rule: SpecialRule, request: AccessRequest): string {
  switch (rule) {
    case 'restrictPublicBuckets':
      return 'denied: RestrictPublicBuckets is on and the bucket policy is public, so only the own account and services are served'
    case 'rootUser':
      return `allowed: the root user may do ${request.action} in its own account`
    case 'rootCannotAssumeRoles':
      return 'denied: the root user of an account cannot assume roles'
    case 'unsignedRequest':
      return `denied: ${request.action} takes no unsigned requests`
    case 'objectOwner':
      return 'denied: another account owns the object; its ACL does not allow, and the bucket policy only denies'
    case 'kmsCrossAccountAction':
      return `denied: ${request.action} cannot be allowed to principals of another account`
  }
}

function denySentence(request: AccessRequest, statement: StatementOutcome | undefined): string {
  if (statement === undefined) return `denied: ${request.action} is explicitly denied`
  const because = statement.conditions.map(describeMatch)
  const reason = because.length === 0 ? '' : `, because ${describeAll(because)}`
  return `denied: ${nameStatement(statement)} explicitly denies ${request.action}${reason}`
}

function missingSentence(facts: DecidingFacts): string {
  const [first, ...others] = facts.weighing.missing
  const nearest = facts.nearMisses[0]
  if (nearest !== undefined && (nearest.statement.policyType === first || facts.weighing.decidedBy === 'identity')) {
    const failing = describeAll(nearest.failing.map(describeFailure))
    return `${nameStatement(nearest.statement)} would allow, but ${failing}${alsoMissing(facts, nearest.statement.policyType)}`
  }
  const grant = first === 'key' ? facts.grants.find(isNearGrant) : undefined
  if (grant !== undefined) {
    const failing = grant.constraints.filter(({ matched }) => !matched).map(describeConstraint)
    return `the grant \`${grant.grant}\` would allow, but ${describeAll(failing)}`
  }
  if (first === undefined) return `nothing allows ${facts.request.action}`
  const alternative = others.includes('resource') && first === 'identity' ? ' and no resource-based policy' : ''
  const subject = `${absence(first, facts)}${alternative} allows ${facts.request.action}${onResource(facts.request)}`
  return `${subject}${elsewhere(first, facts)}${alsoMissing(facts, first)}`
}

function isNearGrant({ matched, keyMatched, granteeMatched, operationMatched }: GrantOutcome): boolean {
  return !matched && keyMatched && granteeMatched && operationMatched
}

const constraintTexts = {
  EncryptionContextEquals: ['the encryption context', 'be exactly'],
  EncryptionContextSubset: ['the encryption context', 'hold'],
  SourceArn: ['aws:SourceArn', 'be'],
  GrantOperations: ['what the new grant allows', 'be no more than'],
} as const satisfies Readonly<Record<GrantOutcome['constraints'][number]['constraint'], readonly [string, string]>>

/** Says what a grant's constraint wants: `the encryption context is absent and must hold Department=IT`. */
function describeConstraint({ constraint, wanted, actual }: GrantOutcome['constraints'][number]): string {
  const [subject, must] = constraintTexts[constraint]
  return `${subject} is ${actual === null ? 'absent' : listValues(actual)} and must ${must} ${listValues(wanted)}`
}

const mostGrants = 20

/** A line for each grant: what it made of the request. */
export function grantLines(grants: readonly GrantOutcome[] = []): readonly string[] {
  const lines = grants.slice(0, mostGrants).map((grant) => `grant \`${grant.grant}\` ${describeGrant(grant)}`)
  return grants.length > mostGrants ? [...lines, `and ${grants.length - mostGrants} more grants`] : lines
}

function describeGrant({ matched, keyMatched, granteeMatched, operationMatched, constraints }: GrantOutcome): string {
  if (matched) return 'applies'
  const other = !keyMatched
    ? 'another key'
    : !granteeMatched
      ? 'another principal'
      : operationMatched
        ? ''
        : 'other operations'
  if (other !== '') return `is for ${other}`
  return `does not apply: ${describeAll(constraints.filter((one) => !one.matched).map(describeConstraint))}`
}

/** What else must allow and does not: mending the one place would not be enough. */
function alsoMissing(facts: DecidingFacts, named: PolicyType): string {
  const { missing } = facts.weighing
  const isEither = missing[0] === 'identity' && missing[1] === 'resource'
  const rest = missing.filter((type) => type !== named && !(isEither && (type === 'resource' || type === 'identity')))
  return rest.map((type) => `, and no ${policyTypeName(type)} allows it`).join('')
}

function absence(type: PolicyType, facts: DecidingFacts): string {
  const isPresent = facts.outcomes.some((outcome) => outcome.policyType === type)
  return isPresent || type === 'identity' ? `no ${policyTypeName(type)}` : `there is no ${policyTypeName(type)} that`
}

function onResource(request: AccessRequest): string {
  return request.resource === '*' ? '' : ` on ${request.resource}`
}

/** Names the one part (principal, action or resource) that keeps a statement from allowing. */
function elsewhere(type: PolicyType, facts: DecidingFacts): string {
  for (const outcome of facts.outcomes) {
    if (outcome.policyType !== type || outcome.effect !== 'Allow') continue
    const off = offElements(outcome)
    if (off.length !== 1) continue
    const named = `; its statement ${statementLabel(outcome)}`
    if (off[0] === 'principal') return `${named} does not name ${facts.request.principal}`
    if (off[0] === 'resource') return `${named} covers another resource`
    return `${named} covers other actions`
  }
  return ''
}

function offElements(outcome: StatementOutcome): readonly string[] {
  const off: string[] = []
  if (outcome.principalMatched === false) off.push('principal')
  if (!outcome.actionMatched) off.push('action')
  if (outcome.resourceMatched === false) off.push('resource')
  return off
}

/** `the trust policy's statement 0 (`Sid`)`, with the policy's name where a type may have several policies. */
export function nameStatement(outcome: StatementOutcome): string {
  const isOneOfMany = outcome.policyType === 'identity' || outcome.policyType === 'scp' || outcome.policyType === 'rcp'
  const name = isOneOfMany && outcome.policy !== '' ? ` \`${outcome.policy}\`` : ''
  return `the ${policyTypeName(outcome.policyType)}${name}'s statement ${statementLabel(outcome)}`
}

/** Number, and Sid when there is one. */
export function statementLabel(outcome: Pick<StatementOutcome, 'index' | 'sid'>): string {
  return outcome.sid === undefined || outcome.sid === ''
    ? String(outcome.index)
    : `${outcome.index} (\`${outcome.sid}\`)`
}
