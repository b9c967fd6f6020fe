/** The reference model in the engine's clothes: the same question and the same form of answer, for whoever can be judged by either. */
import type {
  AccessRequest,
  Evaluation,
  EvaluationSettings,
  KmsGrant,
  NamedPolicy,
  PolicySet,
  PolicyType,
  StatementOutcome,
} from '../../src/iam/index.ts'
import type { ListedGrant } from './grant.ts'
import { decideSlowly, type JsonPolicies, type JsonPolicy, type ReferenceAnswer } from './reference.ts'

/** Evaluates with the reference model. Near misses are not sought: they are explanation, not judgement. */
export function evaluateSlowly(
  request: AccessRequest,
  policies: PolicySet,
  settings: EvaluationSettings = {},
): Evaluation {
  const answer = decideSlowly(request, jsonOf(policies), settings)
  const statement = decidingStatement(answer)
  const [first = 'identity'] = answer.deciders
  const decidedBy = statement?.policyType ?? first
  return {
    decision: answer.decision,
    decidedBy,
    ...(statement === undefined ? {} : { statement }),
    statements: answer.statements,
    nearMisses: [],
    missingContextValues: missingKeys(answer.statements),
    reason: reasonOf(answer, decidedBy),
  }
}

/** The policies as the JSON values they were read from. */
export function jsonOf(policies: PolicySet): JsonPolicies {
  const one = (policy: NamedPolicy): JsonPolicy => ({ name: policy.name, json: policy.policy.source })
  const perhaps = (policy: NamedPolicy | null) => (policy === null ? null : one(policy))
  return {
    identity: policies.identity.map(one),
    boundary: perhaps(policies.boundary),
    session: perhaps(policies.session),
    scp: policies.scp.map((level) => level.map(one)),
    rcp: policies.rcp.map((level) => level.map(one)),
    resource: perhaps(policies.resource),
    vpcEndpoint: perhaps(policies.vpcEndpoint),
    grants: (policies.grants ?? []).map(listed),
  }
}

/** A grant as it was listed. */
function listed({ keyArn, granteePrincipal, issuingAccount, operations, constraints }: KmsGrant): ListedGrant {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = constraints
  return {
    GranteePrincipal: granteePrincipal,
    Operations: operations,
    ...(keyArn === null ? {} : { KeyId: keyArn }),
    ...(issuingAccount === null ? {} : { IssuingAccount: `arn:aws:iam::${issuingAccount}:root` }),
    Constraints: {
      ...(encryptionContextEquals === undefined ? {} : { EncryptionContextEquals: encryptionContextEquals }),
      ...(encryptionContextSubset === undefined ? {} : { EncryptionContextSubset: encryptionContextSubset }),
      ...(sourceArn === undefined ? {} : { SourceArn: sourceArn }),
    },
  }
}

function decidingStatement(answer: ReferenceAnswer): StatementOutcome | undefined {
  if (answer.decision === 'implicitDeny') return undefined
  const effect = answer.decision === 'allowed' ? 'Allow' : 'Deny'
  return answer.statements.find(
    (one) => one.matched && one.effect === effect && answer.deciders.includes(one.policyType),
  )
}

function missingKeys(statements: readonly StatementOutcome[]): readonly string[] {
  const missing = statements.flatMap((one) => one.conditions).filter((condition) => condition.actual === null)
  return [...new Set(missing.map((condition) => condition.key))]
}

function reasonOf(answer: ReferenceAnswer, decidedBy: PolicyType): string {
  if (answer.decision === 'allowed') return `allowed: by the ${decidedBy} policy`
  if (answer.decision === 'explicitDeny') return `denied: by a statement of the ${decidedBy} policy`
  return `denied: no ${decidedBy} policy allows`
}
