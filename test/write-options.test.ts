/**
 * What is said of objects beside their bytes arrives: tags, storage class, retention, legal hold and tier, looked at by their
 * owner, in the sandbox, on Ceph RGW and on Azurite; and a right is asked for only where a setting needs it.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'
import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../src/base/index.ts'
import { openConnection } from '../src/connection/index.ts'
import type { Connection, ObjectSettings } from '../src/contract/index.ts'
import { settingsOf } from '../src/delivery/send/object-settings.ts'
import { customerAccountId } from '../src/sandbox/index.ts'
import { azureStore, bodyOfBytes, type ObjectStore, s3Store } from '../src/storage/index.ts'
import { dana, type House, openHouse, region, textOf, unwell } from './kit/house.ts'
import { type Azurite, startAzurite } from './servers/azurite.ts'
import { hasRgw, type Rgw, rgwInstallLine, startRgw } from './servers/rgw.ts'

const acceptedAt = new Date().toISOString()
const bytes = Buffer.from('the report\n')
const body = bodyOfBytes(bytes)
const tags = { project: 'audit', 'data class': 'restricted' }
const untilOf = (days: number): number => Date.parse(acceptedAt) + days * 86_400_000

function saidOf(objects: ObjectSettings) {
  const writing = { acl: 'none', encryption: { kind: 'bucket-default' }, resume: true, objects } as const
  return settingsOf(writing, acceptedAt)
}

/** Writes one object in one request and one in parts, with the same settings. */
async function writeBoth(store: ObjectStore, prefix: string, objects: ObjectSettings): Promise<string[]> {
  const keys = [`${prefix}whole.pdf`, `${prefix}parts.pdf`]
  const options = { ifAbsent: true, ...saidOf(objects) }
  await store.put(keys[0] ?? '', body, options)
  const inParts = { ...options, crc32: crc32(bytes) }
  const upload = await store.createUpload(keys[1] ?? '', inParts)
  const part = await store.uploadPart(keys[1] ?? '', upload, 1, body, 0, body.sizeBytes, { withCrc32: true })
  await store.completeUpload(keys[1] ?? '', upload, [part], inParts)
  return keys
}

describe('in the sandbox', () => {
  let house: House
  const lockedBucket = 'acme-locked'
  const objects: ObjectSettings = {
    tags,
    storageClass: 'STANDARD_IA',
    retention: { mode: 'GOVERNANCE', days: 3 },
  }

  beforeAll(async () => {
    house = await openHouse()
    const lock = { Bucket: lockedBucket, ObjectLockEnabledForBucket: true }
    const placed = { CreateBucketConfiguration: { LocationConstraint: region } } as const
    await house.administrator().s3.send(new CreateBucketCommand({ ...lock, ...placed }))
  })
  afterAll(() => house.close())

  async function connected(name: string, settings: ObjectSettings | undefined): Promise<Connection> {
    const { connection } = await house.connect({
      name,
      location: {
        ...{ service: 's3', uri: `s3://${lockedBucket}`, rootPath: `${name}/`, region },
        ...{ bucketOwner: customerAccountId, endpoint: house.sandbox.endpoint },
      },
      writing: { resume: true, ...(settings === undefined ? {} : { objects: settings }) },
    })
    const kit = await house.kitOf(connection)
    const role = connection.authentication.kind === 'role' ? connection.authentication.roleArn : ''
    const [, path = '/', roleName = ''] = /:role(\/.*?)([^/]+)$/.exec(role) ?? []
    const [trust, permissions] = [textOf(kit, 'trust-policy.json'), textOf(kit, 'permissions-policy.json')]
    await house.putRole(customerAccountId, roleName, path, trust, permissions)
    return connection
  }

  it('tags, class and retention arrive with the kit’s own rights, and verifying tries them', async () => {
    const connection = await connected('kept', objects)
    const report = await house.verify(connection)
    expect([report.status, unwell(report)]).toEqual(['pass', expect.any(Array)])
    const open = await openConnection(connection, { kind: 'none' }, dana, house.context)
    const { s3 } = house.administrator()
    for (const Key of await writeBoth(open.store, 'kept/', objects)) {
      const found = await s3.send(new HeadObjectCommand({ Bucket: lockedBucket, Key }))
      expect([Key, found.StorageClass, found.ObjectLockMode]).toEqual([Key, 'STANDARD_IA', 'GOVERNANCE'])
      expect(found.ObjectLockRetainUntilDate?.getTime()).toBe(untilOf(3))
      const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket: lockedBucket, Key }))
      expect(Object.fromEntries((TagSet ?? []).map((tag) => [tag.Key, tag.Value]))).toEqual(tags)
    }
    open.close()
  })

  it('without the settings the kit asks for none of these rights, and their write is refused', async () => {
    const connection = await connected('plain', undefined)
    const kit = await house.kitOf(connection)
    const granted = ['s3:PutObjectTagging', 's3:PutObjectRetention', 's3:PutObjectLegalHold']
    const permissions = textOf(kit, 'permissions-policy.json')
    for (const action of granted) expect(permissions).not.toContain(action)
    const open = await openConnection(connection, { kind: 'none' }, dana, house.context)
    for (const settings of [{ tags }, { retention: { mode: 'GOVERNANCE' as const, days: 3 } }]) {
      const options = { ifAbsent: true, ...saidOf(settings) }
      await expect(open.store.put('plain/x', body, options)).rejects.toMatchObject({ code: 'access-denied' })
    }
    open.close()
    const asked = await house.kitOf({
      ...connection,
      writing: {
        ...connection.writing,
        objects: { tags, legalHold: true, retention: { mode: 'COMPLIANCE', days: 1 } },
      },
    })
    for (const action of granted) expect(textOf(asked, 'permissions-policy.json')).toContain(action)
  })
})

