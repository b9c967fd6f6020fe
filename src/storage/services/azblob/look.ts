/** What a container, or a blob in it, tells somebody without a token. */
import { type Look, lookFromOutside } from '../../endpoint/look.ts'

export interface ContainerLookOptions {
  /** Without a query. */
  readonly containerUrl: string
  readonly allowPrivateEndpoint?: boolean
  /** Absent: the container itself. */
  readonly key?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Looks at a container or at one blob without a token. 200 means that anybody may look.
 *
 * @see https://learn.microsoft.com/en-us/rest/api/storageservices/get-container-properties
 */
export function lookAtContainer(options: ContainerLookOptions): Promise<Look> {
  const { key, containerUrl } = options
  const base = containerUrl.replace(/\/+$/, '')
  const url = new URL(
    key === undefined ? `${base}?restype=container` : `${base}/${key.split('/').map(encodeURIComponent).join('/')}`,
  )
  return lookFromOutside({
    url,
    operation: key === undefined ? 'azblob:GetContainerProperties' : 'azblob:GetBlobProperties',
    guarded: options.allowPrivateEndpoint !== true,
    headers: { 'x-ms-version': '2023-11-03' },
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    signal: options.signal,
  })
}
