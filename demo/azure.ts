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

/** Lays every blob below a prefix down as a file, read with the customer's own key; `fileOf` names the file of a key. */
export async function downloadBlobs(
  azurite: Azurite,
  name: string,
  prefix: string,
  fileOf: (key: string) => string,
): Promise<void> {
  const container = azurite.owner.getContainerClient(name)
  for await (const blob of container.listBlobsFlat({ prefix })) {
    await container.getBlobClient(blob.name).downloadToFile(fileOf(blob.name))
  }
}
