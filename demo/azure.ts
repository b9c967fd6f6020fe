/** The customer's Azure side: a container, a stored access policy, and a SAS token bound to it. */
import type { Azurite } from '../test/servers/azurite.ts'

const policyName = 'drawbridge'

/** Makes the container and a token with the least letters that block uploads need: create and write. */
export async function makeContainer(azurite: Azurite, name: string): Promise<{ url: string; sas: string }> {
  const container = azurite.owner.getContainerClient(name)
  await container.create()
  const startsOn = new Date(Date.now() - 300_000)
  const expiresOn = new Date(Date.now() + 90 * 24 * 3_600_000)
  await container.setAccessPolicy(undefined, [
    { id: policyName, accessPolicy: { startsOn, expiresOn, permissions: 'cw' } },
  ])
  return { url: azurite.containerUrl(name), sas: azurite.sas(name, { storedPolicy: policyName }) }
}

/** Every blob below a prefix, with its bytes, read with the customer's own key. */
export async function downloadBlobs(
  azurite: Azurite,
  name: string,
  prefix: string,
): Promise<{ key: string; bytes: Uint8Array }[]> {
  const container = azurite.owner.getContainerClient(name)
  const found: { key: string; bytes: Uint8Array }[] = []
  for await (const blob of container.listBlobsFlat({ prefix })) {
    found.push({ key: blob.name, bytes: await container.getBlobClient(blob.name).downloadToBuffer() })
  }
  return found
}
