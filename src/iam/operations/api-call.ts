/**
 * API calls as a caller makes them, the policies of a chain, and the verdict on one call against them. Shapes only:
 * `requests.ts` turns a call into the decisions AWS makes, `decide-call.ts` makes them.
 */
import type { AccessRequest, Decision, Evaluation, KmsGrant, NamedPolicy } from '../types.ts'
import type { WebIdentity } from '../write/index.ts'

/** What every call of a role session carries. */
export interface SessionFacts {
  /** ARN of the session: `arn:aws:sts::222222222222:assumed-role/name/session`. */
  readonly session: string
  /** The role's own ARN, with its path. */
  readonly roleArn: string
  /** Session tags. */
  readonly tags: Readonly<Record<string, string>>
  readonly sourceIdentity: string | null
  /** The Region whose endpoint is called. */
  readonly region: string
  /** The address AWS sees; null when it is not known, and then it is not guessed. */
  readonly sourceIp: string | null
  /** Further context keys, which override derived ones. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>
}

/** Assuming the customer's role. */
export interface AssumeRoleCall {
  readonly operation: 'sts:AssumeRole'
  /** ARN of the caller's own session or user. */
  readonly caller: string
  /** ARN of the role or user behind the caller. */
  readonly callerPrincipalArn: string
  readonly roleArn: string
  readonly externalId: string | null
  /** Present: the call is AssumeRoleWithWebIdentity, and the caller is the identity provider. */
  readonly webIdentity?: WebIdentity
  readonly tags: Readonly<Record<string, string>>
  readonly sourceIdentity: string | null
  /** Left out of the request when absent. */
  readonly sessionName?: string
  readonly region: string
  readonly sourceIp: string | null
  readonly context?: Readonly<Record<string, string | readonly string[]>>
}

interface ObjectFacts extends SessionFacts {
  readonly bucket: string
  readonly key: string
  /** The account that owns the bucket. */
  readonly bucketOwner: string
}

/** How an upload asks to be encrypted. */
export type Encryption =
  | { readonly kind: 'bucket-default' }
  | { readonly kind: 'sse-s3' }
  | { readonly kind: 'sse-kms'; readonly keyArn: string }

/** Writing one object, in one piece or in parts. */
export interface PutObjectCall extends ObjectFacts {
  readonly operation: 's3:PutObject'
  readonly acl: 'none' | 'bucket-owner-full-control'
  readonly encryption: Encryption
  /** The key of the bucket's default encryption; null when that is not SSE-KMS with a customer-managed key. */
  readonly bucketKeyArn: string | null
  /** True: the bucket uses S3 Bucket Keys, so the encryption context is the bucket's ARN. */
  readonly usesBucketKeys?: boolean
  readonly multipart: boolean
  /** Tags that are sent with the object; absent: none. */
  readonly objectTags?: Readonly<Record<string, string>>
  /** How long the object is kept, as it is sent with it; absent: not sent. */
  readonly retention?: { readonly mode: string; readonly days: number }
  readonly legalHold?: boolean
  readonly storageClass?: string
}

/** Reading one object. */
export interface GetObjectCall extends ObjectFacts {
  readonly operation: 's3:GetObject'
  /** The key the object is encrypted with. */
  readonly bucketKeyArn: string | null
  readonly usesBucketKeys?: boolean
}

/** Calls on one object that need one permission. */
export interface ObjectCall extends ObjectFacts {
  readonly operation: 's3:HeadObject' | 's3:DeleteObject' | 's3:AbortMultipartUpload' | 's3:ListParts'
}

/** Calls on the bucket. */
export interface BucketCall extends SessionFacts {
  readonly operation: 's3:ListObjectsV2' | 's3:ListMultipartUploads' | 's3:HeadBucket' | 's3:GetBucketLocation'
  readonly bucket: string
  readonly bucketOwner: string
  /** Of a listing; null when none is sent. */
  readonly prefix: string | null
}

/** One API call. */
export type ApiCall = AssumeRoleCall | PutObjectCall | GetObjectCall | ObjectCall | BucketCall
/** A call that a role session makes. */
export type SessionCall = Exclude<ApiCall, AssumeRoleCall>

/**
 * The policies a call meets. Null where a policy always exists (`base`, `trust`, `permissions`, `key`) means that it was
 * not looked at: it is taken as allowing, and the verdict says so. For the others null means that there is none.
 */
export interface ChainPolicies {
  /** Identity policies of our own principal. */
  readonly base: readonly NamedPolicy[] | null
  readonly trust: NamedPolicy | null
  /** Identity policies of the role. */
  readonly permissions: readonly NamedPolicy[] | null
  readonly boundary: NamedPolicy | null
  /** The session policy that was sent with AssumeRole. */
  readonly session: NamedPolicy | null
  readonly bucket: NamedPolicy | null
  readonly key: NamedPolicy | null
  /** On the key; absent: none that is known. */
  readonly grants?: readonly KmsGrant[]
  /** Of the role's account, levels from the root down. */
  readonly scp: readonly (readonly NamedPolicy[])[]
  /** Of the accounts of role and bucket, levels from the root down. */
  readonly rcp: readonly (readonly NamedPolicy[])[]
  readonly restrictPublicBuckets?: boolean
}

/** The link of the access chain where a decision falls. */
export type Link = 'base-identity' | 'assume-role' | 'permissions' | 'bucket-policy' | 'kms-key'

/** One of the decisions that make up a call. */
export interface VerdictPart {
  readonly request: AccessRequest
  readonly evaluation: Evaluation
  /** Of a refusal: the link whose policy refused. Otherwise the link that the decision belongs to. */
  readonly link: Link
}

/** What became of one call. */
export interface Verdict {
  readonly decision: Decision
  /** In the order in which AWS needs them. */
  readonly parts: readonly VerdictPart[]
  /** Index of the first refusing part. */
  readonly refusedBy: number | null
  /** Context keys whose values are not known and could turn the decision. Empty: the verdict is complete. */
  readonly missingContextValues: readonly string[]
  /** Policies that were not looked at and taken as allowing: `trust`, `key` … */
  readonly notSeen: readonly string[]
}
