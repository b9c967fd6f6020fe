/** The customer's policies as they were pasted or read, parsed for the evaluator. What can not be read is said, not guessed. */
import { DrawbridgeError } from '../../base/index.ts'
import { type NamedPolicy, parsePolicy } from '../../iam/index.ts'

/** An issuer of ID tokens that the role's account has registered. */
export interface IdentityProvider {
  readonly arn: string
  /** Its client ids: for which audiences a token may be made. */
  readonly audiences: string[]
}

/** Policies as text, by name, with facts of the bucket that an administrator can read. Absent: not looked at. */
export interface PolicyTexts {
  /** False: IAM says that there is no such role. */
  readonly roleExists?: boolean | undefined
  readonly trust?: string | undefined
  /** Every OpenID Connect provider of the role's account. */
  readonly identityProviders?: readonly IdentityProvider[] | undefined
  /** Every identity-based policy of the role. */
  readonly permissions?: readonly string[] | undefined
  readonly boundary?: string | undefined
  readonly bucket?: string | undefined
  /** `missing`: nobody has such a bucket; `elsewhere`: the account whose credentials were used does not have it. */
  readonly bucketPlace?: 'missing' | 'elsewhere' | undefined
  readonly key?: string | undefined
  /** Key of the bucket's default encryption; null: it has none of the customer's. */
  readonly bucketKeyArn?: string | null | undefined
  readonly objectOwnership?: 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter' | null | undefined
  /** True: RestrictPublicBuckets of Block Public Access is on for the bucket. */
  readonly restrictPublicBuckets?: boolean | undefined
  /** True: the bucket uses S3 Bucket Keys. */
  readonly usesBucketKeys?: boolean | undefined
  /** As KMS calls it: `Enabled`, `Disabled`, `PendingDeletion` … */
  readonly keyState?: string | undefined
  /** Service control policies of the role's account, levels from the root down. */
  readonly scp?: readonly (readonly string[])[] | undefined
  /** Resource control policies of the bucket's account, levels from the root down. */
  readonly rcp?: readonly (readonly string[])[] | undefined
  /** CloudTrail events of refused calls, as JSON, with whatever words around. */
  readonly events?: string | undefined
  /** What could not be read, one line each. */
  readonly notSeen?: readonly string[] | undefined
}

/** Policies that the evaluator can work with. Null: not looked at, or, for bucket and boundary, not there. */
export interface ReadPolicies {
  readonly trust: NamedPolicy | null
  readonly permissions: readonly NamedPolicy[] | null
  readonly boundary: NamedPolicy | null
  readonly bucket: NamedPolicy | null
  readonly key: NamedPolicy | null
  /** Absent: none at hand. */
  readonly scp?: readonly (readonly NamedPolicy[])[]
  readonly rcp?: readonly (readonly NamedPolicy[])[]
  /** What was supposed about them, one line each. */
  readonly remarks?: readonly string[]
}

/** Parses the texts. @throws input-invalid — with the policy's name, the place and the problem */
export function readPolicyTexts(texts: PolicyTexts): ReadPolicies {
  const one = (name: string, text: string | undefined): NamedPolicy | null =>
    text === undefined || text.trim() === '' ? null : readOne(name, text)
  const { levels, remarks } = serviceControlPolicies(texts.scp ?? [])
  return {
    trust: one('trust', texts.trust),
    permissions:
      texts.permissions?.map((text, index) =>
        readOne(index === 0 ? 'permissions' : `permissions ${index + 1}`, text),
      ) ?? null,
    boundary: one('boundary', texts.boundary),
    bucket: one('bucket', texts.bucket),
    key: one('key', texts.key),
    scp: levels,
    rcp: levelsOf('resource control', texts.rcp ?? []),
    remarks,
  }
}

function levelsOf(kind: string, levels: readonly (readonly string[])[]): NamedPolicy[][] {
  return levels.map((level, depth) =>
    level.map((text, index) => readOne(`${kind} ${depth + 1}${level.length > 1 ? `.${index + 1}` : ''}`, text)),
  )
}

/** Denies are handed over without the `FullAWSAccess` beside them, without which nothing in the account would work. */
function serviceControlPolicies(texts: readonly (readonly string[])[]): {
  levels: readonly (readonly NamedPolicy[])[]
  remarks: readonly string[]
} {
  let isSupposed = false
  const levels = levelsOf('service control', texts).map((level) => {
    if (level.some(({ policy }) => policy.statements.some((statement) => statement.effect === 'Allow'))) return level
    isSupposed = true
    return [...level, readOne('FullAWSAccess (supposed)', fullAccess)]
  })
  const remark = '`FullAWSAccess` was not among the service control policies, and is taken as attached beside them'
  return { levels, remarks: isSupposed ? [remark] : [] }
}

const fullAccess = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})

function readOne(name: string, text: string): NamedPolicy {
  const parsed = parsePolicy(text)
  if (parsed.ok) return { name, policy: parsed.value }
  const problem = parsed.error[0]
  const at =
    problem?.line === undefined
      ? problem?.pointer
        ? ` at \`${problem.pointer}\``
        : ''
      : ` in line ${problem.line}, column ${problem.column ?? 1}`
  throw new DrawbridgeError({
    code: 'input-invalid',
    message: `the ${name} policy can not be read${at}: ${problem?.message ?? 'it is not a policy'}`,
    operation: 'diagnosis.explain',
    context: { policy: name },
    help: 'paste the whole policy as JSON, from the first brace to the last',
  })
}
