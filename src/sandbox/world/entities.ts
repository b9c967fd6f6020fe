/** What exists in the sandbox's accounts: users, roles, managed policies, sessions and access keys. Shapes, no behaviour. */
import type { Secret } from '../../base/index.ts'
import type { NamedPolicy, Policy } from '../../iam/index.ts'

/** A policy as it was put, and as it is evaluated. */
export interface StoredPolicy {
  readonly text: string
  readonly policy: Policy
}

/**
 * A policy that names principals. AWS keeps users and roles in it by their unique ids: one that is deleted and created
 * again is somebody else.
 */
export interface BoundPolicy extends StoredPolicy {
  /** ARN of a user or role → its unique id when the policy was put. */
  readonly bindings: ReadonlyMap<string, string>
}

export interface ManagedPolicy extends StoredPolicy {
  readonly arn: string
  readonly id: string
  readonly name: string
  readonly path: string
  readonly createdAt: Date
}

interface Entity {
  readonly accountId: string
  /** `AROA…` or `AIDA…`. */
  readonly id: string
  readonly arn: string
  readonly name: string
  /** `/` or `/team/`. */
  readonly path: string
  readonly createdAt: Date
  /** As written; keys are compared regardless of letter case. */
  readonly tags: Map<string, string>
  readonly inline: Map<string, StoredPolicy>
  readonly attached: Map<string, ManagedPolicy>
  boundary: ManagedPolicy | null
}

export interface User extends Entity {
  readonly kind: 'user'
  readonly accessKeyIds: string[]
}

export interface Role extends Entity {
  readonly kind: 'role'
  trust: BoundPolicy
  maximumSessionSeconds: number
  description: string
}

/** A session of a role. */
export interface Session {
  readonly kind: 'session'
  readonly accountId: string
  /** Gone from its account when the role was deleted; its id says which role it was. */
  readonly role: Role
  /** `arn:aws:sts::…:assumed-role/role/session`. */
  readonly arn: string
  readonly name: string
  readonly policy: NamedPolicy | null
  readonly tags: ReadonlyMap<string, string>
  /** Names of the tags that a chained session inherits. */
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | null
  /** Its calls come from the simulated address of this account. */
  readonly originAccountId: string
  /** ARN of the identity provider whose token won it; absent for AssumeRole. */
  readonly federatedProvider?: string
  issuedAt: Date
  expiresAt: Date
  /** Container credentials do not age when the sandbox's time is advanced. */
  readonly ages: boolean
}

/** Whoever made a request. */
export type Caller = { readonly kind: 'anonymous' } | User | Session

/** One key pair. */
export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken: Secret | null
  readonly owner: User | Session
}

/** An identity provider that an account trusts, by the address of its issuer. */
export interface OidcProvider {
  /** `arn:aws:iam::…:oidc-provider/login.example.com/path`: the issuer without its scheme. */
  readonly arn: string
  /** As tokens say it in `iss`. */
  readonly issuer: string
  /** The audiences that its tokens may name. */
  readonly clientIds: string[]
  thumbprints: readonly string[]
  readonly createdAt: Date
}

export interface Account {
  readonly id: string
  readonly users: Map<string, User>
  readonly roles: Map<string, Role>
  readonly policies: Map<string, ManagedPolicy>
  /** By ARN. */
  readonly oidcProviders: Map<string, OidcProvider>
  sourceAddress: string
  /** Levels from the root of the organization down; empty: in no organization. */
  scp: readonly (readonly NamedPolicy[])[]
  rcp: readonly (readonly NamedPolicy[])[]
}
