/** The customer's policies as they were pasted or read, parsed for the evaluator. What can not be read is said, not guessed. */
import { DrawbridgeError } from '../../base/index.ts'
import { type NamedPolicy, parsePolicy } from '../../iam/index.ts'

/** Policies as text, by name, with facts of the bucket that an administrator can read. Absent: not looked at. */
export interface PolicyTexts {
  readonly trust?: string | undefined
  /** Every identity-based policy of the role. */
  readonly permissions?: readonly string[] | undefined
  readonly boundary?: string | undefined
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  /** Key of the bucket's default encryption; null: it has none of the customer's. */
  readonly bucketKeyArn?: string | null | undefined
  readonly objectOwnership?: 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter' | null | undefined
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
}

/** Parses the texts. @throws input-invalid — with the policy's name, the place and the problem */
export function readPolicyTexts(texts: PolicyTexts): ReadPolicies {
  const one = (name: string, text: string | undefined): NamedPolicy | null =>
    text === undefined || text.trim() === '' ? null : readOne(name, text)
  return {
    trust: one('trust', texts.trust),
    permissions:
      texts.permissions?.map((text, index) =>
        readOne(index === 0 ? 'permissions' : `permissions ${index + 1}`, text),
      ) ?? null,
    boundary: one('boundary', texts.boundary),
    bucket: one('bucket', texts.bucket),
    key: one('key', texts.key),
  }
}

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
