/** One way to make a client of STS: no retries of its own, bounded in time, credentials only as they are handed in. */
import type { STSClient } from '@aws-sdk/client-sts'
import type { AwsCredentials } from './types.ts'

/** The SDK with a client of it. */
export interface StsSdk {
  readonly client: STSClient
  readonly aws: typeof import('@aws-sdk/client-sts')
}

/** Opens a client; without credentials, for the one call that nobody signs. The caller destroys it. The SDK is loaded for the first one. */
export async function stsClient(
  region: string,
  endpoint: string | null,
  credentials: AwsCredentials | null,
): Promise<StsSdk> {
  const [aws, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-sts'),
    import('@smithy/node-http-handler'),
  ])
  const client = new aws.STSClient({
    region,
    ...(endpoint === null ? {} : { endpoint }),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 5_000,
      requestTimeout: 15_000,
      throwOnRequestTimeout: true,
      socketTimeout: 15_000,
    }),
    ...(credentials === null
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: credentials.secretAccessKey.reveal(),
            ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken.reveal() }),
          },
        }),
  })
  return { client, aws }
}

/** The endpoint's name for messages. */
export function stsEndpointName(region: string, endpoint: string | null): string {
  return endpoint ?? `sts.${region}.amazonaws.com`
}
