/**
 * Runs cases: one request, the policies, and the decision that is expected, all in one JSON value. The form is for people
 * who keep a vendor's rules, or a customer's policies, as data and want to see them evaluated again after a change.
 * Its JSON Schema is `docs/schemas/iam-case.json`.
 */
import { err, ok, type Result } from '../base/index.ts'
import {
  type AccessRequest,
  type Decision,
  type EvaluationSettings,
  evaluate,
  type KmsGrant,
  type NamedPolicy,
  type PolicyProblem,
  type PolicySet,
  type PolicyType,
  parsePolicy,
  readGrants,
} from '../iam/index.ts'
import { Form } from './form.ts'

/** What became of a case. */
export interface CaseOutcome {
  readonly name: string
  readonly decision: Decision
  /** Null when the case expects nothing. */
  readonly expected: Decision | null
  /** False only when something else was expected. */
  readonly ok: boolean
  readonly decidedBy: PolicyType
  readonly reason: string
  readonly missingContextValues: readonly string[]
}

/** Evaluates one case; the error is one line that names the member at fault. Absent policies mean none. */
export function evaluateCase(json: unknown): Result<CaseOutcome, string> {
  const problems: string[] = []
  const form = Form.read(json, 'the case', problems)
  const name = form.string('name')
  const request = readRequest(form.object('request', ['principal', 'action', 'resource', 'resourceAccount', 'context']))
  const policies = readPolicies(form.object('policies', [...policyMembers, 'grants']), problems)
  const settings = readSettings(form.optionalObject('settings', ['s3']))
  const expected = form.optionalObject('expected')?.choice('decision', decisions) ?? null
  const [problem] = problems
  if (problem !== undefined) return err(name === '' ? problem : `case \`${name}\`: ${problem}`)
  const { decision, decidedBy, reason, missingContextValues } = evaluate(request, policies, settings)
  const isExpected = expected === null || expected === decision
  return ok({ name, decision, expected, ok: isExpected, decidedBy, reason, missingContextValues })
}

const decisions = ['allowed', 'explicitDeny', 'implicitDeny'] as const satisfies readonly Decision[]
const policyMembers = ['identity', 'boundary', 'session', 'scp', 'rcp', 'resource', 'vpcEndpoint'] as const

function readRequest(form: Form): AccessRequest {
  const resource = form.string('resource')
  const ownAccount = resource.startsWith('arn:') ? (resource.split(':', 5)[4] ?? '') : ''
  return {
    principal: form.string('principal'),
    action: form.string('action'),
    resource,
    // A bucket's ARN does not say whose it is; other ARNs do.
    resourceAccount: ownAccount !== '' && !form.has('resourceAccount') ? ownAccount : form.string('resourceAccount'),
    context: form.context('context'),
  }
}

function readPolicies(form: Form, problems: string[]): PolicySet {
  const named = (value: unknown, name: string): NamedPolicy[] => {
    const policy = parsePolicy(value)
    if (policy.ok) return [{ name, policy: policy.value }]
    problems.push(`policy ${name}: ${firstProblem(policy.error)}`)
    return []
  }
  const one = (member: (typeof policyMembers)[number]): NamedPolicy | null => {
    const value = form.value(member)
    return value === undefined || value === null ? null : (named(value, member)[0] ?? null)
  }
  const levels = (member: 'scp' | 'rcp'): readonly (readonly NamedPolicy[])[] =>
    form.list(member).map((level, i) => {
      if (!Array.isArray(level)) problems.push(`${form.path(member)}/${i} must be a list of policies`)
      const policies: readonly unknown[] = Array.isArray(level) ? level : []
      return policies.flatMap((policy, j) => named(policy, `${member}[${i}][${j}]`))
    })
  return {
    identity: form.list('identity').flatMap((policy, i) => named(policy, `identity[${i}]`)),
    boundary: one('boundary'),
    session: one('session'),
    scp: levels('scp'),
    rcp: levels('rcp'),
    resource: one('resource'),
    vpcEndpoint: one('vpcEndpoint'),
    ...grantsOf(form, problems),
  }
}

/** The member `grants`, where there is one. */
export function grantsOf(form: Form, problems: string[]): { readonly grants?: readonly KmsGrant[] } {
  if (!form.has('grants') || form.value('grants') === null) return {}
  const grants = readGrants(form.value('grants'))
  if (grants.ok) return { grants: grants.value }
  problems.push(grants.error)
  return {}
}

/** The first problem of a policy, in one line with its place. */
export function firstProblem(problems: readonly PolicyProblem[]): string {
  const [first] = problems
  if (first === undefined) return 'malformed'
  const place = first.line === undefined ? first.pointer : `line ${first.line}, column ${first.column}`
  return place === '' ? first.message : `${first.message} (at ${place})`
}

function readSettings(form: Form | null): EvaluationSettings {
  const s3 = form?.optionalObject('s3', ['restrictPublicBuckets', 'objectOwner', 'objectAcl'])
  if (s3 === null || s3 === undefined) return {}
  const restrictPublicBuckets = s3.optionalBoolean('restrictPublicBuckets')
  const objectOwner = s3.optionalString('objectOwner')
  const objectAcl = s3.has('objectAcl') ? s3.choice('objectAcl', ['private', 'bucket-owner-full-control']) : null
  return {
    s3: {
      ...(restrictPublicBuckets === undefined ? {} : { restrictPublicBuckets }),
      ...(objectOwner === null ? {} : { objectOwner }),
      ...(objectAcl === null ? {} : { objectAcl }),
    },
  }
}
