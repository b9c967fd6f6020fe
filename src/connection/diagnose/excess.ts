/**
 * What the policies allow beyond the connection's need: AssumeRole without our External ID, and what its purpose must not do.
 * The job works then, and the verification is red all the same. Repairs are tried on the evaluator before they are shown.
 */
import type { Cause, Connection, LinkId, PolicyName, Repair } from '../../contract/index.ts'
import {
  type ApiCall,
  applyPatch,
  type ChainPolicies,
  decideCall,
  diffPolicies,
  type NamedPolicy,
  type PatchOperation,
  parsePolicy,
  writeSetupPolicies,
} from '../../iam/index.ts'
import { setupModelOf } from '../model/setup-model.ts'
import { policyNameOf, statementOf } from './deciding-statement.ts'

/** What the search for an excess works with. */
export interface ExcessStage {
  readonly connection: Connection
  readonly principalArn: string
  /** What a good set of policies refuses. */
  readonly forbidden: readonly ApiCall[]
  /** What the job does, AssumeRole first. */
  readonly wanted: readonly ApiCall[]
  readonly policies: ChainPolicies
}

/** Finds what is allowed and should not be: one cause for each statement that allows it. */
export function excessCauses(stage: ExcessStage): Cause[] {
  // Our own session policy narrows what we do, and not what the other side grants.
  const policies = { ...stage.policies, session: null }
  const causes = new Map<string, Cause>()
  for (const call of stage.forbidden) {
    const { decision, parts, notSeen } = decideCall(call, policies)
    const [part] = parts
    const outcome = part?.evaluation.statement
    const isSupposed = notSeen.some((name) => name === 'trust' || name === 'permissions')
    if (decision !== 'allowed' || part === undefined || outcome === undefined || isSupposed) continue
    const isAssume = call.operation === 'sts:AssumeRole'
    const policy = policyNameOf(outcome.policyType, isAssume)
    const named = allOf(policies).find((one) => one.name === outcome.policy)
    const id = idOf(call)
    const key = `${id} ${outcome.policy} ${outcome.index}`
    if (named === undefined || causes.has(key) || (id === 'external-id-not-compared' && causes.size > 0)) continue
    causes.set(key, {
      id,
      confidence: 'proved',
      link: linkOf(policy),
      summary: sentenceOf(call, part.request.resource),
      because: [part.evaluation.reason],
      statement: statementOf(policy, outcome, undefined, allOf(policies)),
      repairs: repairsOf(stage, policy, named, outcome.index),
    })
  }
  return [...causes.values()]
}

function allOf(policies: ChainPolicies): readonly NamedPolicy[] {
  return [policies.trust, ...(policies.permissions ?? []), policies.bucket].filter((one) => one !== null)
}

function idOf(call: ApiCall): string {
  if (call.operation !== 'sts:AssumeRole') return 'grants-too-much'
  if (call.webIdentity !== undefined) return 'token-not-compared'
  return call.externalId === null ? 'external-id-not-required' : 'external-id-not-compared'
}

function linkOf(policy: PolicyName): LinkId {
  if (policy === 'trust') return 'assume-role'
  return policy === 'bucket' ? 'bucket-policy' : 'permissions'
}

function sentenceOf(call: ApiCall, resource: string): string {
  if (call.operation !== 'sts:AssumeRole') {
    return `\`${call.operation}\` on \`${resource}\` is allowed, and the purpose of the connection must not`
  }
  if (call.webIdentity !== undefined) {
    return 'the role can be assumed with an ID token of ours that was made for another connection: audience and subject are not both compared'
  }
  return call.externalId === null
    ? 'the role can be assumed without an External ID: anybody who can make us call it could use it'
    : 'the role can be assumed with another External ID than ours: it is demanded, and not compared'
}

/** Without the statement, if the job lives without it; else the whole policy as the set-up kit has it. */
function repairsOf(stage: ExcessStage, policy: PolicyName, named: NamedPolicy, index: number): Repair[] {
  const kit = writeSetupPolicies(setupModelOf(stage.connection, stage.principalArn))
  const ofKit = policy === 'trust' ? kit.trust : policy === 'permissions' ? kit.permissions : null
  const title =
    policy === 'trust' ? 'the trust policy' : policy === 'bucket' ? 'the bucket policy' : `\`${named.name}\``
  const candidates: readonly { readonly summary: string; readonly operations: readonly PatchOperation[] }[] = [
    {
      summary: `remove statement ${index} of ${title}: the job does not need it`,
      operations: [{ op: 'remove', path: `/Statement/${index}` }],
    },
    ...(ofKit === null
      ? []
      : [
          {
            summary: `replace ${title} by \`${policy}-policy.json\` of the set-up kit`,
            operations: [{ op: 'replace' as const, path: '', value: JSON.parse(JSON.stringify(ofKit)) as unknown }],
          },
        ]),
  ]
  const proved = candidates.flatMap(({ summary, operations }) => {
    const after = applyPatch(named.policy.source, operations)
    if (!after.ok || !isGood(stage, named, after.value)) return []
    return [repair(policy, named, summary, operations, after.value)]
  })
  return proved.slice(0, 1)
}

/** True when nothing forbidden is allowed any more, as far as this policy is concerned, and the job still is. */
function isGood(stage: ExcessStage, named: NamedPolicy, after: unknown): boolean {
  const parsed = parsePolicy(after)
  if (!parsed.ok) return false
  const swap = (one: NamedPolicy): NamedPolicy => (one === named ? { name: one.name, policy: parsed.value } : one)
  const { trust, permissions, bucket } = stage.policies
  const next: ChainPolicies = {
    ...stage.policies,
    trust: trust === null ? null : swap(trust),
    permissions: permissions === null ? null : permissions.map(swap),
    bucket: bucket === null ? null : swap(bucket),
  }
  const wide = { ...next, session: null }
  const isAllowed = (call: ApiCall, policies: ChainPolicies): boolean =>
    decideCall(call, policies).decision === 'allowed'
  const before = { ...stage.policies, session: null }
  const opened = stage.forbidden.filter((call) => isAllowed(call, before))
  const left = opened.filter((call) => isAllowed(call, wide))
  return left.length < opened.length && stage.wanted.every((call) => isAllowed(call, next))
}

function repair(
  policy: PolicyName,
  named: NamedPolicy,
  summary: string,
  operations: readonly PatchOperation[],
  after: unknown,
): Repair {
  const text = JSON.stringify({ after, operations })
  const plain = JSON.parse(text) as Pick<NonNullable<Repair['patch']>, 'after' | 'operations'>
  return {
    side: 'theirs',
    summary,
    opens: 'nothing else; whoever relied on it loses it',
    patch: { policy, diff: diffPolicies(named.policy.source, after, named.name), ...plain },
    proved: true,
  }
}
