/**
 * Decides one API call against the policies of a chain: every request it consists of is evaluated, and the first refusal
 * names the link of the chain. The evaluation itself stands in `../evaluate`.
 */
import { evaluate } from '../evaluate/index.ts'
import { parsePolicy } from '../read/index.ts'
import type { AccessRequest, Evaluation, NamedPolicy, PolicySet } from '../types.ts'
import { accountOf, partitionOf } from '../write/index.ts'
import type { ApiCall, AssumeRoleCall, ChainPolicies, Link, Verdict, VerdictPart } from './api-call.ts'
import { missingContext } from './missing-context.ts'
import { requestsOf } from './requests.ts'

/** Decides one call. The call is allowed when every request it consists of is. Pure; never throws on odd policies. */
export function decideCall(call: ApiCall, policies: ChainPolicies): Verdict {
  const parts = requestsOf(call).map((request): VerdictPart => {
    const settings = { s3: { restrictPublicBuckets: policies.restrictPublicBuckets ?? false } }
    const evaluation = evaluate(request, policiesFor(call, request, policies), settings)
    return { request, evaluation, link: linkOf(request, evaluation) }
  })
  const refusedBy = parts.findIndex((part) => part.evaluation.decision !== 'allowed')
  return {
    decision: parts[refusedBy]?.evaluation.decision ?? 'allowed',
    parts,
    refusedBy: refusedBy === -1 ? null : refusedBy,
    missingContextValues: missingContext(call, parts),
    notSeen: notSeen(parts, policies),
  }
}

type Kind = 'assume' | 'storage' | 'key'

function kindOf(request: AccessRequest): Kind {
  if (request.action.startsWith('sts:')) return 'assume'
  return request.action.startsWith('kms:') ? 'key' : 'storage'
}

/** The policies that one request of a call meets. */
function policiesFor(call: ApiCall, request: AccessRequest, policies: ChainPolicies): PolicySet {
  if (call.operation === 'sts:AssumeRole') {
    const isSameAccount = accountOf(call.caller) === accountOf(call.roleArn)
    return {
      identity: policies.base ?? [assumedIdentity('base')],
      boundary: null,
      session: null,
      // The service control policies at hand are those of the role's account and do not bind callers of another.
      scp: isSameAccount ? policies.scp : [],
      rcp: policies.rcp,
      resource: policies.trust ?? assumedTrust(call),
      vpcEndpoint: null,
    }
  }
  const isKeyUse = kindOf(request) === 'key'
  return {
    identity: policies.permissions ?? [assumedIdentity('permissions')],
    boundary: policies.boundary,
    session: policies.session,
    scp: policies.scp,
    rcp: policies.rcp,
    resource: isKeyUse ? (policies.key ?? assumedKeyPolicy(call.roleArn)) : policies.bucket,
    vpcEndpoint: null,
    ...(policies.grants === undefined ? {} : { grants: policies.grants }),
  }
}

/** The link that a decision falls on: the refusing policy's link, or the natural one of the request. */
function linkOf(request: AccessRequest, evaluation: Evaluation): Link {
  const kind = kindOf(request)
  const atResource: Link = kind === 'assume' ? 'assume-role' : kind === 'key' ? 'kms-key' : 'bucket-policy'
  const atIdentity: Link = kind === 'assume' ? 'base-identity' : 'permissions'
  if (evaluation.decision === 'allowed') return kind === 'storage' ? 'permissions' : atResource
  switch (evaluation.decidedBy) {
    case 'resource':
    case 'trust':
    case 'key':
    case 'rcp':
    case 'vpcEndpoint':
      return atResource
    case 'identity':
    case 'boundary':
    case 'session':
    case 'scp':
      return atIdentity
  }
}

function notSeen(parts: readonly VerdictPart[], policies: ChainPolicies): string[] {
  const kinds = new Set(parts.map((part) => kindOf(part.request)))
  const isSession = kinds.has('storage') || kinds.has('key')
  return [
    ...(kinds.has('assume') && policies.base === null ? ['base'] : []),
    ...(kinds.has('assume') && policies.trust === null ? ['trust'] : []),
    ...(isSession && policies.permissions === null ? ['permissions'] : []),
    ...(kinds.has('key') && policies.key === null ? ['key'] : []),
  ]
}

/** Stands in for a policy that was not looked at: allows what the call needs, so that the rest can be decided. */
function assumed(name: string, statement: object): NamedPolicy {
  const parsed = parsePolicy({ Version: '2012-10-17', Statement: [statement] })
  if (!parsed.ok) throw new TypeError(`the stand-in for ${name} is not a policy`)
  return { name: `${name} (not looked at)`, policy: parsed.value }
}

function assumedIdentity(name: 'base' | 'permissions'): NamedPolicy {
  return assumed(name, { Effect: 'Allow', Action: ['sts:*', 's3:*', 'kms:*'], Resource: '*' })
}

function assumedTrust({ callerPrincipalArn, webIdentity }: AssumeRoleCall): NamedPolicy {
  const isToken = webIdentity !== undefined
  const Principal = isToken ? { Federated: webIdentity.providerArn } : { AWS: callerPrincipalArn }
  const first = isToken ? 'sts:AssumeRoleWithWebIdentity' : 'sts:AssumeRole'
  return assumed('trust', { Effect: 'Allow', Principal, Action: [first, 'sts:TagSession', 'sts:SetSourceIdentity'] })
}

function assumedKeyPolicy(roleArn: string): NamedPolicy {
  const account = `arn:${partitionOf(roleArn)}:iam::${accountOf(roleArn)}:root`
  return assumed('key', { Effect: 'Allow', Principal: { AWS: [roleArn, account] }, Action: 'kms:*', Resource: '*' })
}
