/**
 * Both sides of a connection on the sandbox: the vendor with its base role, a customer with a bucket and a key, and a third
 * account for roles that live elsewhere. Applies kits the way administrators do, in every form that a kit has.
 */
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  CreateUserCommand,
  EntityAlreadyExistsException,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Secret, systemClock, systemRandom } from '../../src/base/index.ts'
import {
  buildKit,
  type ConnectionContext,
  type ConnectionSecret,
  createConnection,
  type SessionIdentity,
  verifyConnection,
} from '../../src/connection/index.ts'
import type {
  Connection,
  ConnectionInput,
  SetupKit,
  Verification,
  VerificationEvent,
} from '../../src/contract/index.ts'
import { type IdentityTokens, issuedTokens, readSigningKey } from '../../src/credentials/index.ts'
import { type AccountSeed, customerAccountId, startSandbox, vendorAccountId } from '../../src/sandbox/index.ts'
import { baseRoleName, vendorContext } from './vendor-context.ts'

const run = promisify(execFile)

export const region = 'eu-central-1'
export const bucket = 'acme-audit'
export const otherAccountId = '333333333333'

const policyOf = (statement: object) => ({ Version: '2012-10-17', Statement: [statement] })
const admin = { name: 'admin', policy: policyOf({ Effect: 'Allow', Action: '*', Resource: '*' }) }
const sts = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']
const container = { Service: 'ecs-tasks.amazonaws.com' }
const base = {
  name: baseRoleName,
  trustPolicy: policyOf({ Effect: 'Allow', Principal: container, Action: 'sts:AssumeRole' }),
  policy: policyOf({ Effect: 'Allow', Action: sts, Resource: '*' }),
}
const accounts: readonly AccountSeed[] = [
  { accountId: vendorAccountId, users: [admin], roles: [base] },
  { accountId: customerAccountId, users: [admin] },
  { accountId: otherAccountId, users: [admin] },
]

/** The person in whose name everything here is tried. */
export const dana: SessionIdentity = { tags: {}, sourceIdentity: 'dana', sessionName: 'dana' }

export type House = Awaited<ReturnType<typeof openHouse>>

