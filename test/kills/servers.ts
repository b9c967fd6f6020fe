/** Starts the servers of the kill tests, each as a process of its own, and makes places in them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { type CustomerCloud, setUpCustomer } from '../kill/customer.ts'
import { startAzurite } from '../servers/azurite.ts'
import { startRgw } from '../servers/rgw.ts'
import type { Place } from './places.ts'

/** A server with places in it. */
export interface PlaceServer {
  /** A fresh bucket or container with the rights of a mode: parts and their resumption, or single requests alone. */
  open(name: string, resume: boolean): Promise<Place>
  close(): Promise<void>
}

export const serverStarts: Readonly<Record<Place['kind'], () => Promise<PlaceServer>>> = {
  sandbox: startSandboxServer,
  rgw: startRgwServer,
  azurite: startAzuriteServer,
}

async function startSandboxServer(): Promise<PlaceServer> {
  const script = fileURLToPath(new URL('../kill/sandbox.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new TypeError('the sandbox has an output')
  const [line] = await once(createInterface(child.stdout), 'line')
  const cloud: CustomerCloud = JSON.parse(String(line))
  return {
    async open(bucket, resume) {
      const job = await setUpCustomer(cloud, { bucket, resume })
      return {
        kind: 'sandbox',
        job: { ...job, directory: '', report: '', sizeBytes: 0 },
        administrator: cloud.customer,
      }
    },
    async close() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

async function startRgwServer(): Promise<PlaceServer> {
  const { endpoint, createUser, close } = await startRgw()
  return {
    async open(bucket, resume) {
      const keys = await createUser(bucket)
      const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials: keys })
      await client.send(new CreateBucketCommand({ Bucket: bucket }))
      client.destroy()
      return { kind: 'rgw', endpoint, bucket, keys, resume }
    },
    close,
  }
}

async function startAzuriteServer(): Promise<PlaceServer> {
  const azurite = await startAzurite()
  return {
    async open(container, resume) {
      await azurite.createContainer(container)
      return {
        kind: 'azurite',
        containerUrl: azurite.containerUrl(container),
        // With `cw` blocks can be sent and not listed, so parts can not be resumed.
        sas: azurite.sas(container, { permissions: resume ? 'rcwl' : 'cw' }),
        administratorSas: azurite.sas(container, { permissions: 'rcwdl' }),
        resume,
      }
    },
    close: () => azurite.close(),
  }
}
