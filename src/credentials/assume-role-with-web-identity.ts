/**
 * AssumeRoleWithWebIdentity: one call, no retry, no cache. Nobody signs it; the ID token says who asks. There is no External ID,
 * and tags and source identity are claims of the token: what keeps a role from being used for another customer is that its
 * trust policy compares audience and subject.
 */
import type { Clock } from '../base/index.ts'
import { roleSessionOf } from './assume-role.ts'
import type { IdentityTokens } from './identity-tokens.ts'
import { stsClient, stsEndpointName } from './sts-client.ts'
import { stsError } from './sts-errors.ts'
import type { AssumeRoleRequest, RoleSession } from './types.ts'

const operation = 'sts:AssumeRoleWithWebIdentity'

/**
 * Assumes a role with an ID token of ours.
 *
 * @throws DrawbridgeError no-base-identity (there is no token), access-denied, clock-skew, unavailable, throttled, input-invalid,
 * protocol-broken, cancelled. The provider's words stand in `context.providerMessage`, its code in `context.providerCode`.
 * @throws TypeError when the request is not for a token
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export async function assumeRoleWithWebIdentity(
  tokens: IdentityTokens,
  request: AssumeRoleRequest,
  options: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<RoleSession> {
  const { webIdentity, tags, sourceIdentity } = request
  if (webIdentity === undefined) throw new TypeError('the request names no ID token')
  const token = await tokens.token({ ...webIdentity, tags, sourceIdentity })
  const { client, aws } = await stsClient(request.region, request.endpoint, null)
  const issuedAt = options.clock.now()
  try {
    const command = new aws.AssumeRoleWithWebIdentityCommand({
      RoleArn: request.roleArn,
      RoleSessionName: request.sessionName,
      DurationSeconds: request.durationSeconds,
      WebIdentityToken: token.reveal(),
      ...(request.sessionPolicy === null ? {} : { Policy: request.sessionPolicy }),
    })
    const sent = client.send(command, options.signal === undefined ? {} : { abortSignal: options.signal })
    return roleSessionOf(await sent, issuedAt, operation)
  } catch (error) {
    throw stsError(error, operation, stsEndpointName(request.region, request.endpoint), options.signal)
  } finally {
    client.destroy()
  }
}