/** Starts the sandbox with a bucket and a key of the customer. Close it. */
export async function openHouse() {
  const sandbox = await startSandbox({ accounts })
  const tokens = ownTokens()
  sandbox.setIssuerKeys(issuer, JSON.parse(tokens.documents?.keySet ?? ''))
  const context = vendorContext(sandbox, region, { tokens })
  const clients = new Map(
    [customerAccountId, otherAccountId, vendorAccountId].map((account) => [account, clientsOf(account)]),
  )

  function clientsOf(account: string) {
    const credentials = sandbox.userCredentials(account, 'admin')
    const shared = { endpoint: sandbox.endpoint, region, credentials }
    return {
      credentials,
      iam: new IAMClient(shared),
      kms: new KMSClient(shared),
      s3: new S3Client({ ...shared, forcePathStyle: true }),
    }
  }

  function administrator(account = customerAccountId) {
    const found = clients.get(account)
    if (found === undefined) throw new Error(`the sandbox has no account ${account}`)
    return found
  }

  const { s3, kms } = administrator()
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
  const ownership = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' as const }] }
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket: bucket, OwnershipControls: ownership }))
  const keyArn = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''

  async function putRole(account: string, name: string, path: string, trust: string, permissions: string) {
    const { iam } = administrator(account)
    const policy = { RoleName: name, PolicyName: 'drawbridge', PolicyDocument: permissions }
    await iam
      .send(new CreateRoleCommand({ RoleName: name, Path: path, AssumeRolePolicyDocument: trust }))
      .catch(async (error: unknown) => {
        if (!(error instanceof EntityAlreadyExistsException)) throw error
        await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: trust }))
      })
    await iam.send(new PutRolePolicyCommand(policy))
  }

  async function putProvider(account: string, Url: string, ClientIDList: string[]) {
    await administrator(account).iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList }))
  }

  async function putUser(account: string, name: string, permissions: string) {
    const { iam } = administrator(account)
    await iam.send(new CreateUserCommand({ UserName: name })).catch((error: unknown) => {
      if (!(error instanceof EntityAlreadyExistsException)) throw error
    })
    await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'drawbridge', PolicyDocument: permissions }))
  }

  return {
    sandbox,
    context,
    keyArn,
    administrator,
    putRole,
    putUser,
    putProvider,
    putBucketPolicy: (policy: string) => s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy })),
    deleteBucketPolicy: () => s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket })),
    putKeyPolicy: (policy: string) =>
      kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default', Policy: policy })),

    /** A bucket's location with a root path of its own, so that no test reads what another wrote. */
    place: (rootPath: string): ConnectionInput['location'] => ({
      service: 's3',
      uri: `s3://${bucket}`,
      rootPath,
      region,
      bucketOwner: customerAccountId,
      endpoint: sandbox.endpoint,
    }),

    /** Puts an object where the connection reads, under the connection's key. */
    async fill({ location, writing }: Connection): Promise<void> {
      const { encryption } = writing
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: `${location.rootPath}orders.csv`,
          Body: 'a,b\n',
          ...(encryption.kind === 'sse-kms' ? { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: encryption.keyArn } : {}),
        }),
      )
    },

    /** Every key in the bucket. */
    async keysOf(): Promise<string[]> {
      const keys: string[] = []
      let ContinuationToken: string | undefined
      do {
        const page = await s3.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
          }),
        )
        keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''))
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken !== undefined)
      return keys
    },

    async connect(
      change: Partial<ConnectionInput> = {},
    ): Promise<{ connection: Connection; secret: ConnectionSecret }> {
      const input: ConnectionInput = {
        name: 'acme',
        purpose: 'export',
        location: {
          service: 's3',
          uri: `s3://${bucket}`,
          rootPath: 'reports/',
          region,
          bucketOwner: customerAccountId,
          endpoint: sandbox.endpoint,
        },
        authentication: { kind: 'role' },
        ...change,
      }
      return createConnection('tenant-a', input, context, async () => null)
    },

    /** Surroundings that have met nobody yet: no session, and not even our own name. */
    freshContext: () => vendorContext(sandbox, region, { tokens }),

    async verify(
      connection: Connection,
      secret: ConnectionSecret = { kind: 'none' },
      around: ConnectionContext = context,
      options: Parameters<typeof verifyConnection>[4] & { tell?: (event: VerificationEvent) => void } = {},
    ): Promise<Verification> {
      const { tell, ...wanted } = options
      for await (const event of verifyConnection(connection, secret, dana, around, { outsideRoot: true, ...wanted })) {
        tell?.(event)
        if (event.type === 'done') return event.verification
      }
      throw new Error('the verification ended without a report')
    },

    /** Runs the kit's own script with the AWS CLI, in a folder that holds the kit and nothing else but a pointer to the sandbox. */
    async runScript(kit: SetupKit, args: readonly string[] = [], account = customerAccountId): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'drawbridge-kit-'))
      try {
        for (const file of kit.files) await writeFile(join(folder, file.path), file.text)
        const wrapper = `#!/bin/sh\nexec /usr/bin/aws --endpoint-url ${sandbox.endpoint} --region ${region} "$@"\n`
        await writeFile(join(folder, 'aws'), wrapper, { mode: 0o755 })
        const { accessKeyId, secretAccessKey } = administrator(account).credentials
        const env = {
          PATH: `${folder}:/usr/bin:/bin`,
          HOME: folder,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
        }
        const { stdout, stderr } = await run('/bin/sh', [join(folder, 'apply-aws-cli.sh'), ...args], { env })
        return stdout + stderr
      } finally {
        await rm(folder, { recursive: true })
      }
    },

    kitOf: (connection: Connection): Promise<SetupKit> => buildKit(connection, context),

    async close() {
      for (const { iam, s3: bucketClient, kms: keyClient } of clients.values()) {
        iam.destroy()
        bucketClient.destroy()
        keyClient.destroy()
      }
      await sandbox.close()
    },
  }
}

/** The issuer of our ID tokens, which customers' accounts register. */
export const issuer = 'https://drawbridge.example.com/oidc'

function ownTokens(): IdentityTokens {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const key = readSigningKey(new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()))
  if (!key.ok) throw new Error(key.error)
  const around = { clock: systemClock, random: systemRandom }
  return issuedTokens({ issuer, audience: 'sts.amazonaws.com', tenant: 'tenant-a', keys: [key.value], ...around })
}

/** The text of one file of a kit. */
export function textOf(kit: SetupKit, path: string): string {
  const file = kit.files.find((one) => one.path === path)
  if (file === undefined) throw new Error(`the kit has no ${path}`)
  return file.text
}

/** The checks that did not pass, as `id status`. */
export function unwell(report: Verification): string[] {
  return report.checks.filter((check) => check.status !== 'pass').map((check) => `${check.id} ${check.status}`)
}
