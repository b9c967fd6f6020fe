/**
 * One decision: collects every policy that has a say about a caller and a resource, and asks the judge. The verdict
 * goes into the record of the request; how a refusal is worded is the service's business.
 */
import type { AccessRequest, Evaluation, KmsGrant, NamedPolicy, PolicySet } from '../../iam/index.ts'
import type { Caller, StoredPolicy } from '../world/entities.ts'
import type { Grants } from '../world/propagation.ts'
import type { World } from '../world/world.ts'
import type { Context } from './context.ts'

/** One entry of a request's record. */
export interface DecisionRecord {
  readonly action: string
  readonly resource: string
  readonly decision: Evaluation['decision']
  /** The policy type that decided. */
  readonly decidedBy: Evaluation['decidedBy']
}

/** What is to be decided. */
export interface Question {
  readonly action: string
  readonly resource: string
  /** The account that owns the resource. */
  readonly resourceAccount: string
  /** What stands at the resource: bucket policy, trust policy or key policy. */
  readonly resourcePolicy: NamedPolicy | null
  readonly context: Context
  /** Of a key. */
  readonly grants?: readonly KmsGrant[]
  readonly restrictPublicBuckets?: boolean
}

/** Decides one question for a caller. */
export function decide(world: World, caller: Caller, question: Question, record: DecisionRecord[]): Evaluation {
  const request: AccessRequest = {
    principal: caller.kind === 'anonymous' ? '*' : caller.arn,
    action: question.action,
    resource: question.resource,
    resourceAccount: question.resourceAccount,
    context: { 'aws:ResourceAccount': question.resourceAccount, ...question.context },
  }
  const settings = { s3: { restrictPublicBuckets: question.restrictPublicBuckets ?? false } }
  const evaluation = world.judge(request, policySet(world, caller, question), settings)
  const { decision, decidedBy } = evaluation
  record.push({ action: question.action, resource: question.resource, decision, decidedBy })
  return evaluation
}

function policySet(world: World, caller: Caller, question: Question): PolicySet {
  const entity = caller.kind === 'anonymous' ? null : caller.kind === 'session' ? caller.role : caller
  const account = caller.kind === 'anonymous' ? undefined : world.accounts.get(caller.accountId)
  // A role that was deleted takes its policies with it; its sessions are left with nothing.
  const alive = entity !== null && world.arnOf(entity.id) !== null
  const grants = alive ? world.propagation.effective(entity) : null
  return {
    identity: grants === null ? [] : identityPolicies(grants),
    boundary: grants === null || grants.boundary === null ? null : named(grants.boundary.name, grants.boundary),
    session: caller.kind === 'session' ? caller.policy : null,
    scp: account?.scp ?? [],
    rcp: world.accounts.get(question.resourceAccount)?.rcp ?? [],
    resource: question.resourcePolicy,
    vpcEndpoint: null,
    ...(question.grants === undefined ? {} : { grants: question.grants }),
  }
}

function identityPolicies(grants: Grants): readonly NamedPolicy[] {
  return [
    ...[...grants.inline].map(([name, stored]) => named(name, stored)),
    ...[...grants.attached.values()].map((managed) => named(managed.name, managed)),
  ]
}

function named(name: string, stored: StoredPolicy): NamedPolicy {
  return { name, policy: stored.policy }
}
