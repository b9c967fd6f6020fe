/** The words of the policy language: policies as read, requests, and what an evaluation answers. */

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny'

/** Where a policy stands in the chain. `trust` and `key` are resource-based policies with rules of their own. */
export type PolicyType =
  | 'identity'
  | 'boundary'
  | 'session'
  | 'scp'
  | 'rcp'
  | 'resource'
  | 'trust'
  | 'key'
  | 'vpcEndpoint'

export type Effect = 'Allow' | 'Deny'

/** A principal element as it was written. */
export type PrincipalElement =
  | '*'
  | Readonly<Partial<Record<'AWS' | 'Service' | 'Federated' | 'CanonicalUser', readonly string[]>>>

/** One operator with one key: `StringEquals` on `sts:ExternalId`, wanted one of the values. */
export interface Condition {
  /** As written, with set qualifier and `IfExists`. */
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

export interface Statement {
  /** Position in the policy, from 0. */
  readonly index: number
  readonly sid?: string
  readonly effect: Effect
  readonly principal?: { readonly negated: boolean; readonly element: PrincipalElement }
  readonly action: { readonly negated: boolean; readonly patterns: readonly string[] }
  /** Absent in trust policies. */
  readonly resource?: { readonly negated: boolean; readonly patterns: readonly string[] }
  readonly conditions: readonly Condition[]
}

export interface Policy {
  readonly version: '2012-10-17' | '2008-10-17'
  readonly id?: string
  readonly statements: readonly Statement[]
  /** The JSON value it was read from, for patches and diffs. */
  readonly source: unknown
}

/** What is wrong with a policy text. */
export interface PolicyProblem {
  readonly kind: 'not-json' | 'malformed'
  /** One line, lower case. */
  readonly message: string
  /** JSON pointer to the element. */
  readonly pointer: string
  /** From 1; present for text that is not JSON, and for every problem of a text that was read with positions. */
  readonly line?: number
  readonly column?: number
}

/** A policy with the name under which explanations mention it. */
export interface NamedPolicy {
  readonly name: string
  readonly policy: Policy
}

/** One request as AWS's authorization sees it. */
export interface AccessRequest {
  /**
   * ARN of a user, role session (`arn:aws:sts::…:assumed-role/role/session`), federated user or root; a role ARN
   * stands for some session of the role; a service principal such as `s3.amazonaws.com`; `*` for anonymous.
   */
  readonly principal: string
  /** `s3:PutObject`. */
  readonly action: string
  /** ARN, or `*`. */
  readonly resource: string
  /** The account that owns the resource. */
  readonly resourceAccount: string
  /** Context keys in any letter case. Keys that follow from the rest (`aws:PrincipalArn` …) are derived when absent. */
  readonly context: Readonly<Record<string, string | readonly string[]>>
}

/** What a grant asks of the encryption context, letter by letter, and of the resource on whose behalf KMS is called. */
export interface KmsGrantConstraints {
  readonly encryptionContextEquals?: Readonly<Record<string, string>>
  readonly encryptionContextSubset?: Readonly<Record<string, string>>
  readonly sourceArn?: string
}

/**
 * A grant on a KMS key. It stands beside the key policy and only ever allows.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
 */
export interface KmsGrant {
  /** Name or id, under which explanations mention it. */
  readonly name: string
  /** The key's ARN; null: the key that is asked about. */
  readonly keyArn: string | null
  /** ARN of an account's root, a user, a role, a session or a federated user; or a service principal. */
  readonly granteePrincipal: string
  /** The account under which it was issued; null: the one that owns the key. */
  readonly issuingAccount: string | null
  /** `Decrypt`, `GenerateDataKey` … */
  readonly operations: readonly string[]
  readonly constraints: KmsGrantConstraints
}

/** What one grant made of the request. */
export interface GrantOutcome {
  /** The grant's name. */
  readonly grant: string
  readonly matched: boolean
  readonly keyMatched: boolean
  readonly granteeMatched: boolean
  readonly operationMatched: boolean
  /** Only those that bear on the operation. */
  readonly constraints: readonly {
    readonly constraint: 'EncryptionContextEquals' | 'EncryptionContextSubset' | 'SourceArn' | 'GrantOperations'
    /** Pairs as `key=value`, or the values themselves. */
    readonly wanted: readonly string[]
    /** Null when the request carries none. */
    readonly actual: readonly string[] | null
    readonly matched: boolean
  }[]
}

export interface PolicySet {
  readonly identity: readonly NamedPolicy[]
  readonly boundary: NamedPolicy | null
  readonly session: NamedPolicy | null
  /** Levels from the root down; every level must allow. Empty: no organization. */
  readonly scp: readonly (readonly NamedPolicy[])[]
  /** Levels as for `scp`; only their denies count, for `RCPFullAWSAccess` stands at every level and cannot be detached. */
  readonly rcp: readonly (readonly NamedPolicy[])[]
  /** Whatever stands at the resource: bucket policy, role trust policy or key policy. */
  readonly resource: NamedPolicy | null
  readonly vpcEndpoint: NamedPolicy | null
  /** Of KMS keys; those for another key than the one asked about count for nothing. */
  readonly grants?: readonly KmsGrant[]
}

export interface EvaluationSettings {
  readonly s3?: {
    readonly restrictPublicBuckets?: boolean
    /**
     * The account that owns the object asked for. Absent: the bucket's owner does, as always where Object Ownership is
     * BucketOwnerEnforced.
     */
    readonly objectOwner?: string
    /** The ACL of an object that another account owns; absent: private. */
    readonly objectAcl?: 'private' | 'bucket-owner-full-control'
  }
}

export interface ConditionOutcome extends Condition {
  /** After variables were resolved. */
  readonly wanted: readonly string[]
  /** Null when the request does not carry the key. */
  readonly actual: readonly string[] | null
  readonly matched: boolean
}

/** What one statement made of the request. */
export interface StatementOutcome {
  readonly policyType: PolicyType
  /** The policy's name. */
  readonly policy: string
  readonly index: number
  readonly sid?: string
  readonly effect: Effect
  readonly matched: boolean
  /** Null: the statement has no such element. */
  readonly principalMatched: boolean | null
  readonly actionMatched: boolean
  readonly resourceMatched: boolean | null
  readonly conditions: readonly ConditionOutcome[]
}

export interface Evaluation {
  readonly decision: Decision
  /** The policy type that decided: where the Deny stands, where the Allow is missing, or where the Allow stands. */
  readonly decidedBy: PolicyType
  /** The deciding statement; absent when none allows. */
  readonly statement?: StatementOutcome
  /** The deciding grant, where it is a grant rather than a statement that allows the use of a key. */
  readonly grant?: GrantOutcome
  /** Every grant that the policy set holds, in order; absent where grants have no say. */
  readonly grants?: readonly GrantOutcome[]
  /** Every statement of every policy, in order. */
  readonly statements: readonly StatementOutcome[]
  /** Statements that would have allowed, were it not for the conditions named; the nearest (fewest failures) first. */
  readonly nearMisses: readonly {
    readonly statement: StatementOutcome
    readonly failing: readonly ConditionOutcome[]
  }[]
  /** Context keys that conditions asked for and neither the request nor its facts could give. */
  readonly missingContextValues: readonly string[]
  /** What decided, in one sentence. */
  readonly reason: string
}
