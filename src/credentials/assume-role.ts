/** AssumeRole: one call, no retry, no cache. Whether the request is wise was decided before. */
import type { AssumeRoleCommandInput, AssumeRoleCommandOutput } from '@aws-sdk/client-sts'
import type { Clock } from '../base/index.ts'
import { DrawbridgeError, Secret } from '../base/index.ts'
import { stsClient, stsEndpointName } from './sts-client.ts'
import { stsError } from './sts-errors.ts'
import type { AssumeRoleRequest, AwsCredentials, RoleSession } from './types.ts'

const operation = 'sts:AssumeRole'

/** A request to STS carries nothing that was not asked for: an empty External ID or tag list is left out, not sent empty. */
function inputOf(request: AssumeRoleRequest): AssumeRoleCommandInput {
  const tags = Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value }))
  return {
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    DurationSeconds: request.durationSeconds,
    ...(request.externalId === null ? {} : { ExternalId: request.externalId }),
    ...(tags.length === 0 ? {} : { Tags: tags }),
    ...(request.sourceIdentity === null ? {} : { SourceIdentity: request.sourceIdentity }),
    ...(request.sessionPolicy === null ? {} : { Policy: request.sessionPolicy }),
  }
}

/** What both ways of assuming a role answer. */
type Answer = Pick<AssumeRoleCommandOutput, 'Credentials' | 'AssumedRoleUser' | 'PackedPolicySize' | '$metadata'>

/** Reads the session out of an answer. @throws protocol-broken */
export function roleSessionOf(output: Answer, issuedAt: Date, operation: string): RoleSession {
  const { Credentials: given, AssumedRoleUser: user } = output
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration || !user?.Arn) {
    throw new DrawbridgeError({ code: 'protocol-broken', message: 'STS answered without credentials', operation })
  }
  const requestId = output.$metadata.requestId
  return {
    credentials: {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: new Secret(given.SecretAccessKey),
      sessionToken: new Secret(given.SessionToken),
      expiresAt: given.Expiration,
    },
    assumedRoleArn: user.Arn,
    issuedAt,
    expiresAt: given.Expiration,
    ...(output.PackedPolicySize === undefined ? {} : { packedPolicySize: output.PackedPolicySize }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

/**
 * Assumes a role with the base identity's credentials. One request, and another one when our clock was wrong; the External ID, tags, source identity and session
 * policy go exactly as given, and are absent when null or empty.
 *
 * @throws DrawbridgeError access-denied, session-expired, clock-skew, throttled, unavailable, wrong-region, input-invalid,
 * protocol-broken, cancelled. The provider's words stand in `context.providerMessage`, its code in `context.providerCode`.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export async function assumeRole(
  base: AwsCredentials,
  request: AssumeRoleRequest,
  options: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<RoleSession> {
  const { client, aws } = await stsClient(request.region, request.endpoint, base)
  const issuedAt = options.clock.now()
  const failed = (error: unknown) =>
    stsError(error, operation, stsEndpointName(request.region, request.endpoint), options.signal)
  try {
    const command = new aws.AssumeRoleCommand(inputOf(request))
    const send = () => client.send(command, options.signal === undefined ? {} : { abortSignal: options.signal })
    const sent = send().catch((error: unknown) => {
      // The refusal carried the time of STS, by which the client signs from now on.
      if (failed(error).code === 'clock-skew') return send()
      throw error
    })
    return roleSessionOf(await sent, issuedAt, operation)
  } catch (error) {
    throw failed(error)
  } finally {
    client.destroy()
  }
}
