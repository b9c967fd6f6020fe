/**
 * The state of the sandbox that every service shares: accounts, who holds which access key, and time. Buckets and keys
 * live with their services. Everything is in memory; nothing survives the process.
 */
import { type Clock, type Random, Secret } from '../../base/index.ts'
import type { evaluate } from '../../iam/index.ts'
import type { AccessKey, Account, BoundPolicy, ManagedPolicy, Role, Session, User } from './entities.ts'
import { accessKeyId, secretAccessKey, sessionToken, uniqueId } from './identifiers.ts'
import { readPolicy } from './policies.ts'
import { Propagation } from './propagation.ts'

const mostSessions = 100_000

/** The AWS managed policies that the sandbox knows. */
const awsManaged: Readonly<Record<string, unknown>> = {
  AdministratorAccess: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  },
}

/** Who decides about requests: the evaluator, or another that answers in its form. */
export type Judge = typeof evaluate

/** The accounts, their identities and their keys. */
export class World {
  readonly clock: Clock
  readonly random: Random
  readonly judge: Judge
  readonly accounts = new Map<string, Account>()
  readonly #keys = new Map<string, AccessKey>()
  readonly #byId = new Map<string, User | Role>()
  readonly #byArn = new Map<string, User | Role>()
  #advancedMs = 0
  /** Changes that were answered and do not decide yet. */
  readonly propagation = new Propagation(() => this.simulatedNow().getTime())

  constructor(clock: Clock, random: Random, judge: Judge) {
    this.clock = clock
    this.random = random
    this.judge = judge
  }

