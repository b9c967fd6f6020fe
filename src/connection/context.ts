/**
 * What every part of this room works with: time and chance, who we are, the sessions we hold, and what the operator of
 * this deployment declared. Wired once, at the top of the house. Holds no connection and no secret of a customer.
 */
import type { Clock, Random } from '../base/index.ts'
import type { BaseIdentity, IdentityTokens, SessionCache } from '../credentials/index.ts'

/** Where this deployment runs. With credentials of our own a role is assumed only from AWS, or from machines of one's own. */
export type Hosting = 'aws' | 'local' | 'onprem' | 'azure' | 'gcp'

/** The surroundings of a connection. */
export interface ConnectionContext {
  readonly clock: Clock
  readonly random: Random
  /** Our own AWS identity; null when this deployment has none. */
  readonly base: BaseIdentity | null
  readonly sessions: SessionCache
  /** ID tokens of ours, with which a role is opened without an AWS identity. Absent or null: none are configured. */
  readonly tokens?: IdentityTokens | null
  /** From where our calls come: `dynamic`, or CIDRs that the operator declared. */
  readonly egress: 'dynamic' | readonly string[]
  /** The address that the outside sees at the moment; null when nobody looked. */
  readonly observedAddress: string | null
  /** AWS accounts that are ours, beside the base identity's own. */
  readonly ownAccounts: readonly string[]
  /** Origins of custom endpoints that this deployment may call: `https://s3.example.com`, `http://127.0.0.1:9000`. */
  readonly allowedEndpoints: readonly string[]
  /** SPKI PEM of the key that signs receipts; part of every set-up kit. */
  readonly evidencePublicKeyPem: string
  /** Keys that signed receipts before; part of every set-up kit too. Absent: the key was never rotated. */
  readonly formerEvidenceKeys?: readonly FormerEvidenceKey[]
  /** Null: every region's own STS. */
  readonly stsEndpoint: string | null
  /** Absent: `local`. */
  readonly hosting?: Hosting
  /**
   * HTTPS address of a folder in a bucket of the operator's own, `https://bucket.s3.eu-central-1.amazonaws.com/kits`, to which
   * CloudFormation templates are published: set-up kits then carry a quick-create link. Absent or null: they carry none.
   */
  readonly kitTemplateBucketUrl?: string | null
}

/** A key whose receipts stay valid although it signs no more. */
export interface FormerEvidenceKey {
  /** SPKI. */
  readonly publicKeyPem: string
  /** ISO 8601, UTC. */
  readonly until: string
}

/** Tells the egress for people: `dynamic`, or the CIDRs with commas. */
export function describeEgress(egress: ConnectionContext['egress']): string {
  return egress === 'dynamic' ? 'dynamic' : egress.join(', ')
}