const available = await hasRgw()
if (!available) console.warn(`SKIPPED: Ceph RGW is missing: ${rgwInstallLine}`)

describe.skipIf(!available && process.env['CI'] === undefined)('on Ceph RGW', () => {
  let rgw: Rgw
  let client: S3Client

  beforeAll(async () => {
    rgw = await startRgw()
    const { endpoint } = rgw
    const owner = await rgw.createUser('keeper')
    client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials: owner })
    await client.send(new CreateBucketCommand({ Bucket: 'kept', ObjectLockEnabledForBucket: true }))
    store = s3Store({
      ...{ bucket: 'kept', region: 'us-east-1', endpoint, expectedBucketOwner: null, allowPrivateEndpoint: true },
      credentials: async () => ({ ...owner, secretAccessKey: new Secret(owner.secretAccessKey) }),
    })
  }, 120_000)
  let store: ObjectStore
  afterAll(async () => {
    store?.close()
    client?.destroy()
    await rgw?.close()
  })

  it('tags, retention and legal hold stand at the object', async () => {
    const objects: ObjectSettings = { tags, retention: { mode: 'COMPLIANCE', days: 2 }, legalHold: true }
    // This gateway forgets what Create said of tags and Object Lock: of an upload in parts nothing of it stands.
    const [Key = ''] = await writeBoth(store, 'r/', objects)
    const found: HeadObjectCommandOutput = await client.send(new HeadObjectCommand({ Bucket: 'kept', Key }))
    expect([found.ObjectLockMode, found.ObjectLockLegalHoldStatus]).toEqual(['COMPLIANCE', 'ON'])
    expect(Math.abs((found.ObjectLockRetainUntilDate?.getTime() ?? 0) - untilOf(2))).toBeLessThan(1_000)
    const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: 'kept', Key }))
    expect(Object.fromEntries((TagSet ?? []).map((tag) => [tag.Key, tag.Value]))).toEqual(tags)
  })
})

describe('on Azurite', () => {
  let azurite: Azurite

  beforeAll(async () => {
    azurite = await startAzurite()
    await azurite.createContainer('tiers')
  }, 60_000)
  afterAll(() => azurite.close())

  it('the access tier and the index tags stand at the blob, of one request and of blocks', async () => {
    const sas = new Secret(azurite.sas('tiers', { permissions: 'cwt' }))
    const store = azureStore({
      containerUrl: azurite.containerUrl('tiers'),
      sas,
      allowPrivateEndpoint: true,
    })
    for (const key of await writeBoth(store, 't/', { tier: 'Cool', tags })) {
      const blob = azurite.owner.getContainerClient('tiers').getBlobClient(key)
      expect([key, (await blob.getProperties()).accessTier]).toEqual([key, 'Cool'])
      expect((await blob.getTags()).tags).toEqual(tags)
    }
    store.close()
  })
})

it('an immutability policy and a legal hold travel as the headers that Azure documents', async () => {
  // Azurite offers neither, so the request itself is looked at.
  const seen: Record<string, unknown>[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    request.resume().on('end', () => response.writeHead(201, { etag: '"0x1"' }).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sas = new Secret('sv=2024-11-04&sr=c&sp=cwi&sig=abc')
  const containerUrl = `http://127.0.0.1:${port}/account/kept`
  const store = azureStore({ containerUrl, sas, allowPrivateEndpoint: true })
  const objects: ObjectSettings = { retention: { mode: 'Locked', days: 10 }, legalHold: true }
  await store.put('a.pdf', body, { ifAbsent: true, ...saidOf(objects) })
  expect(seen[0]).toMatchObject({
    'x-ms-immutability-policy-mode': 'Locked',
    'x-ms-immutability-policy-until-date': new Date(untilOf(10)).toUTCString(),
    'x-ms-legal-hold': 'true',
  })
  store.close()
  server.close()
  server.closeAllConnections()
})
