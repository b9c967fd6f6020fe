/** One way to make a client of STS: no retries of its own, bounded in time, credentials only as they are handed in. */
import { STSClient } from '@aws-sdk/client-sts'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { AwsCredentials } from './types.ts'

/** Opens a client; without credentials, for the one call that nobody signs. The caller destroys it. */
export function stsClient(region: string, endpoint: string | null, credentials: AwsCredentials | null): STSClient {
  return new STSClient({
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
}

/** The endpoint's name for messages. */
export function stsEndpointName(region: string, endpoint: string | null): string {
  return endpoint ?? `sts.${region}.amazonaws.com`
}
