/** A customer's storage as we may use it. Secrets go in and never come out: outputs carry fingerprints. */
import { z } from 'zod'
import { verification } from './verification.ts'

export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens, at most 63, a letter or digit first')

/** What the connection is for; fixes the permissions it needs and those it must not have. */
export const purpose = z.enum(['source', 'enrichment', 'export'])
export type Purpose = z.infer<typeof purpose>

/** Text that intake reads strictly, with an answer of its own for each usual mistake. */
const typed = z.string().max(2048)

export const accountId = z.string().regex(/^\d{12}$/, 'twelve digits')

export const roleArn = z
  .string()
  .regex(
    /^arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/,
    'a full role ARN: `arn:aws:iam::123456789012:role/name`',
  )

export const kmsKeyArn = z
  .string()
  .regex(
    /^arn:(aws|aws-cn|aws-us-gov):kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
    'a full key ARN: `arn:aws:kms:eu-central-1:123456789012:key/…`',
  )

export const s3Uri = z
  .string()
  .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, '`s3://bucket` alone; a subfolder goes into the root path')

/** A prefix inside the bucket or container: empty, or ending in a slash and not starting with one. */
export const rootPath = z
  .string()
  .regex(
    /^$|^[^/\s][^\s]*\/$/,
    'empty, or a path such as `audit/exports/` that does not start with a slash and ends in one',
  )

export const s3Location = z.object({
  service: z.literal('s3'),
  uri: s3Uri,
  rootPath,
  region: z.string().regex(/^[a-z0-9-]{2,32}$/, 'a region name such as `eu-central-1`'),
  /** The account that owns the bucket, sent as ExpectedBucketOwner on every call. */
  bucketOwner: accountId,
  /** Only for S3-compatible stores and the sandbox; `https` unless the deployment allows the origin by name. */
  endpoint: z.url().optional(),
})
export const azureLocation = z.object({
  service: z.literal('azblob'),
  /** `https://account.blob.core.windows.net/container`, without a query. */
  containerUrl: z.url(),
  rootPath,
})
export const localLocation = z.object({
  service: z.literal('local'),
  directory: z.string().min(1),
  rootPath,
})
export const location = z.discriminatedUnion('service', [s3Location, azureLocation, localLocation])
export type Location = z.infer<typeof location>
export type S3Location = z.infer<typeof s3Location>

/** One rule of the identity mapping: the session tag `tag` takes the value of the sign-in's claim `claim`. */
export const tagRule = z.object({ tag: z.string().min(1).max(128), claim: z.string().min(1), required: z.boolean() })
export const identityMapping = z.object({
  /** The claim that becomes source identity and session name; pseudonymous `sub` unless said otherwise. */
  sourceIdentityClaim: z.string().min(1),
  tags: z.array(tagRule).max(50),
})
export type IdentityMapping = z.infer<typeof identityMapping>

export const externalIdOrigin = z.enum(['generated', 'adopted', 'none'])

/** Whom our ID tokens speak for to the customer's account; its trust policy compares audience and subject. Immutable. */
export const webIdentity = z.object({
  /** `issuer`: we sign them, with a subject of this connection's own. `file`: a platform makes them. */
  tokens: z.enum(['issuer', 'file']),
  /** As the tokens say it in `iss`, without a slash at its end. */
  issuer: z.url(),
  audience: z.string().min(1).max(255),
  subject: z.string().min(1).max(255),
})

export const authentication = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('role'),
    roleArn,
    /** Immutable; null only with origin `none`: a role in our own account, or one that is opened by an ID token. */
    externalId: z.string().nullable(),
    externalIdOrigin,
    /** Present: the role is opened by AssumeRoleWithWebIdentity. */
    webIdentity: webIdentity.optional(),
    stsRegion: z.string(),
    durationSeconds: z.number().int().min(900).max(43_200),
  }),
  z.object({ kind: z.literal('access-key'), accessKeyId: z.string(), createdAt: z.iso.datetime() }),
  z.object({
    kind: z.literal('sas'),
    /** First 16 hex digits of the token's SHA-256. */
    fingerprint: z.string(),
    permissions: z.string(),
    expiresAt: z.iso.datetime().nullable(),
  }),
  z.object({ kind: z.literal('none') }),
])
export type Authentication = z.infer<typeof authentication>

/** What is said of every object beside its bytes. Nothing is sent of what is absent. */
export const objectSettings = z.strictObject({
  /** Of S3, or the index tags of Azure: at most ten. */
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).optional(),
  storageClass: z
    .enum([
      'STANDARD',
      'STANDARD_IA',
      'ONEZONE_IA',
      'INTELLIGENT_TIERING',
      'GLACIER_IR',
      'GLACIER',
      'DEEP_ARCHIVE',
      'REDUCED_REDUNDANCY',
    ])
    .optional(),
  /** Object Lock of S3 (`GOVERNANCE`, `COMPLIANCE`), or an immutability policy of Azure (`Unlocked`, `Locked`), counted from acceptance. */
  retention: z
    .strictObject({
      mode: z.enum(['GOVERNANCE', 'COMPLIANCE', 'Unlocked', 'Locked']),
      days: z.number().int().min(1).max(36_500),
    })
    .optional(),
  legalHold: z.boolean().optional(),
  /** The access tier of Azure. */
  tier: z.enum(['Hot', 'Cool', 'Cold', 'Archive']).optional(),
})
export type ObjectSettings = z.infer<typeof objectSettings>

