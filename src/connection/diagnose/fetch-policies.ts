/**
 * Reads the policies of a role, a bucket and a key with the administrator's own read-only credentials. Changes nothing. What
 * can not be read is said in `notSeen`, never taken for absent.
 */
import {
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListOpenIDConnectProvidersCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import { DescribeKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { DrawbridgeError } from '../../base/index.ts'
import { errorContext, providerFacts } from '../../credentials/index.ts'
import { parseRoleArn } from '../model/role-arn.ts'
import type { IdentityProvider, PolicyTexts } from './policy-texts.ts'

/** Whose policies to read, and as whom. */
export interface FetchOptions {
  /** As the AWS SDK takes them: credentials, or a provider of them. */
  readonly credentials: NonNullable<S3ClientConfig['credentials']>
  readonly roleArn: string
  readonly bucket: string
  /** Null: the key of the bucket's default encryption, if it has one. */
  readonly keyArn: string | null
  readonly region: string
  /** Null: AWS. */
  readonly endpoint: string | null
}

/** The policies as `diagnosePolicies` takes them. An empty text means that there is none. */
export type FetchedPolicies = Omit<
  PolicyTexts,
  'permissions' | 'identityProviders' | 'notSeen' | 'scp' | 'rcp' | 'events'
> & {
  readonly permissions?: string[]
  readonly identityProviders?: IdentityProvider[]
  readonly notSeen: string[]
}

/** Reads what can be read. @throws input-invalid (the role ARN); access-denied, unavailable … when nothing can be read */
export async function fetchPolicies(options: FetchOptions): Promise<FetchedPolicies> {
  const role = parseRoleArn(options.roleArn).path.split('/').at(-1) ?? ''
  const reader = new Reader(options)
  try {
    const [ofRole, ofBucket] = await Promise.all([reader.role(role), reader.bucket()])
    const identityProviders = ofRole.trust?.includes(':oidc-provider/') === true ? await reader.providers() : undefined
    const { bucketKeyName, ...bucketFacts } = ofBucket
    const ofKey = await reader.key(options.keyArn ?? bucketKeyName ?? null)
    const defaultKey = await reader.arnOf(bucketKeyName, ofKey)
    reader.throwWhenBlind()
    return {
      ...ofRole,
      ...bucketFacts,
      ...(identityProviders === undefined ? {} : { identityProviders }),
      ...(ofKey.text === undefined ? {} : { key: ofKey.text }),
      ...(ofKey.state === undefined ? {} : { keyState: ofKey.state }),
      ...(defaultKey === undefined ? {} : { bucketKeyArn: defaultKey }),
      notSeen: reader.notSeen,
    }
  } finally {
    reader.close()
  }
}

/** A mere "there is none" is an answer, not a failure. */
const absences = new Set([
  'NoSuchBucketPolicy',
  'ServerSideEncryptionConfigurationNotFoundError',
  'OwnershipControlsNotFoundError',
  'NoSuchOwnershipControls',
  'NoSuchPublicAccessBlockConfiguration',
  'NoSuchEntity',
  'NoSuchEntityException',
])

class Reader {
  readonly notSeen: string[] = []
  readonly #options: FetchOptions
  readonly #iam: IAMClient
  readonly #s3: S3Client
  readonly #kms: KMSClient
  #succeeded = 0
  #firstFailure: unknown = null

  constructor(options: FetchOptions) {
    this.#options = options
    const common = {
      region: options.region,
      credentials: options.credentials,
      maxAttempts: 3,
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 5_000,
        requestTimeout: 15_000,
        throwOnRequestTimeout: true,
      }),
      ...(options.endpoint === null ? {} : { endpoint: options.endpoint }),
    }
    this.#iam = new IAMClient(common)
    this.#kms = new KMSClient(common)
    this.#s3 = new S3Client({ ...common, forcePathStyle: options.endpoint !== null })
  }

  close(): void {
    this.#iam.destroy()
    this.#s3.destroy()
    this.#kms.destroy()
  }

  /** The value; null when there is none; undefined when it can not be read, which is then noted. */
  async #read<T>(what: string, work: () => Promise<T>): Promise<T | null | undefined> {
    try {
      const value = await work()
      this.#succeeded += 1
      return value
    } catch (error) {
      const { providerCode } = providerFacts(error)
      if (absences.has(providerCode)) {
        this.#succeeded += 1
        return null
      }
      this.#firstFailure ??= error
      this.notSeen.push(`${what} could not be read (${providerCode})`)
      return undefined
    }
  }

  /** @throws when not a single read succeeded: then the credentials are wrong, and a diagnosis would be made of nothing */
  throwWhenBlind(): void {
    if (this.#succeeded > 0 || this.#firstFailure === null) return
    const facts = providerFacts(this.#firstFailure)
    const isReached = facts.httpStatus !== undefined
    throw new DrawbridgeError({
      code: isReached ? 'access-denied' : 'unavailable',
      message: isReached
        ? 'none of the policies can be read with these credentials'
        : 'AWS can not be reached to read the policies',
      operation: 'iam:GetRole',
      context: errorContext(facts),
      help: 'use credentials of the account that may call iam:Get*, iam:List*, s3:GetBucket* and kms:GetKeyPolicy',
    })
  }

  async role(name: string): Promise<Pick<FetchedPolicies, 'roleExists' | 'trust' | 'permissions' | 'boundary'>> {
    const found = await this.#read('the role with its trust policy', async () => {
      const { Role } = await this.#iam.send(new GetRoleCommand({ RoleName: name }))
      return {
        trust: decoded(Role?.AssumeRolePolicyDocument),
        boundaryArn: Role?.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
      }
    })
    if (found === null) return { roleExists: false }
    const [inline, attached, boundary] = await Promise.all([
      this.#inline(name),
      this.#attached(name),
      found?.boundaryArn ? this.#managed('the permissions boundary', found.boundaryArn) : undefined,
    ])
    const isSeen = inline !== null || attached !== null
    return {
      ...(found?.trust === undefined ? {} : { trust: found.trust }),
      ...(isSeen ? { permissions: [...(inline ?? []), ...(attached ?? [])] } : {}),
      ...(boundary === undefined ? {} : { boundary }),
    }
  }

  /** The account's identity providers with their audiences; undefined where not all of them can be read. */
  async providers(): Promise<IdentityProvider[] | undefined> {
    const arns = await this.#read('the list of identity providers', async () => {
      const { OpenIDConnectProviderList = [] } = await this.#iam.send(new ListOpenIDConnectProvidersCommand({}))
      return OpenIDConnectProviderList.flatMap(({ Arn }) => Arn ?? [])
    })
    const read = await Promise.all((arns ?? []).map((arn) => this.#provider(arn)))
    const providers = read.filter((one) => one !== undefined && one !== null)
    return arns === undefined || arns === null || providers.length < arns.length ? undefined : providers
  }

  #provider(arn: string): Promise<IdentityProvider | null | undefined> {
    return this.#read(`the identity provider \`${arn}\``, async () => {
      const at = { OpenIDConnectProviderArn: arn }
      const { ClientIDList = [] } = await this.#iam.send(new GetOpenIDConnectProviderCommand(at))
      return { arn, audiences: ClientIDList }
    })
  }

  async #inline(role: string): Promise<string[] | null> {
    const names = await this.#read('the inline policies of the role', async () => {
      const all: string[] = []
      let marker: string | undefined
      do {
        const page = await this.#iam.send(
          new ListRolePoliciesCommand({ RoleName: role, ...(marker === undefined ? {} : { Marker: marker }) }),
        )
        all.push(...(page.PolicyNames ?? []))
        marker = page.IsTruncated === true ? page.Marker : undefined
      } while (marker !== undefined && all.length < 1000)
      return all
    })
    if (names === undefined || names === null) return null
    const texts = await Promise.all(
      names.map((policy) =>
        this.#read(`the inline policy \`${policy}\``, async () => {
          const got = await this.#iam.send(new GetRolePolicyCommand({ RoleName: role, PolicyName: policy }))
          return decoded(got.PolicyDocument)
        }),
      ),
    )
    return texts.filter((text) => typeof text === 'string')
  }

  async #attached(role: string): Promise<string[] | null> {
    const arns = await this.#read('the managed policies of the role', async () => {
      const all: string[] = []
      let marker: string | undefined
      do {
        const page = await this.#iam.send(
          new ListAttachedRolePoliciesCommand({ RoleName: role, ...(marker === undefined ? {} : { Marker: marker }) }),
        )
        for (const policy of page.AttachedPolicies ?? []) if (policy.PolicyArn !== undefined) all.push(policy.PolicyArn)
        marker = page.IsTruncated === true ? page.Marker : undefined
      } while (marker !== undefined && all.length < 1000)
      return all
    })
    if (arns === undefined || arns === null) return null
    const texts = await Promise.all(arns.map((arn) => this.#managed(`the managed policy \`${arn}\``, arn)))
    return texts.filter((text) => text !== undefined)
  }

  async #managed(what: string, arn: string): Promise<string | undefined> {
    const text = await this.#read(what, async () => {
      const { Policy } = await this.#iam.send(new GetPolicyCommand({ PolicyArn: arn }))
      const version = await this.#iam.send(
        new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: Policy?.DefaultVersionId }),
      )
      return decoded(version.PolicyVersion?.Document)
    })
    return text ?? undefined
  }

  async bucket(): Promise<BucketFacts> {
    const Bucket = this.#options.bucket
    const place = await this.#whereIs(Bucket)
    if (place === 'missing') return { bucketPlace: place }
    const facts = await this.#bucketFacts(Bucket)
    return place === null ? facts : { ...facts, bucketPlace: place }
  }

  /** Whether the bucket exists and is of the account of these credentials; null when that can not be told. */
  async #whereIs(bucket: string): Promise<'missing' | 'elsewhere' | null> {
    try {
      await this.#s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
      return null
    } catch (error) {
      const { providerCode } = providerFacts(error)
      if (providerCode === 'NoSuchBucket') {
        this.#succeeded += 1
        return 'missing'
      }
      if (providerCode !== 'AccessDenied') return null
    }
    const names = await this.#read('the buckets of the account', async () => {
      const all: string[] = []
      let token: string | undefined
      do {
        const page = await this.#s3.send(
          new ListBucketsCommand(token === undefined ? {} : { ContinuationToken: token }),
        )
        for (const { Name } of page.Buckets ?? []) if (Name !== undefined) all.push(Name)
        token = page.ContinuationToken
      } while (token !== undefined && all.length < 100_000)
      return all
    })
    return names === undefined || names === null || names.includes(bucket) ? null : 'elsewhere'
  }

  async #bucketFacts(Bucket: string): Promise<BucketFacts> {
    const [policy, encryption, ownership, restricts] = await Promise.all([
      this.#read(
        'the bucket policy',
        async () => (await this.#s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy ?? '',
      ),
      this.#read('the default encryption of the bucket', async () => {
        const got = await this.#s3.send(new GetBucketEncryptionCommand({ Bucket }))
        return got.ServerSideEncryptionConfiguration?.Rules?.[0] ?? null
      }),
      this.#read('the Object Ownership of the bucket', async () => {
        const got = await this.#s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))
        return got.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? null
      }),
      this.#read('Block Public Access of the bucket', async () => {
        const got = await this.#s3.send(new GetPublicAccessBlockCommand({ Bucket }))
        return got.PublicAccessBlockConfiguration?.RestrictPublicBuckets ?? false
      }),
    ])
    const byDefault = encryption?.ApplyServerSideEncryptionByDefault
    const isKms = byDefault?.SSEAlgorithm === 'aws:kms' || byDefault?.SSEAlgorithm === 'aws:kms:dsse'
    return {
      ...(policy === undefined ? {} : { bucket: policy ?? '' }),
      ...(encryption === undefined ? {} : { bucketKeyName: isKms ? (byDefault?.KMSMasterKeyID ?? null) : null }),
      ...(encryption?.BucketKeyEnabled === true && isKms ? { usesBucketKeys: true } : {}),
      ...(ownership === undefined ? {} : { objectOwnership: ownership }),
      ...(restricts === undefined ? {} : { restrictPublicBuckets: restricts ?? false }),
    }
  }

  /** Policy and state of a key, which may be named by id or alias. */
  async key(name: string | null): Promise<KeyFacts> {
    if (name === null) return {}
    const found = await this.#read('the state of the KMS key', async () => {
      const { KeyMetadata } = await this.#kms.send(new DescribeKeyCommand({ KeyId: name }))
      return { arn: KeyMetadata?.Arn, state: KeyMetadata?.KeyState }
    })
    const arn = found?.arn ?? name
    const text = await this.#read('the key policy', async () => {
      const got = await this.#kms.send(new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' }))
      return got.Policy
    })
    return {
      arn,
      ...(typeof text === 'string' ? { text } : {}),
      ...(found?.state === undefined ? {} : { state: found.state }),
    }
  }

  /** A bucket may name its key by id or alias; policies need the ARN. Undefined: the bucket's encryption was not read. */
  async arnOf(name: string | null | undefined, known: KeyFacts): Promise<string | null | undefined> {
    if (name === undefined || name === null) return name
    const isArn = name.startsWith('arn:') && !name.includes(':alias/')
    if (isArn) return name
    const isKnown =
      this.#options.keyArn === null && known.arn?.startsWith('arn:') === true && !known.arn.includes(':alias/')
    if (isKnown) return known.arn
    const arn = await this.#read('the ARN of the bucket’s key', async () => {
      const { KeyMetadata } = await this.#kms.send(new DescribeKeyCommand({ KeyId: name }))
      return KeyMetadata?.Arn
    })
    return arn ?? null
  }
}

interface KeyFacts {
  readonly arn?: string
  readonly text?: string
  readonly state?: string
}

type BucketFacts = Pick<
  PolicyTexts,
  'bucket' | 'bucketPlace' | 'objectOwnership' | 'restrictPublicBuckets' | 'usesBucketKeys'
> & {
  /** As the bucket names it: ARN, id or alias. */
  readonly bucketKeyName?: string | null
}

/** IAM hands documents out URL-encoded (RFC 3986). */
function decoded(document: string | undefined): string | undefined {
  if (document === undefined || !document.startsWith('%')) return document
  try {
    return decodeURIComponent(document)
  } catch {
    return document
  }
}
