/** The two versions of the chain's policies that a plan compares, and what had to be supposed for them. */
import type { Connection, PolicyName } from '../../contract/index.ts'
import {
  type ChainPolicies,
  type NamedPolicy,
  parsePolicy,
  type StatementOutcome,
  writeSessionPolicy,
  writeSetupPolicies,
} from '../../iam/index.ts'
import { type PolicyTexts, type ReadPolicies, readPolicyTexts } from '../diagnose/policy-texts.ts'
import { accountOf } from '../model/role-arn.ts'
import { setupModelOf } from '../model/setup-model.ts'

/** A plan, ready to be decided on. */
export interface Plan {
  readonly planned: PolicyTexts
  readonly before: ChainPolicies
  readonly after: ChainPolicies
  /** Every policy of the later version. */
  readonly named: readonly NamedPolicy[]
  /** What was taken for policies that nobody gave, one line each. */
  readonly supposed: readonly string[]
  /** The name under which a policy's statement is told. */
  nameOf(outcome: StatementOutcome | undefined): PolicyName
}

/** Puts both versions together. @throws input-invalid — a policy that can not be read */
export function planOf(
  connection: Connection,
  planned: PolicyTexts,
  before: PolicyTexts,
  vendorPrincipalArn: string,
): Plan {
  const model = setupModelOf(connection, vendorPrincipalArn)
  const kit = writeSetupPolicies(model)
  const needsBucketPolicy = accountOf(model.roleArn) !== model.bucketOwner
  const fromKit: ReadPolicies = {
    trust: written('trust', kit.trust),
    permissions: [written('permissions', kit.permissions)],
    boundary: null,
    bucket: needsBucketPolicy ? written('bucket', kit.bucket) : null,
    key: kit.key === null ? null : written('key', kit.key),
  }
  const given = readPolicyTexts(before)
  const wanted = readPolicyTexts(planned)
  const session = written('session', writeSessionPolicy(model))
  const was = overlay(fromKit, given, before)
  const is = overlay(was, wanted, planned)
  const after = chainOf(is, session)
  const names = ['trust', 'permissions', 'boundary', 'bucket', 'key'] as const
  return {
    planned,
    before: chainOf(was, session),
    after,
    named: [is.trust, ...(is.permissions ?? []), is.boundary, session, is.bucket, is.key].filter((one) => one !== null),
    supposed: names
      .filter((name) => before[name] === undefined && planned[name] === undefined)
      .flatMap((name) => supposition(name, fromKit[name] !== null)),
    nameOf,
  }
}

function written(name: string, document: unknown): NamedPolicy {
  const parsed = parsePolicy(JSON.parse(JSON.stringify(document)))
  if (!parsed.ok) throw new TypeError(`the ${name} policy that we write can not be read by ourselves`)
  return { name, policy: parsed.value }
}

/** Takes from `over` what was given at all; an empty text says that there is none. */
function overlay(under: ReadPolicies, over: ReadPolicies, texts: PolicyTexts): ReadPolicies {
  return {
    trust: texts.trust === undefined ? under.trust : over.trust,
    permissions: texts.permissions === undefined ? under.permissions : (over.permissions ?? []),
    boundary: texts.boundary === undefined ? under.boundary : over.boundary,
    bucket: texts.bucket === undefined ? under.bucket : over.bucket,
    key: texts.key === undefined ? under.key : over.key,
  }
}

function chainOf(policies: ReadPolicies, session: NamedPolicy): ChainPolicies {
  return { base: null, ...policies, session, scp: [], rcp: [] }
}

function supposition(name: 'trust' | 'permissions' | 'boundary' | 'bucket' | 'key', isInKit: boolean): string[] {
  if (isInKit) return [`the ${name} policy was not given; the one of the set-up kit is taken for it`]
  if (name === 'bucket')
    return ['the bucket policy was not given; none is supposed, as role and bucket are in one account']
  return []
}

function nameOf(outcome: StatementOutcome | undefined): PolicyName {
  const type = outcome?.policyType ?? 'identity'
  if (type === 'identity') return 'permissions'
  return type === 'resource' || type === 'vpcEndpoint' ? 'bucket' : type
}
