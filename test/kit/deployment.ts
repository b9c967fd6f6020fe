/**
 * A whole deployment from its configuration, before a sandbox in which a customer has one bucket: the client of its operations, the
 * worker, and what both sides do to bring one report to the bucket.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { systemClock, systemRandom } from '../../src/base/index.ts'
import { parseConfig } from '../../src/cli/config.ts'
import { openHouse } from '../../src/cli/house.ts'
import type { ConnectionInput, Delivery, Verification } from '../../src/contract/index.ts'
import { inProcessClient, operatorCaller } from '../../src/operations/index.ts'
import { customerAccountId, type Sandbox, startSandbox } from '../../src/sandbox/index.ts'

export const region = 'eu-central-1'
const bucket = 'acme-audit'

export type Deployment = Awaited<ReturnType<typeof openDeployment>>

/** How a deployment differs from one with AWS credentials that never watches. */
export interface DeploymentOptions {
  /** Members of the configuration beside the endpoints of the sandbox. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Further origins that may be called. */
  readonly allowedEndpoints?: readonly string[]
  /** False: there are no AWS credentials. */
  readonly hasBase?: false
  /** Puts files into the data directory before it is opened. */
  readonly prepare?: (directory: string) => Promise<void>
}

/** Starts the sandbox with the customer's bucket, and opens the deployment. Close it. */
export async function openDeployment(options: DeploymentOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-deployment-'))
  const sandbox = await startSandbox()
  const directory = join(folder, 'data')
  await mkdir(directory)
  await options.prepare?.(directory)
  const config = {
    stsEndpoint: sandbox.endpoint,
    region,
    allowedEndpoints: [sandbox.endpoint, ...(options.allowedEndpoints ?? [])],
    watch: { everySeconds: 0 },
    ...options.config,
  }
  const opened = await openHouse({
    config: parseConfig(JSON.stringify(config), 'test'),
    directory,
    clock: systemClock,
    random: systemRandom,
    provider: options.hasBase === false ? null : async () => baseCredentials(sandbox),
  })
  const client = inProcessClient(opened.house, operatorCaller())
  const at = { region, endpoint: sandbox.endpoint, credentials: sandbox.customer }
  const iam = new IAMClient(at)
  const s3 = new S3Client({ ...at, forcePathStyle: true })
  const CreateBucketConfiguration = { LocationConstraint: region } as const
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }))
  s3.destroy()

  return {
    folder,
    sandbox,
    client,
    /** The customer's administrator. */
    iam,

    /** The customer's bucket, as a connection names it. */
    place: (): ConnectionInput['location'] => ({
      service: 's3',
      uri: `s3://${bucket}`,
      rootPath: '',
      region,
      bucketOwner: customerAccountId,
      endpoint: sandbox.endpoint,
    }),

    /** The text of one file of a connection's kit. */
    async kitText(connection: string, path: string): Promise<string> {
      const { files } = await client.connection.kit({ name: connection })
      const file = files.find((one) => one.path === path)
      if (file === undefined) throw new Error(`the kit has no ${path}`)
      return file.text
    },

    /** Makes the role of a connection, as the customer's administrator does. */
    async makeRole(connection: string, trust: string, permissions: string): Promise<void> {
      const RoleName = `drawbridge-${connection}`
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'access', PolicyDocument: permissions }))
    },

    async verify(name: string): Promise<Verification> {
      for await (const event of await client.connection.verify({ name, patienceSeconds: 0 })) {
        if (event.type === 'done') return event.verification
      }
      throw new Error('the verification ended without a report')
    },

    /** Sends one small report by a route, as far as one round of the worker brings it. */
    async deliver(route: string): Promise<Delivery> {
      const { upload } = await client.upload('report.txt', new TextEncoder().encode('a report'))
      const { id } = await client.delivery.create({ route, uploads: [upload] })
      await opened.worker.runOnce()
      return client.delivery.show({ id })
    },

    async close(): Promise<void> {
      iam.destroy()
      await opened.close()
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function baseCredentials(sandbox: Sandbox) {
  const found = sandbox.containerCredentials(null, 'drawbridge-base')
  if (found === null) throw new Error('the sandbox has no base role')
  return found
}
