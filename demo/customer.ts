/**
 * The customer's side of the story: an administrator with the customer's own credentials, who applies the set-up kit
 * through the cloud's IAM, S3 and KMS, edits policies later, and looks into the bucket at the end.
 */
import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  CreateRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { SetupKit } from '../src/contract/index.ts'

export interface CustomerAccess {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** What the customer's side of one connection is called. */
export interface CustomerNames {
  readonly bucket: string
  readonly role: string
  /** Null: the bucket has no key of the customer's own. */
  readonly keyArn: string | null
}

export type PolicyKind = 'trust' | 'permissions' | 'bucket' | 'key'

/** A policy as JSON, as edits want it. */
export interface PolicyDocument {
  Version: string
  Statement: Record<string, unknown>[]
}

const inlinePolicy = 'drawbridge'

export class Customer {
  readonly #iam: IAMClient
  readonly #s3: S3Client
  readonly #kms: KMSClient
  readonly #region: string

  constructor(access: CustomerAccess) {
    const shared = {
      endpoint: access.endpoint,
      region: access.region,
      credentials: { accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey },
    }
    this.#region = access.region
    this.#iam = new IAMClient(shared)
    this.#s3 = new S3Client({ ...shared, forcePathStyle: true })
    this.#kms = new KMSClient(shared)
  }

  /** Makes the bucket; with `encrypted`, also a key of the customer's own, which only the account's admin may use yet. */
  async makeBucket(bucket: string, encrypted: boolean): Promise<string | null> {
    const constraint = this.#region as 'eu-central-1'
    await this.#s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: constraint } }),
    )
    if (!encrypted) return null
    const key = await this.#kms.send(new CreateKeyCommand({ Description: `objects of ${bucket}` }))
    const keyArn = key.KeyMetadata?.Arn
    if (keyArn === undefined) throw new Error('the key service answered without a key')
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: keyArn } }
    await this.#s3.send(
      new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }),
    )
    return keyArn
  }

  /**
   * Applies the kit from its own files, as a customer would who pastes them. The bucket policy stays out: role and
   * bucket are in one account here, where the role's own permissions suffice.
   */
  async applyKit(kit: SetupKit, names: CustomerNames): Promise<string[]> {
    const text = (path: string): string | undefined => kit.files.find((file) => file.path === path)?.text
    const trust = text('trust-policy.json')
    if (trust === undefined) throw new Error('the kit has no trust policy')
    await this.#iam.send(new CreateRoleCommand({ RoleName: names.role, AssumeRolePolicyDocument: trust }))
    const applied = [`role ${names.role} with its trust policy`]
    for (const [path, kind] of [
      ['permissions-policy.json', 'permissions'],
      ['key-policy.json', 'key'],
    ] as const) {
      const policy = text(path)
      if (policy === undefined) continue
      await this.#write(names, kind, policy)
      applied.push(`${kind} policy`)
    }
    return applied
  }

  /** Reads a policy as it stands. */
  async read(names: CustomerNames, kind: PolicyKind): Promise<PolicyDocument> {
    return JSON.parse(await this.#text(names, kind)) as PolicyDocument
  }

  /** Edits a policy in place, as somebody of the customer's IT would. */
  async edit(names: CustomerNames, kind: PolicyKind, change: (policy: PolicyDocument) => void): Promise<void> {
    const policy = await this.read(names, kind)
    change(policy)
    await this.#write(names, kind, JSON.stringify(policy))
  }

  /** Puts a whole policy in place: the repaired one, pasted. */
  async replace(names: CustomerNames, kind: PolicyKind, policy: unknown): Promise<void> {
    await this.#write(names, kind, JSON.stringify(policy))
  }

  /** Lays every object below a prefix down as a file; `fileOf` names the file of a key. */
  async download(names: CustomerNames, prefix: string, fileOf: (key: string) => string): Promise<void> {
    const listed = await this.#s3.send(new ListObjectsV2Command({ Bucket: names.bucket, Prefix: prefix }))
    for (const { Key: key } of listed.Contents ?? []) {
      if (key === undefined) continue
      const object = await this.#s3.send(new GetObjectCommand({ Bucket: names.bucket, Key: key }))
      await pipeline(object.Body as Readable, createWriteStream(fileOf(key)))
    }
  }

  close(): void {
    this.#iam.destroy()
    this.#s3.destroy()
    this.#kms.destroy()
  }

  async #text(names: CustomerNames, kind: PolicyKind): Promise<string> {
    if (kind === 'trust') {
      const { Role: role } = await this.#iam.send(new GetRoleCommand({ RoleName: names.role }))
      return decodeURIComponent(role?.AssumeRolePolicyDocument ?? '{}')
    }
    if (kind === 'permissions') {
      const found = await this.#iam.send(new GetRolePolicyCommand({ RoleName: names.role, PolicyName: inlinePolicy }))
      return decodeURIComponent(found.PolicyDocument ?? '{}')
    }
    if (kind === 'bucket') {
      return await this.#bucketPolicy(names.bucket)
    }
    const found = await this.#kms.send(new GetKeyPolicyCommand({ KeyId: keyOf(names), PolicyName: 'default' }))
    return found.Policy ?? '{}'
  }

  async #bucketPolicy(bucket: string): Promise<string> {
    const empty = JSON.stringify({ Version: '2012-10-17', Statement: [] })
    try {
      return (await this.#s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy ?? empty
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return empty
      throw error
    }
  }

  async #write(names: CustomerNames, kind: PolicyKind, policy: string): Promise<void> {
    if (kind === 'trust') {
      await this.#iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: names.role, PolicyDocument: policy }))
    } else if (kind === 'permissions') {
      await this.#iam.send(
        new PutRolePolicyCommand({ RoleName: names.role, PolicyName: inlinePolicy, PolicyDocument: policy }),
      )
    } else if (kind === 'bucket') {
      await this.#s3.send(new PutBucketPolicyCommand({ Bucket: names.bucket, Policy: policy }))
    } else {
      await this.#kms.send(new PutKeyPolicyCommand({ KeyId: keyOf(names), PolicyName: 'default', Policy: policy }))
    }
  }
}

function keyOf(names: CustomerNames): string {
  if (names.keyArn === null) throw new TypeError('this bucket has no key of its own')
  return names.keyArn
}
