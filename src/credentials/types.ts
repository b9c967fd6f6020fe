/** Who we are to a provider, and the sessions that come of it. */
import type { Secret } from '../base/index.ts'
import type { TokenNeed } from './identity-tokens.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret
  readonly expiresAt?: Date
}

/** Our own AWS identity: the principal that customers' trust policies name. */
export interface BaseIdentity {
  /** The credentials, fresh enough to sign with. @throws no-base-identity */
  credentials(): Promise<AwsCredentials>
  /** Who they are, asked of STS once: for a role session the role's ARN is what a trust policy names. @throws no-base-identity */
  whoAmI(): Promise<{ readonly account: string; readonly callerArn: string; readonly principalArn: string }>
}

export interface AssumeRoleRequest {
  readonly roleArn: string
  /** `[\w+=,.@-]{2,64}`, named after the person. */
  readonly sessionName: string
  /** Null: the parameter is left out. */
  readonly externalId: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly sourceIdentity: string | null
  readonly durationSeconds: number
  /** The session policy as JSON text; null: none. */
  readonly sessionPolicy: string | null
  readonly region: string
  /** Null: the region's own STS. */
  readonly endpoint: string | null
  /**
   * Present: the session is won by AssumeRoleWithWebIdentity with such an ID token. Tags and source identity then travel in the
   * token, and an External ID not at all.
   */
  readonly webIdentity?: Omit<TokenNeed, 'tags' | 'sourceIdentity'>
}

/** A session of the customer's role. */
export interface RoleSession {
  readonly credentials: AwsCredentials
  /** `arn:aws:sts::222222222222:assumed-role/role/session`. */
  readonly assumedRoleArn: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** Percent of the packed size that AWS allows for session policies and tags; absent when not told. */
  readonly packedPolicySize?: number
  readonly requestId?: string
}
