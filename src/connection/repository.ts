/** What the connection room needs kept. Implemented by `state/`. */
import type { Connection, Verification } from '../contract/index.ts'

/** The secret half of a connection. Sealed by the repository before it touches the disk. */
export type ConnectionSecret =
  | { readonly kind: 'none' }
  | { readonly kind: 'access-key'; readonly secretAccessKey: string }
  | { readonly kind: 'sas'; readonly token: string }

/** What keeping a verification tells. */
export interface KeptVerification {
  /** The one that it replaced; null: it is the first. */
  readonly before: Verification | null
  /** Since when every one has been red; null: this one is not. */
  readonly redSince: Date | null
}

export interface ConnectionRepository {
  /** Keeps an External ID for later, never to be given out twice. */
  reserveExternalId(tenant: string, reservation: string, externalId: string): Promise<void>
  /** Finds what a reservation keeps, and leaves it; null when there is none of that tenant, or when it was taken before. */
  reserved(tenant: string, reservation: string): Promise<string | null>
  /** Takes a reservation; null when there is none of that tenant, or when it was taken before. */
  takeReservation(tenant: string, reservation: string): Promise<string | null>
  /**
   * Saves a new connection and marks its External ID as used for ever.
   * @throws already-exists — the name, the External ID, or a role ARN that another tenant claimed (without saying whose)
   */
  add(connection: Connection, secret: ConnectionSecret): Promise<void>
  byName(tenant: string, name: string): Promise<Connection | null>
  list(tenant: string): Promise<Connection[]>
  secretOf(tenant: string, name: string): Promise<ConnectionSecret>
  /** Replaces it when its version is still `expectedVersion`. @throws write-conflict | not-found */
  update(connection: Connection, expectedVersion: number, secret?: ConnectionSecret): Promise<void>
  /** @throws not-found | in-use — a route still lists it */
  remove(tenant: string, name: string): Promise<void>
  /**
   * Keeps a verification as the connection's last, and its state. Of several at the same time each replaces another one, so
   * that what changed between two is told once.
   */
  saveVerification(
    tenant: string,
    name: string,
    verification: Verification,
    state: Connection['state'],
  ): Promise<KeptVerification>
}
