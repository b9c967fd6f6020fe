/**
 * What every part of this room works with: time and chance, who we are, the sessions we hold, and what the operator of
 * this deployment declared. Wired once, at the top of the house. Holds no connection and no secret of a customer.
 */
import type { Clock, Random } from '../base/index.ts'
import type { BaseIdentity, SessionCache } from '../credentials/index.ts'

/** The surroundings of a connection. */
export interface ConnectionContext {
  readonly clock: Clock
  readonly random: Random
  /** Our own AWS identity; null when this deployment has none. */
  readonly base: BaseIdentity | null
  readonly sessions: SessionCache
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
  /** Null: every region's own STS. */
  readonly stsEndpoint: string | null
}

/** Tells the egress for people: `dynamic`, or the CIDRs with commas. */
export function describeEgress(egress: ConnectionContext['egress']): string {
  return egress === 'dynamic' ? 'dynamic' : egress.join(', ')
}
