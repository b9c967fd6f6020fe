/** The contract of object stores on servers that are not ours, and on the sandbox: real sockets, real signatures. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, test } from 'vitest'
import { Secret } from '../src/base/index.ts'
import { sandboxAccounts, startSandbox } from '../src/sandbox/index.ts'
import { azureStore, s3Store } from '../src/storage/index.ts'
import { describeObjectStore } from '../src/storage/testing/contract-suite.ts'
import { startAzurite } from './servers/azurite.ts'
import { hasRgw, rgwInstallLine, startRgw } from './servers/rgw.ts'

describeObjectStore('azblob on Azurite', async () => {
  const azurite = await startAzurite()
  await azurite.createContainer('suite')
  const open = (container: string) =>
    azureStore({
      containerUrl: azurite.containerUrl(container),
      sas: new Secret(azurite.sas(container, { permissions: 'rlcwd' })),
      allowPrivateEndpoint: true,
    })
  const store = open('suite')
  const missing = open('missing')
  return {
    store,
    missing,
    prefix: 'suite/',
    features: {
      conditionalComplete: true,
      secondComplete: 'object-exists',
      // Uncommitted blocks stay for seven days.
      abortDropsParts: false,
      // A URL loses such segments, so they are refused.
      oddSegments: false,
    },
    async close() {
      store.close()
      missing.close()
      await azurite.close()
    },
  }
})

describeObjectStore('s3 on the sandbox', async () => {
  const sandbox = await startSandbox()
  const user = sandbox.userCredentials(sandboxAccounts.customer, 'admin')
  const admin = new S3Client({
    region: 'eu-central-1',
    endpoint: sandbox.endpoint,
    forcePathStyle: true,
    credentials: user,
  })
  await admin.send(new CreateBucketCommand({ Bucket: 'suite' }))
  admin.destroy()
  const open = (bucket: string) =>
    s3Store({
      bucket,
      region: 'eu-central-1',
      endpoint: sandbox.endpoint,
      expectedBucketOwner: sandboxAccounts.customer,
      credentials: async () => ({ accessKeyId: user.accessKeyId, secretAccessKey: new Secret(user.secretAccessKey) }),
      allowPrivateEndpoint: true,
    })
  const store = open('suite')
  const missing = open('missing')
  return {
    store,
    missing,
    prefix: 'suite/',
    features: {
      conditionalComplete: true,
      secondComplete: 'upload-not-found',
      abortDropsParts: true,
      oddSegments: true,
    },
    async close() {
      store.close()
      missing.close()
      await sandbox.close()
    },
  }
})

if (await hasRgw()) {
  describeObjectStore('s3 on Ceph RGW', async () => {
    const rgw = await startRgw()
    const user = await rgw.createUser('suite')
    const admin = new S3Client({ region: 'us-east-1', endpoint: rgw.endpoint, forcePathStyle: true, credentials: user })
    await admin.send(new CreateBucketCommand({ Bucket: 'suite' }))
    admin.destroy()
    const open = (bucket: string) =>
      s3Store({
        bucket,
        region: 'us-east-1',
        endpoint: rgw.endpoint,
        expectedBucketOwner: null,
        credentials: async () => ({ accessKeyId: user.accessKeyId, secretAccessKey: new Secret(user.secretAccessKey) }),
        allowPrivateEndpoint: true,
      })
    const store = open('suite')
    const missing = open('missing')
    return {
      store,
      missing,
      prefix: 'suite/',
      features: { conditionalComplete: false, secondComplete: 'answer', abortDropsParts: true, oddSegments: true },
      async close() {
        store.close()
        missing.close()
        await rgw.close()
      },
    }
  })
} else {
  describe('s3 on Ceph RGW keeps the contract of object stores', () => {
    test.skipIf(process.env['CI'] === undefined)(`SKIPPED, Ceph RGW is not installed: ${rgwInstallLine}`, () => {
      throw new Error(`Ceph RGW is not installed: ${rgwInstallLine}`)
    })
  })
}
