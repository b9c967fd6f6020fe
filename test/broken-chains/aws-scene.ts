/**
 * The AWS side of one broken chain: a bucket, a role and a connection of its own, set up with the kit, and what both sides do
 * to it later. Everything goes through the APIs of IAM, S3 and KMS.
 */
import {
  CreateRoleCommand,
  DeleteAccessKeyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import {
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import {
  buildKit,
  type ConnectionContext,
  type ConnectionSecret,
  changeConnection,
  createConnection,
  diagnosePolicies,
  fetchPolicies,
  type SessionIdentity,
} from '../../src/connection/index.ts'
import type { Connection, ConnectionChange, Diagnosis, Repair } from '../../src/contract/index.ts'
import type { IdentityTokens } from '../../src/credentials/index.ts'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { AwsPolicies } from './aws-policies.ts'
import { type AwsWish, changeOf, encrypt, inputOf, makeBucket, makeKey, roleNameOf } from './aws-set-up.ts'
import { type AwsStage, region, storageAccountId } from './aws-stage.ts'
import type { PolicyDocument, PolicyKind } from './policy-edits.ts'
import { TokenIssuer } from './token-issuer.ts'

/** One connection with everything on the other side. */
export class AwsScene {
  readonly stage: AwsStage
  readonly wish: AwsWish
  readonly bucket: string
  readonly role: string
  readonly keyArn: string | null
  readonly name: string
  /** The secret that was right, while a wrong one is in use. */
  right = ''
  connection: Connection
  secret: ConnectionSecret
  identity: SessionIdentity
  context: ConnectionContext
  /** Claims of the person, from which tags could be mapped. */
  claims: Record<string, string> = { department: 'Quality', cost_center: 'QA-114' }
  readonly #policies: AwsPolicies
  readonly #issuer: TokenIssuer | null

  private constructor(
    stage: AwsStage,
    wish: AwsWish,
    bucket: string,
    keyArn: string | null,
    issuer: TokenIssuer | null,
    made: { connection: Connection; secret: ConnectionSecret; context: ConnectionContext },
  ) {
    this.stage = stage
    this.wish = wish
    this.#issuer = issuer
    this.bucket = bucket
    this.keyArn = keyArn
    this.name = made.connection.name
    this.connection = made.connection
    this.secret = made.secret
    this.context = made.context
    this.role = roleNameOf(made.connection)
    this.#policies = new AwsPolicies({ stage, bucket, role: this.role, keyArn, s3: this.#s3 })
    this.identity = {
      tags: Object.fromEntries(
        made.connection.identityMapping.tags.map(({ tag, claim }) => [tag, this.claims[claim] ?? claim]),
      ),
      sourceIdentity: 'dana',
      sessionName: 'dana',
    }
  }

  /** Makes bucket, key, role and connection, with the set-up kit applied. */
  static async set(stage: AwsStage, name: string, wish: AwsWish): Promise<AwsScene> {
    const bucket = `acme-${name}`
    const s3 = wish.isForeign === true ? stage.foreignS3 : stage.s3
    await makeBucket(s3, bucket)
    for (const Key of wish.objects ?? [])
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'a,b\n1,2\n' }))
    const keyArn = wish.key === undefined ? null : await makeKey(stage)
    const isPlatform = wish.authentication === 'token-file'
    const issuer =
      wish.authentication === 'token' || isPlatform ? await TokenIssuer.open(stage, name, isPlatform) : null
    const context = stage.context(wish.egress ?? 'dynamic', issuer?.tokens)
    const made = await createConnection(
      'tenant-a',
      await inputOf(stage, name, bucket, wish, keyArn),
      context,
      async () => null,
    )
    const scene = new AwsScene(stage, wish, bucket, keyArn, issuer, { ...made, context })
    if (scene.role !== '') await scene.applyKit()
    return scene
  }

  get roleArn(): string {
    return `arn:aws:iam::${customerAccountId}:role/${this.role}`
  }

  /** The issuer of the ID tokens by which the role knows us. */
  get issuer(): TokenIssuer {
    if (this.#issuer === null) throw new TypeError('the chain has no ID tokens')
    return this.#issuer
  }

  /** Takes ID tokens from elsewhere, as after another configuration. */
  useTokens(tokens: IdentityTokens): void {
    this.context = this.stage.context(this.wish.egress ?? 'dynamic', tokens)
  }

  get #s3(): S3Client {
    return this.wish.isForeign === true ? this.stage.foreignS3 : this.stage.s3
  }

  /** Applies the kit from its own files, as somebody who pastes them. */
  async applyKit(): Promise<void> {
    const kit = await buildKit(this.connection, this.context)
    const text = (path: string): string | undefined => kit.files.find((file) => file.path === path)?.text
    const trust = text('trust-policy.json') ?? ''
    await this.#issuer?.register()
    await this.stage.iam.send(new CreateRoleCommand({ RoleName: this.role, AssumeRolePolicyDocument: trust }))
    await this.#policies.write('permissions', text('permissions-policy.json') ?? '')
    const key = text('key-policy.json')
    if (key !== undefined && this.keyArn !== null) await this.#policies.write('key', key)
    const bucket = text('bucket-policy.json')
    if (this.wish.isForeign === true && bucket !== undefined) await this.#policies.write('bucket', bucket)
  }

  /** Edits a policy in place, as somebody of the customer's IT would. */
  async edit(kind: PolicyKind, change: (policy: PolicyDocument) => void): Promise<void> {
    const policy = JSON.parse(await this.#policies.read(kind)) as PolicyDocument
    change(policy)
    await this.#policies.write(kind, JSON.stringify(policy))
  }

  async deleteRole(): Promise<void> {
    await this.stage.iam.send(new DeleteRolePolicyCommand({ RoleName: this.role, PolicyName: 'drawbridge' }))
    await this.stage.iam.send(new DeleteRoleCommand({ RoleName: this.role }))
  }

  async deleteBucketPolicy(): Promise<void> {
    await this.#s3.send(new DeleteBucketPolicyCommand({ Bucket: this.bucket }))
  }

  /** Empties and deletes the bucket. */
  async deleteBucket(s3: S3Client = this.#s3): Promise<void> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: this.bucket }))
    const Objects = Contents.map(({ Key }) => ({ Key: Key ?? '' }))
    if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects } }))
    await s3.send(new DeleteBucketCommand({ Bucket: this.bucket }))
  }

  async makeBucketAgain(s3: S3Client = this.#s3): Promise<void> {
    await makeBucket(s3, this.bucket)
  }

  async blockPublic(): Promise<void> {
    await this.#s3.send(
      new PutPublicAccessBlockCommand({
        Bucket: this.bucket,
        PublicAccessBlockConfiguration: { RestrictPublicBuckets: true },
      }),
    )
  }

  async encryptByDefault(): Promise<void> {
    if (this.keyArn !== null) await encrypt(this.#s3, this.bucket, this.keyArn)
  }

  /** Puts an object under the bucket's key. */
  async putEncrypted(Key: string): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ Bucket: this.bucket, Key, Body: 'a,b\n1,2\n' }))
  }

  /** Deletes the access key that the connection uses. */
  async revokeKey(): Promise<void> {
    const { authentication } = this.connection
    if (authentication.kind !== 'access-key') throw new TypeError('the connection has no access key')
    const { accessKeyId } = authentication
    await this.stage.iam.send(new DeleteAccessKeyCommand({ UserName: this.name, AccessKeyId: accessKeyId }))
  }

  async switchKey(isOn: boolean): Promise<void> {
    const KeyId = this.keyArn ?? ''
    await this.stage.kms.send(isOn ? new EnableKeyCommand({ KeyId }) : new DisableKeyCommand({ KeyId }))
  }

  /** Changes our own side. */
  async change(change: ConnectionChange): Promise<void> {
    const { connection } = await changeConnection(this.connection, change, this.context)
    this.connection = connection
  }

  /** The administrator's view, with the credentials of whoever owns what is read. */
  async explain(): Promise<Diagnosis | null> {
    if (this.role === '') return null
    const { sandbox } = this.stage
    const common = {
      roleArn: this.roleArn,
      bucket: this.bucket,
      keyArn: this.connection.writing.encryption.kind === 'sse-kms' ? this.connection.writing.encryption.keyArn : null,
      region,
      endpoint: sandbox.endpoint,
    }
    const own = await fetchPolicies({ ...common, credentials: sandbox.userCredentials(customerAccountId, 'admin') })
    const foreign =
      this.wish.isForeign === true
        ? await fetchPolicies({ ...common, credentials: sandbox.userCredentials(storageAccountId, 'admin') })
        : null
    const { bucket, restrictPublicBuckets, objectOwnership } = foreign ?? own
    const texts = {
      ...own,
      bucket,
      restrictPublicBuckets,
      objectOwnership,
      ...this.#policies.organization(),
    }
    return diagnosePolicies(this.connection, this.identity, texts, this.context, this.claims)
  }

  /** Applies a repair as far as a machine can: its change on our side, or its policy on theirs. */
  async apply(repair: Repair): Promise<boolean> {
    const { change, patch } = repair
    if (change !== undefined) {
      await this.change(changeOf(change))
      const tags = this.connection.identityMapping.tags.map(({ tag, claim }) => [tag, this.claims[claim] ?? ''])
      this.identity = { ...this.identity, tags: Object.fromEntries(tags) }
      return true
    }
    if (patch === undefined || patch.policy === 'session' || patch.policy === 'base') return false
    await this.#policies.write(patch.policy, patch.after === null ? '' : JSON.stringify(patch.after))
    return true
  }

  /** Leaves the accounts as the next chain expects them. */
  strike(): void {
    const { sandbox } = this.stage
    this.#issuer?.close()
    sandbox.setFaults([])
    sandbox.setClockSkew(0)
    sandbox.setPropagationDelay(0)
    sandbox.setOrganizationPolicies(customerAccountId, { scp: [], rcp: [] })
  }
}
