/**
 * The two ways to ask: `decide` for the decision alone, `evaluate` for the decision with everything that led to it. Both
 * go through the same combination in `weigh.ts`.
 */
import { decidingSentence } from '../explain/reason.ts'
import type {
  AccessRequest,
  Decision,
  Evaluation,
  EvaluationSettings,
  GrantOutcome,
  NamedPolicy,
  PolicySet,
  PolicyType,
  StatementOutcome,
} from '../types.ts'
import { compilePolicy } from './compile.ts'
import { type ExplainedGrant, explainGrant } from './grant.ts'
import { type ExplainedStatement, explainStatement, type PolicyVerdict, scanPolicy } from './match-statement.ts'
import { RequestFacts, resourcePolicyKind } from './request-facts.ts'
import { type Weighing, weigh } from './weigh.ts'

/**
 * Decides one request against a set of policies, and says nothing else. Always equal to `evaluate(…).decision`.
 *
 * Policies are compiled once per object; a policy must not be changed after its first use.
 */
export function decide(request: AccessRequest, policies: PolicySet, settings?: EvaluationSettings): Decision {
  const facts = new RequestFacts(request, policies.boundary !== null)
  return weigh(facts, policies, settings, (named, type) => scanPolicy(compilePolicy(named.policy), type, facts))
    .decision
}

/**
 * Evaluates one request against a set of policies, as AWS's authorization does, and explains the decision.
 *
 * The policy at the resource is read as a role trust policy for `sts:AssumeRole*`, `sts:TagSession` and
 * `sts:SetSourceIdentity` on a role, as a key policy for `kms:` actions on a key, and as a bucket policy or the like
 * otherwise. Grants count beside a key policy. RCPs only deny: `RCPFullAWSAccess` cannot be detached. ACLs are not part of
 * it. SCPs do not bind the management account and RCPs not its resources: leave them out for those.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(request: AccessRequest, policies: PolicySet, settings?: EvaluationSettings): Evaluation {
  const facts = new RequestFacts(request, policies.boundary !== null)
  const record = new EvaluationRecord(facts, policies)
  const weighing = weigh(facts, policies, settings, (named, type) => record.verdict(named, type))
  const { statement, grant } = record.deciding(weighing)
  const grants = record.grantOutcomes
  const nearMisses = weighing.decision === 'implicitDeny' ? record.nearMisses(weighing.missing) : []
  return {
    decision: weighing.decision,
    decidedBy: weighing.decidedBy,
    ...(statement === undefined ? {} : { statement }),
    ...(grant === undefined ? {} : { grant }),
    ...(grants.length === 0 ? {} : { grants }),
    statements: record.outcomes,
    nearMisses,
    missingContextValues: record.missingContextValues(),
    reason: decidingSentence({
      request,
      policies,
      weighing,
      statement,
      grant,
      grants,
      nearMisses,
      outcomes: record.outcomes,
    }),
  }
}

/** Every statement of every policy, matched once, in the order of the chain. */
class EvaluationRecord {
  readonly outcomes: StatementOutcome[] = []
  readonly #facts: RequestFacts
  readonly #explained: ExplainedStatement[] = []
  #grants: readonly ExplainedGrant[] = []
  readonly #verdicts: { readonly named: NamedPolicy; readonly type: PolicyType; readonly verdict: PolicyVerdict }[] = []

  constructor(facts: RequestFacts, policies: PolicySet) {
    this.#facts = facts
    for (const level of policies.scp) for (const named of level) this.#add('scp', named)
    for (const level of policies.rcp) for (const named of level) this.#add('rcp', named)
    if (policies.vpcEndpoint !== null) this.#add('vpcEndpoint', policies.vpcEndpoint)
    for (const named of policies.identity) this.#add('identity', named)
    if (policies.boundary !== null) this.#add('boundary', policies.boundary)
    if (policies.session !== null) this.#add('session', policies.session)
    const kind = resourcePolicyKind(facts.action, facts.resource, policies.resource !== null)
    if (kind === 'key') this.#grants = (policies.grants ?? []).map((grant) => explainGrant(grant, facts))
    if (policies.resource !== null) this.#add(kind, policies.resource)
  }

  get grantOutcomes(): readonly GrantOutcome[] {
    return this.#grants.map(({ outcome }) => outcome)
  }