/** How objects are written. */
export const writing = z.object({
  acl: z.enum(['none', 'bucket-owner-full-control']),
  /** `bucket-default` sends no header; the bucket's own default applies. */
  encryption: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('bucket-default') }),
    z.object({ kind: z.literal('sse-s3') }),
    /** `bucketKey`: whether S3 may use a key of the bucket, with fewer calls of KMS; absent: as the bucket says. */
    z.object({ kind: z.literal('sse-kms'), keyArn: kmsKeyArn, bucketKey: z.boolean().optional() }),
  ]),
  /** True: the customer also grants ListMultipartUploadParts, AbortMultipartUpload and ListBucketMultipartUploads. */
  resume: z.boolean(),
  /** True: the customer agreed that a verification tries to write beside the root path, with bytes that can not be stored. */
  probeOutsideRoot: z.boolean().optional(),
  objects: objectSettings.optional(),
})
export type Writing = z.infer<typeof writing>

export const connectionState = z.enum(['unverified', 'active', 'broken'])

export const connection = z.object({
  id: z.string(),
  tenant: z.string(),
  name,
  purpose,
  location,
  authentication,
  identityMapping,
  writing,
  state: connectionState,
  /** Rises with every change: part of the credential cache's key. */
  version: z.number().int(),
  createdAt: z.iso.datetime(),
  /** Facts that an operator has to live with: an adopted External ID, a SAS token without a stored access policy … */
  warnings: z.array(z.string()),
  lastVerification: verification.optional(),
})
export type Connection = z.infer<typeof connection>

/** A location as it is typed: the form of its parts is checked at intake, which says for each mistake what to do. */
export const locationInput = z.discriminatedUnion('service', [
  s3Location.extend({ uri: typed, rootPath: typed, region: typed, bucketOwner: typed, endpoint: typed.optional() }),
  azureLocation.extend({ containerUrl: typed, rootPath: typed }),
  localLocation.extend({ rootPath: typed }),
])

const roleInput = z.object({
  kind: z.literal('role'),
  /** Absent: the role that the set-up kit creates in the bucket owner's account. */
  roleArn: typed.optional(),
  /** From `connection.prepare`; absent: an External ID is generated now. */
  reservation: z.string().optional(),
  /** Operators only: an External ID that already stands in a trust policy. Recorded with a warning. */
  adoptExternalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/)
    .optional(),
  /** Only for a role in our own account. */
  withoutExternalId: z.boolean().optional(),
  /** True: opened by an ID token of ours. Absent: where this deployment can do it in no other way. */
  webIdentity: z.boolean().optional(),
  stsRegion: z.string().optional(),
  durationSeconds: z.number().int().min(900).max(43_200).optional(),
})

/** The authentication part of `connection.add`. Secrets are input only. */
export const authenticationInput = z.discriminatedUnion('kind', [
  roleInput,
  z.object({ kind: z.literal('access-key'), accessKeyId: z.string().min(16), secretAccessKey: z.string().min(16) }),
  z.object({ kind: z.literal('sas'), token: z.string().min(1) }),
  z.object({ kind: z.literal('none') }),
])

/** One way of giving access, and whether this deployment can take it. */
export const authenticationOffer = z.object({
  mode: z.enum(['role', 'role-web-identity', 'access-key', 'sas']),
  isOffered: z.boolean(),
  /** Present where it is not: why, in one line. */
  reason: z.string().optional(),
})
export type AuthenticationOffer = z.infer<typeof authenticationOffer>

export const connectionInput = z.object({
  name,
  purpose,
  location: locationInput,
  authentication: authenticationInput,
  identityMapping: identityMapping.optional(),
  writing: writing.partial().optional(),
})
export type ConnectionInput = z.infer<typeof connectionInput>

/** A connection that is not saved yet: what the customer needs to see of it. Without any secret, which he has yet to make. */
export const connectionDraft = connectionInput.extend({
  authentication: z.discriminatedUnion('kind', [
    roleInput,
    z.object({ kind: z.literal('access-key') }),
    z.object({ kind: z.literal('sas') }),
    z.object({ kind: z.literal('none') }),
  ]),
})
export type ConnectionDraft = z.infer<typeof connectionDraft>

/** What can be changed later; the External ID never. */
export const connectionChange = z.object({
  roleArn: typed.optional(),
  stsRegion: z.string().optional(),
  durationSeconds: z.number().int().min(900).max(43_200).optional(),
  identityMapping: identityMapping.optional(),
  writing: writing.partial().optional(),
  /** A successor; tried on the container before it takes over. Input only. */
  sasToken: z.string().optional(),
  /** Together with `secretAccessKey`: a new access key, tried on the bucket before it takes over. */
  accessKeyId: z.string().min(16).optional(),
  /** Input only. */
  secretAccessKey: z.string().min(16).optional(),
})
export type ConnectionChange = z.infer<typeof connectionChange>

/** The set-up kit: files for the customer's administrator, all generated from one model. */
export const setupKit = z.object({
  connection: z.string(),
  externalId: z.string().nullable(),
  /** Our principal, which the trust policy names. */
  principal: z.string(),
  egress: z.string(),
  files: z.array(
    z.object({
      /** `trust-policy.json`, `permissions-policy.json`, `bucket-policy.json`, `key-policy.json`, `evidence-key.pem`, `README.md` … */
      path: z.string(),
      purpose: z.string(),
      text: z.string(),
    }),
  ),
})
export type SetupKit = z.infer<typeof setupKit>
