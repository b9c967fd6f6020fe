/** From an evaluation to the statement and the condition that decided, and to the class of the refusal. */
import type { DecidingStatement, PolicyName } from '../../contract/index.ts'
import type { ConditionOutcome, NamedPolicy, StatementOutcome, VerdictPart } from '../../iam/index.ts'

/** A refusal, taken apart. */
export interface Refusal {
  /** Class of the symptom: `trust-source-ip`, `missing-permission` … */
  readonly id: string
  /** What is wrong, one sentence. */
  readonly summary: string
  readonly statement: DecidingStatement
}

/** Takes the refusing part of a verdict apart. `policies` are those that were evaluated, for the statement's own text. */
export function refusalOf(part: VerdictPart, policies: readonly NamedPolicy[]): Refusal {
  const { evaluation, request } = part
  const isAssume = request.action.startsWith('sts:')
  const policy = policyNameOf(evaluation.decidedBy, isAssume)
  if (evaluation.decision === 'explicitDeny' && evaluation.statement !== undefined) {
    const outcome = evaluation.statement
    const condition = outcome.conditions.find((one) => one.matched)
    return {
      id: denyId(policy, condition),
      summary: `${describePolicy(policy)} denies \`${request.action}\`${whenCondition(condition)}`,
      statement: statementOf(policy, outcome, condition, policies),
    }
  }
  if (evaluation.decision === 'explicitDeny') return publicRefusal(request.action)
  const near = evaluation.nearMisses.find((miss) => policyNameOf(miss.statement.policyType, isAssume) === policy)
  if (near !== undefined) {
    const condition = near.failing[0]
    return {
      id: conditionId(policy, request.action, condition),
      summary: `${describePolicy(policy)} would allow \`${request.action}\`${butCondition(condition)}`,
      statement: statementOf(policy, near.statement, condition, policies),
    }
  }
  const stranger = evaluation.statements.find(
    (outcome) =>
      outcome.effect === 'Allow' &&
      outcome.actionMatched &&
      outcome.principalMatched === false &&
      policyNameOf(outcome.policyType, isAssume) === policy,
  )
  if (stranger !== undefined) {
    return {
      id: absenceId(policy, policy === 'trust' ? assumeAction(request.action) : request.action),
      summary: `${describePolicy(policy)} allows \`${request.action}\` to somebody else, not to \`${request.principal}\``,
      statement: statementOf(policy, stranger, undefined, policies),
    }
  }
  const elsewhere = evaluation.statements.find(
    (outcome) =>
      outcome.effect === 'Allow' &&
      outcome.actionMatched &&
      outcome.principalMatched !== false &&
      outcome.resourceMatched === false &&
      policyNameOf(outcome.policyType, isAssume) === policy,
  )
  if (elsewhere !== undefined) {
    return {
      id: elsewhereId(policy, request.action),
      summary: `${describePolicy(policy)} allows \`${request.action}\`, and not on \`${request.resource}\``,
      statement: statementOf(policy, elsewhere, undefined, policies),
    }
  }
  return {
    id: absenceId(policy, request.action),
    summary: `nothing in ${describePolicy(policy)} allows \`${request.action}\` on \`${request.resource}\``,
    statement: { policy },
  }
}

/** RestrictPublicBuckets refuses other accounts whatever the statements say; no single one of them decided. */
function publicRefusal(action: string): Refusal {
  return {
    id: 'block-public-access',
    summary: `Block Public Access refuses \`${action}\`: the bucket policy is public, and RestrictPublicBuckets then serves the bucket’s own account alone`,
    statement: { policy: 'bucket', effect: 'Deny' },
  }
}

function elsewhereId(policy: PolicyName, action: string): string {
  return policy === 'permissions' && action.startsWith('s3:') ? 'permissions-key-pattern' : absenceId(policy, action)
}

/** The contract's name for a type of policy; identity policies are ours at AssumeRole and the role's behind it. */
export function policyNameOf(type: StatementOutcome['policyType'], isAssume: boolean): PolicyName {
  switch (type) {
    case 'identity':
      return isAssume ? 'base' : 'permissions'
    case 'resource':
    case 'vpcEndpoint':
      return 'bucket'
    default:
      return type
  }
}

const descriptions: Readonly<Record<PolicyName, string>> = {
  trust: 'the trust policy',
  permissions: 'the permissions of the role',
  boundary: 'the permissions boundary',
  session: 'the session policy that we send',
  bucket: 'the bucket policy',
  key: 'the key policy',
  scp: 'a service control policy',
  rcp: 'a resource control policy',
  base: 'our own identity policy',
}

/** The name of a policy for a sentence. */
export function describePolicy(policy: PolicyName): string {
  return descriptions[policy]
}

function whenCondition(condition: ConditionOutcome | undefined): string {
  if (condition === undefined) return ''
  const actual = condition.actual === null ? 'is not part of the request' : `is ${list(condition.actual)}`
  return `, because \`${condition.key}\` ${actual} and the statement names ${list(condition.wanted)} (${condition.operator})`
}

