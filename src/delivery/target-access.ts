/**
 * How the delivery room reaches a target. Implemented by the wiring over the connection room, so that neither room
 * knows the other.
 */
import type { DrawbridgeError } from '../base/index.ts'
import type { ActorSummary, Diagnosis, Purpose, Writing } from '../contract/index.ts'
import type { ObjectStore } from '../storage/index.ts'
import type { TargetFacts, TargetIdentity } from './record.ts'

/** For whom something is delivered. */
export interface Person {
  readonly actor: ActorSummary
  /** The verified claims of the sign-in. */
  readonly claims: Readonly<Record<string, string | string[]>>
}

/** A target, opened in one person's identity. */
export interface OpenTarget {
  /** Retries passing faults by itself. */
  readonly store: ObjectStore
  /** Empty, or ending in a slash. */
  readonly rootPath: string
  readonly writing: Writing
  readonly purpose: Purpose
  readonly facts: TargetFacts
  /** Drops the cached session and gets a fresh one; the store signs with it from then on. */
  renew(): Promise<void>
  close(): void
}

export interface TargetAccess {
  /** Maps the person's claims for this connection. Called at acceptance and before each attempt. @throws claim-missing | not-found */
  identityFor(tenant: string, connection: string, person: Person): Promise<TargetIdentity>
  /**
   * Opens the store in that identity if nobody has to be asked for a session first; null otherwise. For a moment that must
   * not wait for the world. Absent: somebody always has to be asked. @throws DrawbridgeError
   */
  ready?(tenant: string, connection: string, identity: TargetIdentity): Promise<OpenTarget | null>
  /** Opens the store in that identity. @throws DrawbridgeError of any link of the chain */
  open(tenant: string, connection: string, identity: TargetIdentity): Promise<OpenTarget>
  /** Explains a refusal. */
  explain(tenant: string, connection: string, identity: TargetIdentity, error: DrawbridgeError): Promise<Diagnosis>
}
