/** What can be done to a running sandbox from outside AWS's own APIs: by the process that started it, or over HTTP. */
import { isIP } from 'node:net'
import { type NamedPolicy, parsePolicy } from '../../iam/index.ts'
import type { IssuerKeys } from '../sts/issuer-keys.ts'
import type { AccessKey, Role, Session } from '../world/entities.ts'
import type { SkewedClock } from '../world/skewed-clock.ts'
import type { World } from '../world/world.ts'
import type { FaultRule, Faults } from './faults.ts'
import type { History, HistoryEntry } from './history.ts'

/**
 * A key pair that a client signs with, in the form that AWS's SDKs take. The values are plain on purpose: they open
 * nothing but this sandbox, and end with it.
 */
export interface SandboxCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Absent for the key of a user. */
  readonly sessionToken?: string
}

/** The credentials of a container that runs as a role. */
export interface ContainerCredentials extends SandboxCredentials {
  readonly roleArn: string
  readonly expiresAt: Date
}

const containerHours = 6

/** What the controls take hold of. */
export interface ControlParts {
  readonly world: World
  readonly faults: Faults
  readonly clock: SkewedClock
  readonly history: History
  readonly issuerKeys: IssuerKeys
  readonly vendorAccount: string
}

/** The controls of one sandbox. */
export class Controls {
  readonly #world: World
  readonly #clock: SkewedClock
  readonly #faults: Faults
  readonly #history: History
  readonly #issuerKeys: IssuerKeys
  readonly #vendorAccount: string
  readonly #containers = new Map<string, AccessKey>()

  constructor(parts: ControlParts) {
    this.#world = parts.world
    this.#clock = parts.clock
    this.#faults = parts.faults
    this.#history = parts.history
    this.#issuerKeys = parts.issuerKeys
    this.#vendorAccount = parts.vendorAccount
  }

  accountIds(): readonly string[] {
    return [...this.#world.accounts.keys()]
  }

  /** Lets time pass for sessions and policies; signatures are still checked against the clock. */
  advance(milliseconds: number): void {
    this.#world.advance(milliseconds)
  }

  /** Sets the address from which an account's callers come. @throws TypeError for an unknown account or no address */
  setSourceAddress(accountId: string, address: string): void {
    if (isIP(address) === 0) throw new TypeError(`\`${address}\` is not an IP address`)
    this.#world.account(accountId).sourceAddress = address
  }

  /**
   * Puts an account under organization policies, levels from the root down; absent: as it was.
   *
   * @throws TypeError for an unknown account or a policy that can not be read.
   */
  setOrganizationPolicies(accountId: string, policies: OrganizationPolicies): void {
    const account = this.#world.account(accountId)
    if (policies.scp !== undefined) account.scp = readLevels(policies.scp)
    if (policies.rcp !== undefined) account.rcp = readLevels(policies.rcp)
  }

  /** Tells the public keys of an identity provider; null: there are none. @throws TypeError when it is no JSON Web Key Set */
  setIssuerKeys(issuer: string, keySet: unknown): void {
    this.#issuerKeys.tell(issuer, keySet)
  }

  /** Sets how long changes of roles, users and policies take until they decide. */
  setPropagationDelay(milliseconds: number): void {
    this.#world.propagation.delayMs = milliseconds
  }

  /** Moves the sandbox's own clock; positive: ahead. */
  setClockSkew(milliseconds: number): void {
    this.#clock.skewMs = milliseconds
  }

  setFaults(rules: readonly FaultRule[]): void {
    this.#faults.set(rules)
  }

  addFault(rule: FaultRule): void {
    this.#faults.add(rule)
  }

  history(): readonly HistoryEntry[] {
    return this.#history.list()
  }

  clearHistory(): void {
    this.#history.clear()
  }

  /** Returns the first key pair of a user. @throws TypeError when there is none */
  userCredentials(accountId: string, userName: string): SandboxCredentials {
    const id = this.#world.account(accountId).users.get(userName)?.accessKeyIds[0]
    const key = id === undefined ? null : this.#world.accessKey(id)
    if (key === null) throw new TypeError(`the user \`${userName}\` of account \`${accountId}\` has no access key`)
    return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey.reveal() }
  }

  /** Returns a session of a role as a container would get it, renewed when half its life is over; null for no such role. */
  containerCredentials(accountId: string | null, roleName: string): ContainerCredentials | null {
    const role = this.#world.accounts.get(accountId ?? this.#vendorAccount)?.roles.get(roleName)
    if (role === undefined) return null
    const now = this.#world.clock.now().getTime()
    const held = this.#containers.get(role.id)
    const halfMs = (containerHours * 3_600_000) / 2
    const fresh = held?.owner.kind === 'session' && held.owner.expiresAt.getTime() - now > halfMs
    const key = fresh ? held : this.#world.addSession(containerSession(role, this.#world.clock.now()))
    this.#containers.set(role.id, key)
    if (key.owner.kind !== 'session' || key.sessionToken === null) throw new TypeError('a container has a session')
    return {
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey.reveal(),
      sessionToken: key.sessionToken.reveal(),
      roleArn: role.arn,
      expiresAt: key.owner.expiresAt,
    }
  }
}

/** Service and resource control policies as JSON values, level by level from the root of the organization down. */
export interface OrganizationPolicies {
  readonly scp?: readonly (readonly unknown[])[]
  readonly rcp?: readonly (readonly unknown[])[]
}

function readLevels(levels: readonly (readonly unknown[])[]): readonly (readonly NamedPolicy[])[] {
  return levels.map((level, depth) =>
    level.map((source, index) => {
      const parsed = parsePolicy(source)
      if (!parsed.ok) throw new TypeError(`an organization policy can not be read: ${parsed.error[0]?.message ?? ''}`)
      return { name: `level ${depth} policy ${index}`, policy: parsed.value }
    }),
  )
}

function containerSession(role: Role, now: Date): Session {
  return {
    kind: 'session',
    accountId: role.accountId,
    role,
    arn: `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/container`,
    name: 'container',
    policy: null,
    tags: new Map(),
    transitiveTagKeys: [],
    sourceIdentity: null,
    originAccountId: role.accountId,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + containerHours * 3_600_000),
    ages: false,
  }
}