  #add(type: PolicyType, named: NamedPolicy): void {
    const policy = compilePolicy(named.policy)
    const { matched } = policy.about(this.#facts.action)
    let verdict: PolicyVerdict = 0
    for (const [at, statement] of policy.statements.entries()) {
      const explained = explainStatement(statement, matched[at] ?? false, type, named.name, this.#facts)
      verdict |= explained.verdict
      this.#explained.push(explained)
      this.outcomes.push(explained.outcome)
    }
    this.#verdicts.push({ named, type, verdict })
  }

  verdict(named: NamedPolicy, type: PolicyType): PolicyVerdict {
    return this.#verdicts.find((one) => one.named === named && one.type === type)?.verdict ?? 0
  }

  /** Of statements and grants, the one that gives most; a statement where they give the same. */
  deciding(weighing: Weighing): { readonly statement?: StatementOutcome; readonly grant?: GrantOutcome } {
    if (weighing.decision === 'implicitDeny' || weighing.rule !== null) return {}
    const effect = weighing.decision === 'allowed' ? 'Allow' : 'Deny'
    const ofType = this.#explained.filter(
      ({ outcome }) => outcome.policyType === weighing.decidedBy && outcome.effect === effect && outcome.matched,
    )
    // The widest grant decides: a statement for the principal itself before one that delegates to its account.
    const widest = <T extends { readonly verdict: number }>(all: readonly T[]): T | undefined =>
      all.reduce<T | undefined>(
        (best, one) => (best === undefined || one.verdict > best.verdict ? one : best),
        undefined,
      )
    const statement = widest(ofType)
    const isGrantable = weighing.decidedBy === 'key' && weighing.decision === 'allowed'
    const grant = isGrantable ? widest(this.#grants.filter(({ verdict }) => verdict > 0)) : undefined
    if (grant !== undefined && grant.verdict > (statement?.verdict ?? 0)) return { grant: grant.outcome }
    return statement === undefined ? {} : { statement: statement.outcome }
  }

  nearMisses(missing: readonly PolicyType[]): Evaluation['nearMisses'] {
    return this.outcomes
      .filter((outcome) => missing.includes(outcome.policyType) && isNearMiss(outcome))
      .map((statement) => ({ statement, failing: statement.conditions.filter((condition) => !condition.matched) }))
      .sort(
        (a, b) =>
          a.failing.length - b.failing.length ||
          missing.indexOf(a.statement.policyType) - missing.indexOf(b.statement.policyType),
      )
  }

  /** Keys asked for by statements that are about this principal, action and resource; each once, as first written. */
  missingContextValues(): readonly string[] {
    const missing = new Map<string, string>()
    const ask = (key: string): void => {
      const name = key.toLowerCase()
      if (this.#facts.values(name) === null && !missing.has(name)) missing.set(name, key)
    }
    for (const { compiled, outcome } of this.#explained) {
      if (!outcome.actionMatched || outcome.principalMatched === false) continue
      for (const key of compiled.resourceVariables) ask(key)
      if (outcome.resourceMatched === false) continue
      for (const condition of compiled.conditions) {
        ask(condition.source.key)
        for (const key of condition.variables) ask(key)
      }
    }
    for (const { outcome } of this.#grants) {
      if (!outcome.keyMatched || !outcome.granteeMatched || !outcome.operationMatched) continue
      for (const { constraint, wanted, actual } of outcome.constraints) {
        if (actual === null) for (const key of keysOf(constraint, wanted)) ask(key)
      }
    }
    return [...missing.values()]
  }
}

/** The context keys that a grant's constraint looks at. */
function keysOf(constraint: string, wanted: readonly string[]): readonly string[] {
  if (constraint === 'SourceArn') return ['aws:SourceArn']
  if (constraint === 'GrantOperations') return ['kms:GrantOperations']
  return wanted.map((pair) => `kms:EncryptionContext:${pair.slice(0, pair.indexOf('='))}`)
}

function isNearMiss(outcome: StatementOutcome): boolean {
  return (
    outcome.effect === 'Allow' &&
    !outcome.matched &&
    outcome.actionMatched &&
    outcome.principalMatched !== false &&
    outcome.resourceMatched !== false
  )
}
