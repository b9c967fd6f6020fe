/**
 * Intake of a role that an ID token of ours opens. AssumeRoleWithWebIdentity knows no External ID, so something else must keep
 * one customer from using another's role through us: audience and subject, which the trust policy compares. Where we sign the
 * tokens, the subject is this connection's alone; where a platform makes them, it is not, and that is said.
 */
import type { Connection, IdentityMapping } from '../../contract/index.ts'
import type { IdentityTokens } from '../../credentials/index.ts'
import { invalid } from './refuse.ts'
import { parseRoleArn } from './role-arn.ts'

type WebIdentity = NonNullable<Extract<Connection['authentication'], { kind: 'role' }>['webIdentity']>

/** What a role with an ID token has in the place of an External ID, and what to warn of. */
export interface TakenWebIdentity {
  readonly webIdentity: WebIdentity
  readonly warnings: readonly string[]
}

/**
 * Binds a connection to the ID tokens of this deployment.
 *
 * @param reference made by us for this connection alone: part of the subject where we choose it
 * @throws input-invalid | no-base-identity
 */
export async function takeWebIdentity(
  tokens: IdentityTokens,
  connectionName: string,
  reference: string,
): Promise<TakenWebIdentity> {
  const identity = await tokens.identityFor(connectionName, reference)
  if (new URL(identity.issuer).hostname === 'accounts.google.com') {
    throw invalid(
      'authentication',
      'can not use ID tokens of `accounts.google.com`: AWS compares another claim of them than their audience',
      'configure an issuer of your own (`webIdentity.issuer`)',
    )
  }
  return {
    webIdentity: { tokens: tokens.kind, ...identity },
    warnings: tokens.kind === 'issuer' ? [] : [sharedSubject],
  }
}

const sharedSubject =
  'the ID token comes from a platform, and every connection that uses it has the same subject: only the claim on the role ARN keeps other customers of ours from the role; an issuer of our own gives each connection a subject of its own'

/** A token that we do not sign can not say more than it says. @throws input-invalid */
export function checkCarriedClaims(webIdentity: WebIdentity, mapping: IdentityMapping): void {
  if (webIdentity.tokens === 'issuer' || mapping.tags.length === 0) return
  throw invalid(
    'identityMapping',
    'has session tags, which travel in the ID token, and ours comes from a platform that does not know them',
    'configure an issuer of your own (`webIdentity.issuer`), or map no tags',
  )
}

/** The ARN that the role's account gives our issuer when it registers it. */
export function providerArnOf(roleArn: string, issuer: string): string {
  const { partition, account } = parseRoleArn(roleArn)
  return `arn:${partition}:iam::${account}:oidc-provider/${issuer.slice(issuer.indexOf('://') + 3)}`
}
