/** Azure's client, held to our rules: one attempt, no redirect, no proxy of the environment, our own sockets. Loaded when first needed. */
import type { ContainerClient } from '@azure/storage-blob'
import type { Secret } from '../../../base/index.ts'
import type { Agents } from '../../endpoint/agents.ts'

/** Opens the container. The token goes into the URL here and nowhere else. */
export async function openContainer(containerUrl: string, sas: Secret, agents: Agents): Promise<ContainerClient> {
  const { AnonymousCredential, ContainerClient: Client, newPipeline } = await import('@azure/storage-blob')
  const options = {
    retryOptions: { maxTries: 1 },
    // Understood by the pipeline below the storage client, though its own type does not name them.
    agent: containerUrl.startsWith('https:') ? agents.https : agents.http,
    redirectOptions: { maxRetries: 0 },
  }
  const token = sas.reveal().replace(/^\?/, '')
  return new Client(`${containerUrl}?${token}`, newPipeline(new AnonymousCredential(), options))
}
