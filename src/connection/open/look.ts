/** Looks at a connection's place, or at one object there, without any credential. */
import type { Connection } from '../../contract/index.ts'
import { type Look, lookAtBucket, lookAtContainer } from '../../storage/index.ts'
import type { ConnectionContext } from '../context.ts'
import { bucketOf } from '../model/setup-model.ts'

/** Null for a directory, which has no outside. `key` absent: the bucket or container itself. */
export async function lookAtPlace(
  connection: Connection,
  context: Pick<ConnectionContext, 'allowedEndpoints'>,
  options: { readonly key?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<Look | null> {
  const { location } = connection
  const isAllowed = (url: string): boolean => context.allowedEndpoints.includes(new URL(url).origin)
  if (location.service === 'local') return null
  if (location.service === 'azblob') {
    const { containerUrl } = location
    return lookAtContainer({ containerUrl, allowPrivateEndpoint: isAllowed(containerUrl), ...options })
  }
  const { region, bucketOwner, endpoint = null } = location
  return lookAtBucket({
    bucket: bucketOf(connection),
    region,
    endpoint,
    expectedBucketOwner: bucketOwner,
    allowPrivateEndpoint: endpoint !== null && isAllowed(endpoint),
    ...options,
  })
}
