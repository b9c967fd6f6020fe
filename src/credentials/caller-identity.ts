/** GetCallerIdentity: who a set of credentials is. Never denied by policy, so it separates "who" from "may". */
import { DrawbridgeError } from '../base/index.ts'
import { stsClient, stsEndpointName } from './sts-client.ts'
import { stsError } from './sts-errors.ts'
import type { AwsCredentials } from './types.ts'

const operation = 'sts:GetCallerIdentity'

/** Who STS says that the caller is. */
export interface CallerIdentity {
  readonly account: string
  /** The caller as it is: for a session `arn:aws:sts::…:assumed-role/role/session`. */
  readonly callerArn: string
  /** What a trust policy names: for a session the role's ARN. STS does not tell a role's path, so it is missing here. */
  readonly principalArn: string
  /** `AROA…:session`. */
  readonly userId: string
  readonly requestId?: string
}

/** Derives what a trust policy names from the caller's ARN. */
export function principalArnOf(callerArn: string): string {
  const session = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/.exec(callerArn)
  return session === null ? callerArn : `arn:${session[1]}:iam::${session[2]}:role/${session[3]}`
}

/**
 * Asks STS who the credentials are.
 *
 * @throws DrawbridgeError access-denied (unknown key), session-expired, clock-skew, throttled, unavailable, cancelled
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function callerIdentity(
  credentials: AwsCredentials,
  at: { readonly region: string; readonly endpoint: string | null; readonly signal?: AbortSignal },
): Promise<CallerIdentity> {
  const { client, aws } = await stsClient(at.region, at.endpoint, credentials)
  try {
    const sent = client.send(
      new aws.GetCallerIdentityCommand({}),
      at.signal === undefined ? {} : { abortSignal: at.signal },
    )
    const { Account, Arn, UserId, $metadata } = await sent
    if (!Account || !Arn) {
      throw new DrawbridgeError({ code: 'protocol-broken', message: 'STS answered without an identity', operation })
    }
    return {
      account: Account,
      callerArn: Arn,
      principalArn: principalArnOf(Arn),
      userId: UserId ?? '',
      ...($metadata.requestId === undefined ? {} : { requestId: $metadata.requestId }),
    }
  } catch (error) {
    throw stsError(error, operation, stsEndpointName(at.region, at.endpoint), at.signal)
  } finally {
    client.destroy()
  }
}
