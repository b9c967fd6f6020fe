/** Three accounts in one sandbox: the vendor's, the customer's and a third, with their administrators' clients. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import type { ConnectionContext } from '../../src/connection/index.ts'
import type { IdentityTokens } from '../../src/credentials/index.ts'
import {
  type AccountSeed,
  customerAccountId,
  type Sandbox,
  startSandbox,
  vendorAccountId,
} from '../../src/sandbox/index.ts'
import { baseRoleName, vendorContext } from '../kit/vendor-context.ts'

export const region = 'eu-central-1'
/** An account that is neither ours nor the role's. */
export const storageAccountId = '333333333333'
const vendorAddress = '198.51.100.24'

/** A policy that allows everything. */
export const fullAccess = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const baseTrust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
}
const basePolicy = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], Resource: '*' },
  ],
}

const seeds: readonly AccountSeed[] = [
  {
    accountId: vendorAccountId,
    sourceAddress: vendorAddress,
    users: [{ name: 'admin', policy: fullAccess }],
    roles: [{ name: baseRoleName, trustPolicy: baseTrust, policy: basePolicy }],
  },
  { accountId: customerAccountId, users: [{ name: 'admin', policy: fullAccess }] },
  { accountId: storageAccountId, users: [{ name: 'admin', policy: fullAccess }] },
]

/** The three accounts with their administrators' clients. */
export class AwsStage {
  readonly sandbox: Sandbox
  readonly vendorIam: IAMClient
  readonly iam: IAMClient
  readonly kms: KMSClient
  readonly s3: S3Client
  readonly foreignS3: S3Client

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox
    this.vendorIam = new IAMClient(access(sandbox, vendorAccountId))
    this.iam = new IAMClient(access(sandbox, customerAccountId))
    this.kms = new KMSClient(access(sandbox, customerAccountId))
    this.s3 = new S3Client({ ...access(sandbox, customerAccountId), forcePathStyle: true })
    this.foreignS3 = new S3Client({ ...access(sandbox, storageAccountId), forcePathStyle: true })
  }

  /** Starts the sandbox. Close the stage. */
  static async start(): Promise<AwsStage> {
    return new AwsStage(await startSandbox({ accounts: seeds }))
  }

  async close(): Promise<void> {
    for (const client of [this.vendorIam, this.iam, this.kms, this.s3, this.foreignS3]) client.destroy()
    await this.sandbox.close()
  }

  /** Who we are, afresh for each chain: our own role, or whoever the ID tokens say, on a cloud without AWS credentials. */
  context(egress: ConnectionContext['egress'], tokens?: IdentityTokens): ConnectionContext {
    const shared = { egress, observedAddress: vendorAddress }
    const foreign = tokens === undefined ? {} : { base: null, hosting: 'gcp' as const, tokens }
    return vendorContext(this.sandbox, region, { ...shared, ...foreign })
  }

  /** Deletes our own role and makes it again: same name, same rights, another id. */
  async remakeBaseRole(): Promise<void> {
    await this.vendorIam.send(new DeleteRolePolicyCommand({ RoleName: baseRoleName, PolicyName: 'seed' }))
    await this.vendorIam.send(new DeleteRoleCommand({ RoleName: baseRoleName }))
    await this.vendorIam.send(
      new CreateRoleCommand({ RoleName: baseRoleName, AssumeRolePolicyDocument: JSON.stringify(baseTrust) }),
    )
    await this.setBasePolicy(basePolicy)
  }

  /** Puts another policy on our own role; absent: the usual one. */
  async setBasePolicy(policy: object = basePolicy): Promise<void> {
    const PolicyDocument = JSON.stringify(policy)
    await this.vendorIam.send(new PutRolePolicyCommand({ RoleName: baseRoleName, PolicyName: 'seed', PolicyDocument }))
  }
}

function access(sandbox: Sandbox, accountId: string) {
  const { accessKeyId, secretAccessKey } = sandbox.userCredentials(accountId, 'admin')
  return { endpoint: sandbox.endpoint, region, credentials: { accessKeyId, secretAccessKey } }
}