  /** The moment that `aws:CurrentTime` tells: the clock, moved on by every advance. */
  simulatedNow(): Date {
    return new Date(this.clock.now().getTime() + this.#advancedMs)
  }

  /**
   * Lets time pass for what was issued: sessions of AssumeRole grow older, policies see a later time. Signatures are
   * checked against the clock that did not move, because the callers' clocks did not move either.
   */
  advance(milliseconds: number): void {
    this.#advancedMs += milliseconds
    for (const { owner } of this.#keys.values()) {
      if (owner.kind !== 'session' || !owner.ages) continue
      owner.issuedAt = new Date(owner.issuedAt.getTime() - milliseconds)
      owner.expiresAt = new Date(owner.expiresAt.getTime() - milliseconds)
    }
  }

  /** Opens an account. */
  addAccount(id: string, sourceAddress: string): Account {
    const account: Account = {
      id,
      users: new Map(),
      roles: new Map(),
      policies: new Map(),
      oidcProviders: new Map(),
      sourceAddress,
      scp: [],
      rcp: [],
    }
    this.accounts.set(id, account)
    return account
  }

  /** Returns an account that is known to exist. @throws TypeError when it does not. */
  account(id: string): Account {
    const account = this.accounts.get(id)
    if (account === undefined) throw new TypeError(`the sandbox has no account \`${id}\``)
    return account
  }

  /** Adds a user; the caller made sure that the name is free. */
  addUser(account: Account, name: string, path: string, tags: ReadonlyMap<string, string>): User {
    const user: User = {
      kind: 'user',
      ...this.#entity(account, 'AIDA', 'user', name, path, tags),
      accessKeyIds: [],
    }
    account.users.set(name, user)
    this.#enter(user)
    return user
  }

  /** Adds a role; the caller made sure that the name is free. */
  addRole(account: Account, name: string, path: string, tags: ReadonlyMap<string, string>, trust: Role['trust']): Role {
    const role: Role = {
      kind: 'role',
      ...this.#entity(account, 'AROA', 'role', name, path, tags),
      trust,
      maximumSessionSeconds: 3600,
      description: '',
    }
    account.roles.set(name, role)
    this.#enter(role)
    return role
  }

  /** Takes a role away; policies that name it are broken from now on. */
  removeRole(account: Account, role: Role): void {
    account.roles.delete(role.name)
    this.#byArn.delete(role.arn)
    this.#byId.delete(role.id)
  }

  /** The unique id of whoever has the ARN today. */
  idOf(arn: string): string | null {
    return this.#byArn.get(arn)?.id ?? null
  }

  /** The ARN of whoever has the unique id. */
  arnOf(id: string): string | null {
    return this.#byId.get(id)?.arn ?? null
  }

  /** Finds a role by its ARN. */
  roleByArn(arn: string): Role | null {
    const found = this.#byArn.get(arn)
    return found?.kind === 'role' ? found : null
  }

  /** The role's trust policy as it decides now; null while a new role is not known everywhere. */
  trustOf(role: Role): BoundPolicy | null {
    return this.propagation.effective(role)?.trust ?? null
  }

  /** True as long as the role was not deleted. */
  isAlive(role: Role): boolean {
    return this.#byId.has(role.id)
  }

  /** Finds a managed policy that an account can use: its own, or one of AWS's. */
  managedPolicy(account: Account, arn: string): ManagedPolicy | null {
    const own = account.policies.get(arn)
    if (own !== undefined) return own
    const name = arn.startsWith('arn:aws:iam::aws:policy/') ? arn.slice('arn:aws:iam::aws:policy/'.length) : ''
    if (!Object.hasOwn(awsManaged, name)) return null
    const stored = readPolicy(JSON.stringify(awsManaged[name]), 'identity')
    if (!stored.ok) throw new TypeError(`the managed policy \`${name}\` can not be read: ${stored.error}`)
    return {
      ...stored.value,
      arn,
      id: `ANPA${name.toUpperCase().slice(0, 17)}`,
      name,
      path: '/',
      createdAt: new Date(0),
    }
  }

  /** Gives a user a key pair: the one asked for, or a new one. */
  addUserKey(user: User, given?: { readonly accessKeyId: string; readonly secretAccessKey: string }): AccessKey {
    const key: AccessKey = {
      accessKeyId: given?.accessKeyId ?? accessKeyId('AKIA', this.random),
      secretAccessKey: new Secret(given?.secretAccessKey ?? secretAccessKey(this.random)),
      sessionToken: null,
      owner: user,
    }
    user.accessKeyIds.push(key.accessKeyId)
    this.#keys.set(key.accessKeyId, key)
    return key
  }

  /** Takes a key pair away; false when the user has none of that id. */
  removeUserKey(user: User, id: string): boolean {
    const index = user.accessKeyIds.indexOf(id)
    if (index === -1) return false
    user.accessKeyIds.splice(index, 1)
    return this.#keys.delete(id)
  }

  /** Issues the credentials of a session. */
  addSession(session: Session): AccessKey {
    if (this.#keys.size >= mostSessions) this.#forgetExpired()
    const key: AccessKey = {
      accessKeyId: accessKeyId('ASIA', this.random),
      secretAccessKey: new Secret(secretAccessKey(this.random)),
      sessionToken: new Secret(sessionToken(this.random)),
      owner: session,
    }
    this.#keys.set(key.accessKeyId, key)
    return key
  }

  /** Finds a key pair. */
  accessKey(id: string): AccessKey | null {
    return this.#keys.get(id) ?? null
  }

  #entity(
    account: Account,
    prefix: string,
    kind: string,
    name: string,
    path: string,
    tags: ReadonlyMap<string, string>,
  ) {
    return {
      accountId: account.id,
      id: uniqueId(prefix, this.random),
      arn: `arn:aws:iam::${account.id}:${kind}${path}${name}`,
      name,
      path,
      createdAt: this.clock.now(),
      tags: new Map(tags),
      inline: new Map(),
      attached: new Map(),
      boundary: null,
    }
  }

  #enter(entity: User | Role): void {
    this.#byId.set(entity.id, entity)
    this.#byArn.set(entity.arn, entity)
  }

  /** A long-running sandbox must not keep every session it ever issued. */
  #forgetExpired(): void {
    const now = this.clock.now()
    for (const [id, { owner }] of this.#keys) {
      if (owner.kind === 'session' && owner.expiresAt < now) this.#keys.delete(id)
    }
  }
}
