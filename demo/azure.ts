/** The customer's Azure side: a container, a stored access policy, and a SAS token bound to it. */
import {
  BlobServiceClient,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob'
import type { Azurite } from '../test/servers/azurite.ts'

const policyName = 'drawbridge'
const permissions = 'cw'

/** Makes the container and a token with the least letters that block uploads need. */
export async function makeContainer(azurite: Azurite, name: string): Promise<{ url: string; sas: string }> {
  const credential = new StorageSharedKeyCredential(azurite.account, azurite.key)
  const container = serviceOf(azurite, credential).getContainerClient(name)
  await container.create()
  const expiresOn = new Date(Date.now() + 90 * 24 * 3_600_000)
  await container.setAccessPolicy(undefined, [
    { id: policyName, accessPolicy: { startsOn: new Date(Date.now() - 300_000), expiresOn, permissions } },
  ])
  const sas = generateBlobSASQueryParameters(
    { containerName: name, identifier: policyName, protocol: SASProtocol.HttpsAndHttp },
    credential,
  )
  return { url: container.url, sas: sas.toString() }
}

/** Every blob below a prefix, with its bytes, read with the customer's own key. */
export async function downloadBlobs(
  azurite: Azurite,
  name: string,
  prefix: string,
): Promise<{ key: string; bytes: Uint8Array }[]> {
  const credential = new StorageSharedKeyCredential(azurite.account, azurite.key)
  const container = serviceOf(azurite, credential).getContainerClient(name)
  const found: { key: string; bytes: Uint8Array }[] = []
  for await (const blob of container.listBlobsFlat({ prefix })) {
    found.push({ key: blob.name, bytes: await container.getBlobClient(blob.name).downloadToBuffer() })
  }
  return found
}

function serviceOf(azurite: Azurite, credential: StorageSharedKeyCredential): BlobServiceClient {
  return new BlobServiceClient(`${azurite.endpoint}/${azurite.account}`, credential)
}
