/** The policies of one chain on AWS, read and written through IAM, S3, KMS and the organization. */
import {
  CreatePolicyCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { customerAccountId } from '../../src/sandbox/index.ts'
import { type AwsStage, fullAccess } from './aws-stage.ts'
import type { PolicyDocument, PolicyKind } from './policy-edits.ts'

/** Where the policies stand. */
export interface Place {
  readonly stage: AwsStage
  readonly bucket: string
  readonly role: string
  readonly keyArn: string | null
  /** The client of the bucket's owner. */
  readonly s3: S3Client
}

/** Reads and writes policies. */
export class AwsPolicies {
  readonly #place: Place
  /** Organization policies of the customer's account beside the full ones, as the administrator was given them. */
  #organization: { scp?: PolicyDocument; rcp?: PolicyDocument } = {}
  #boundaryArn: string | null = null

  constructor(place: Place) {
    this.#place = place
  }

  /** The organization's policies as texts, level by level. */
  organization(): { scp?: string[][]; rcp?: string[][] } {
    const { scp, rcp } = this.#organization
    return {
      ...(scp === undefined ? {} : { scp: [[JSON.stringify(fullAccess)], [JSON.stringify(scp)]] }),
      ...(rcp === undefined ? {} : { rcp: [[JSON.stringify(rcp)]] }),
    }
  }

  /** The policy as it stands; one without statements where there is none. */
  async read(kind: PolicyKind): Promise<string> {
    const { iam, kms } = this.#place.stage
    const empty = JSON.stringify({ Version: '2012-10-17', Statement: [] })
    switch (kind) {
      case 'trust': {
        const { Role } = await iam.send(new GetRoleCommand({ RoleName: this.#place.role }))
        return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? empty)
      }
      case 'permissions': {
        const found = await iam.send(new GetRolePolicyCommand({ RoleName: this.#place.role, PolicyName: 'drawbridge' }))
        return decodeURIComponent(found.PolicyDocument ?? empty)
      }
      case 'key': {
        const found = await kms.send(
          new GetKeyPolicyCommand({ KeyId: this.#place.keyArn ?? '', PolicyName: 'default' }),
        )
        return found.Policy ?? empty
      }
      case 'bucket':
        try {
          return (await this.#place.s3.send(new GetBucketPolicyCommand({ Bucket: this.#place.bucket }))).Policy ?? empty
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return empty
          throw error
        }
      default:
        return empty
    }
  }

  /** Puts a policy in place of the other; one without statements takes a bucket policy away. */
  async write(kind: PolicyKind, policy: string): Promise<void> {
    const { iam, kms, sandbox } = this.#place.stage
    const isGone = policy === '' || (JSON.parse(policy) as PolicyDocument).Statement.length === 0
    switch (kind) {
      case 'trust':
        await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: this.#place.role, PolicyDocument: policy }))
        return
      case 'permissions':
        await iam.send(
          new PutRolePolicyCommand({ RoleName: this.#place.role, PolicyName: 'drawbridge', PolicyDocument: policy }),
        )
        return
      case 'key':
        await kms.send(
          new PutKeyPolicyCommand({ KeyId: this.#place.keyArn ?? '', PolicyName: 'default', Policy: policy }),
        )
        return
      case 'bucket':
        if (isGone) await this.#place.s3.send(new DeleteBucketPolicyCommand({ Bucket: this.#place.bucket }))
        else await this.#place.s3.send(new PutBucketPolicyCommand({ Bucket: this.#place.bucket, Policy: policy }))
        return
      case 'boundary':
        await this.#bound(policy)
        return
      case 'scp':
      case 'rcp': {
        const parsed = JSON.parse(policy) as PolicyDocument
        this.#organization = { ...this.#organization, [kind]: parsed }
        const levels = kind === 'scp' ? [[fullAccess], [parsed]] : [[parsed]]
        sandbox.setOrganizationPolicies(customerAccountId, { [kind]: levels })
      }
    }
  }

  async #bound(policy: string): Promise<void> {
    const { iam } = this.#place.stage
    if (this.#boundaryArn !== null) {
      await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName: this.#place.role }))
    }
    const PolicyName = `boundary-${this.#place.bucket}-${this.#boundaryArn === null ? 'first' : 'repaired'}`
    const made = await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: policy }))
    this.#boundaryArn = made.Policy?.Arn ?? ''
    await iam.send(
      new PutRolePermissionsBoundaryCommand({ RoleName: this.#place.role, PermissionsBoundary: this.#boundaryArn }),
    )
  }
}
