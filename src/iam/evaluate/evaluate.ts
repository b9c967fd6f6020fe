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
  NamedPolicy,
  PolicySet,
  PolicyType,
  StatementOutcome,
} from '../types.ts'
import { type CompiledStatement, compilePolicy } from './compile.ts'
import { explainStatement, type PolicyVerdict, scanPolicy } from './match-statement.ts'
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
 * otherwise. RCPs only deny: `RCPFullAWSAccess` cannot be detached. KMS grants and ACLs are not part of it. SCPs do not
 * bind the management account and RCPs not its resources: leave them out for those.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(request: AccessRequest, policies: PolicySet, settings?: EvaluationSettings): Evaluation {
  const facts = new RequestFacts(request, policies.boundary !== null)
  const record = new EvaluationRecord(facts, policies)
  const weighing = weigh(facts, policies, settings, (named, type) => record.verdict(named, type))
  const statement = record.deciding(weighing)
  const nearMisses = weighing.decision === 'implicitDeny' ? record.nearMisses(weighing.missing) : []
  return {
    decision: weighing.decision,
    decidedBy: weighing.decidedBy,
    ...(statement === undefined ? {} : { statement }),
    statements: record.outcomes,
    nearMisses,
    missingContextValues: record.missingContextValues(),
    reason: decidingSentence({ request, policies, weighing, statement, nearMisses, outcomes: record.outcomes }),
  }
}

interface RecordedStatement {
  readonly compiled: CompiledStatement
  readonly outcome: StatementOutcome
  readonly verdict: PolicyVerdict
}

/** Every statement of every policy, matched once, in the order of the chain. */
class EvaluationRecord {
  readonly outcomes: readonly StatementOutcome[]
  readonly #facts: RequestFacts
  readonly #recorded: readonly RecordedStatement[]
  readonly #verdicts = new Map<PolicyType, Map<NamedPolicy, PolicyVerdict>>()

  constructor(facts: RequestFacts, policies: PolicySet) {
    this.#facts = facts
    const recorded: RecordedStatement[] = []
    for (const [type, named] of inChainOrder(facts, policies)) {
      let whole: PolicyVerdict = 0
      for (const compiled of compilePolicy(named.policy).statements) {
        const explained = explainStatement(compiled, type, named.name, facts)
        whole |= explained.verdict
        recorded.push({ compiled, ...explained })
      }
      const ofType = this.#verdicts.get(type) ?? new Map<NamedPolicy, PolicyVerdict>()
      this.#verdicts.set(type, ofType.set(named, whole))
    }
    this.#recorded = recorded
    this.outcomes = recorded.map((entry) => entry.outcome)
  }

  verdict(named: NamedPolicy, type: PolicyType): PolicyVerdict {
    return this.#verdicts.get(type)?.get(named) ?? 0
  }

  deciding(weighing: Weighing): StatementOutcome | undefined {
    if (weighing.decision === 'implicitDeny' || weighing.rule !== null) return undefined
    const effect = weighing.decision === 'allowed' ? 'Allow' : 'Deny'
    const ofType = this.#recorded.filter(
      ({ outcome }) => outcome.policyType === weighing.decidedBy && outcome.effect === effect && outcome.matched,
    )
    // The widest grant decides: a statement for the principal itself before one that delegates to its account.
    return ofType.reduce<RecordedStatement | undefined>(
      (best, entry) => (best === undefined || entry.verdict > best.verdict ? entry : best),
      undefined,
    )?.outcome
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
    for (const { compiled, outcome } of this.#recorded) {
      if (!outcome.actionMatched || outcome.principalMatched === false) continue
      for (const key of compiled.resourceVariables) ask(key)
      if (outcome.resourceMatched === false) continue
      for (const condition of compiled.conditions) {
        ask(condition.source.key)
        for (const key of condition.variables) ask(key)
      }
    }
    return [...missing.values()]
  }
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

function* inChainOrder(facts: RequestFacts, policies: PolicySet): Generator<readonly [PolicyType, NamedPolicy]> {
  for (const named of policies.scp.flat()) yield ['scp', named]
  for (const named of policies.rcp.flat()) yield ['rcp', named]
  if (policies.vpcEndpoint !== null) yield ['vpcEndpoint', policies.vpcEndpoint]
  for (const named of policies.identity) yield ['identity', named]
  if (policies.boundary !== null) yield ['boundary', policies.boundary]
  if (policies.session !== null) yield ['session', policies.session]
  if (policies.resource === null) return
  yield [resourcePolicyKind(facts.action, facts.resource, true), policies.resource]
}
