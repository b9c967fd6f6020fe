/**
 * What one connection needs to know before policies can be written for it, and the ARNs and patterns that follow.
 * No statement stands here: `grants.ts` says which actions a purpose needs, `setup-policies.ts` puts them in documents.
 */

/** Whose ID token opens a role: an identity provider registered in the role's account, and the claims that it compares. */
export interface WebIdentity {
  /** `arn:aws:iam::222222222222:oidc-provider/login.example.com/path`. */
  readonly providerArn: string
  readonly audience: string
  readonly subject: string
}

/** The prefix of a provider's condition keys: the issuer without its scheme. */
export function providerPrefix(providerArn: string): string {
  return providerArn.slice(providerArn.indexOf('/') + 1)
}

/** The facts of one connection to one bucket by one role. */
export interface SetupModel {
  readonly partition: 'aws' | 'aws-cn' | 'aws-us-gov'
  readonly purpose: 'source' | 'enrichment' | 'export'
  readonly bucket: string
  /** Empty, or a prefix that ends in a slash: `audit/exports/`. */
  readonly rootPath: string
  /** The account that owns the bucket, twelve digits. */
  readonly bucketOwner: string
  /** The customer's role. */
  readonly roleArn: string
  /** Our own principal, which alone may assume the role. */
  readonly vendorPrincipalArn: string
  /** Null for a role in our own account, and where `webIdentity` stands in its place. */
  readonly externalId: string | null
  /** Present: we come with an ID token, and `vendorPrincipalArn` is the identity provider's. */
  readonly webIdentity?: WebIdentity
  /** The customer-managed key that objects are encrypted with; null when there is none, or none that we know. */
  readonly kmsKeyArn: string | null
  /** True: objects are sent with the ACL `bucket-owner-full-control`. */
  readonly acl: boolean
  /** True: objects are sent with tags, a retention, a legal hold: each is a right of its own. */
  readonly tags?: boolean
  readonly retention?: boolean
  readonly legalHold?: boolean
  /** True: multipart uploads may be listed, resumed and aborted. */
  readonly resume: boolean
  /** The session tags that we may send; empty when none are sent. */
  readonly sessionTagKeys: readonly string[]
  /** True: sessions carry a source identity. */
  readonly sourceIdentity: boolean
}

/** ARN of the bucket. */
export function bucketArn(model: Pick<SetupModel, 'partition' | 'bucket'>): string {
  return `arn:${model.partition}:s3:::${model.bucket}`
}

/** The key prefix as it must be written in a policy pattern, so that `*`, `?` and `$` in it mean themselves. */
export function literalPattern(text: string): string {
  return text.replace(/[*?$]/g, (character) => `\${${character}}`)
}

/** Pattern of every object under the root path. */
export function objectsPattern(model: Pick<SetupModel, 'partition' | 'bucket' | 'rootPath'>): string {
  return `${bucketArn(model)}/${literalPattern(model.rootPath)}*`
}

/** The twelve digits in an ARN, or an empty string. */
export function accountOf(arn: string): string {
  return arn.split(':', 5)[4] ?? ''
}

/** The partition of an ARN: `aws`, `aws-cn`, `aws-us-gov`. */
export function partitionOf(arn: string): string {
  return arn.split(':', 2)[1] ?? 'aws'
}

/**
 * The values of `kms:ViaService` under which S3 uses a key on our behalf, in the key's own Region. China's partition
 * has a domain of its own, and pages disagree about which one the key carries there, so both are accepted.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 */
export function viaS3(keyArn: string): readonly string[] {
  const [, partition = '', , region = ''] = keyArn.split(':', 5)
  const host = `s3.${region}.amazonaws.com`
  return partition === 'aws-cn' ? [`${host}.cn`, host] : [host]
}