function butCondition(condition: ConditionOutcome | undefined): string {
  if (condition === undefined) return ''
  const actual = condition.actual === null ? 'is not known or not sent' : `is ${list(condition.actual)}`
  return `, but \`${condition.key}\` ${actual} and ${list(condition.wanted)} is wanted (${condition.operator})`
}

function list(values: readonly string[]): string {
  const shown = values.slice(0, 4).map((value) => `\`${value}\``)
  return values.length > 4 ? `${shown.join(', ')} and ${values.length - 4} more` : shown.join(', ')
}

/** A statement of an evaluation with its own text, in the contract's form. */
export function statementOf(
  policy: PolicyName,
  outcome: StatementOutcome,
  condition: ConditionOutcome | undefined,
  policies: readonly NamedPolicy[],
): DecidingStatement {
  const text = statementText(
    policies.find((one) => one.name === outcome.policy),
    outcome.index,
  )
  return {
    policy,
    index: outcome.index,
    effect: outcome.effect,
    ...(outcome.sid === undefined ? {} : { sid: outcome.sid }),
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

/** The statement as it stands in the policy's own JSON. */
function statementText(policy: NamedPolicy | undefined, index: number): string | null {
  const source = policy?.policy.source
  if (typeof source !== 'object' || source === null || !('Statement' in source)) return null
  const statements: unknown[] = Array.isArray(source.Statement) ? source.Statement : [source.Statement]
  const statement = statements[index]
  return statement === undefined ? null : JSON.stringify(statement, null, 2)
}

const networkKeys = new Set(['aws:sourceip', 'aws:vpcsourceip', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:sourcevpcarn'])
const organization: ReadonlySet<PolicyName> = new Set(['scp', 'rcp'])

function conditionId(policy: PolicyName, action: string, condition: ConditionOutcome | undefined): string {
  const key = condition?.key.toLowerCase() ?? ''
  if (policy === 'trust') {
    if (key === 'sts:externalid') return 'external-id-mismatch'
    if (networkKeys.has(key)) return 'trust-source-ip'
    if (key === 'sts:rolesessionname') return 'trust-session-name'
    if (key === 'sts:sourceidentity') return 'trust-source-identity'
    if (key === 'aws:requestedregion') return 'trust-requested-region'
    if (key.startsWith('aws:requesttag/') || key === 'aws:tagkeys') return 'trust-request-tag'
    // `login.example.com/path:sub`: what an ID token says.
    if (/\.[^:]*:(?:sub|aud)$/.test(key)) return 'token-subject-mismatch'
    return 'trust-condition'
  }
  if (key.startsWith('aws:principaltag/')) return `${policy === 'bucket' ? 'bucket-' : ''}principal-tag`
  if (networkKeys.has(key)) return `${policy}-source-ip`
  if (key.startsWith('s3:x-amz-server-side-encryption')) return 'encryption-demanded'
  if (key === 's3:x-amz-acl') return 'acl-demanded'
  if (organization.has(policy)) return 'organization-policy'
  if (policy === 'session') return 'session-policy'
  if (policy === 'boundary') return 'boundary'
  if (key === 'aws:requestedregion') return `${policy}-requested-region`
  if (policy === 'key') return 'kms-key-policy'
  return action === 's3:PutObject' || policy !== 'permissions' ? `${policy}-condition` : absenceId(policy, action)
}

function denyId(policy: PolicyName, condition: ConditionOutcome | undefined): string {
  const key = condition?.key.toLowerCase() ?? ''
  if (policy === 'bucket') {
    if (key.startsWith('s3:x-amz-server-side-encryption')) return 'encryption-demanded'
    return key === 's3:x-amz-acl' ? 'acl-demanded' : 'bucket-policy-deny'
  }
  if (policy === 'trust') return condition === undefined ? 'trust-deny' : conditionId('trust', '', condition)
  return policy === 'permissions' ? 'permissions-deny' : absenceId(policy, '')
}

/** Whom a statement names is one question, whether it is about assuming, tagging or the source identity. */
function assumeAction(action: string): string {
  return action === 'sts:AssumeRoleWithWebIdentity' ? action : 'sts:AssumeRole'
}

function absenceId(policy: PolicyName, action: string): string {
  switch (policy) {
    case 'trust':
      if (action === 'sts:TagSession') return 'trust-tag-session'
      if (action === 'sts:AssumeRoleWithWebIdentity') return 'token-principal'
      return action === 'sts:SetSourceIdentity' ? 'trust-source-identity' : 'trust-principal'
    case 'base':
      return 'base-permission'
    case 'key':
      return 'kms-key-policy'
    case 'permissions':
      if (action === 's3:PutObjectAcl') return 'missing-acl-permission'
      if (action === 's3:ListBucket') return 'missing-bucket-permission'
      return action.startsWith('kms:') ? 'missing-kms-permission' : 'missing-permission'
    case 'bucket':
      return 'bucket-policy-missing'
    case 'boundary':
      return 'boundary'
    case 'session':
      return 'session-policy'
    case 'scp':
    case 'rcp':
      return 'organization-policy'
  }
}
