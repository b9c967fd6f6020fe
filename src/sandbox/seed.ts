/** The accounts with which a sandbox starts: a vendor and a customer, unless it is told otherwise. */

import type { Account } from './world/entities.ts'
import { bindPolicy, readPolicy } from './world/policies.ts'
import type { World } from './world/world.ts'

/** The vendor's account of the default seed. */
export const vendorAccountId = '111111111111'

/** The customer's account of the default seed. */
export const customerAccountId = '222222222222'

/** The accounts of the default seed. */
export const sandboxAccounts = { vendor: vendorAccountId, customer: customerAccountId } as const

/** The vendor's own role of the default seed: what customers' trust policies name. */
export const sandboxBaseRoleArn = `arn:aws:iam::${vendorAccountId}:role/drawbridge-base`

/** A user to begin with. Without keys it gets a random pair. */
export interface UserSeed {
  readonly name: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  /** Its inline policy as a JSON value. */
  readonly policy: unknown
}

/** A role to begin with. */
export interface RoleSeed {
  readonly name: string
  /** Both as JSON values. */
  readonly trustPolicy: unknown
  readonly policy: unknown
}

/** An account to begin with. */
export interface AccountSeed {
  /** Twelve digits. */
  readonly accountId: string
  /** From where its callers seem to come; absent: 127.0.0.1. */
  readonly sourceAddress?: string
  readonly users?: readonly UserSeed[]
  readonly roles?: readonly RoleSeed[]
}

const administrator = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

/** What the vendor's own role may do: assume what customers offer. */
const baseRole: RoleSeed = {
  name: 'drawbridge-base',
  trustPolicy: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  },
  policy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], Resource: '*' },
    ],
  },
}

/** The seed of a sandbox that is told nothing. */
export const defaultSeed: readonly AccountSeed[] = [
  { accountId: vendorAccountId, users: [{ name: 'admin', policy: administrator }], roles: [baseRole] },
  { accountId: customerAccountId, users: [{ name: 'admin', policy: administrator }] },
]

/** Fills the accounts. @throws TypeError for a seed that can not be */
export function plant(world: World, seeds: readonly AccountSeed[]): void {
  for (const seed of seeds) {
    if (!/^\d{12}$/.test(seed.accountId))
      throw new TypeError(`\`${seed.accountId}\` is not an account id of twelve digits`)
    world.addAccount(seed.accountId, seed.sourceAddress ?? '127.0.0.1')
  }
  for (const seed of seeds) {
    const account = world.account(seed.accountId)
    for (const user of seed.users ?? []) plantUser(world, account, user)
    for (const role of seed.roles ?? []) plantRole(world, account, role)
  }
}

function plantUser(world: World, account: Account, seed: UserSeed): void {
  const user = world.addUser(account, seed.name, '/', new Map())
  user.inline.set('seed', readSeed(seed.policy, seed.name))
  const { accessKeyId, secretAccessKey } = seed
  const given =
    accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey }
  world.addUserKey(user, given)
}

function plantRole(world: World, account: Account, seed: RoleSeed): void {
  const trust = bindPolicy(JSON.stringify(seed.trustPolicy), 'trust', world)
  if (!trust.ok) throw new TypeError(`the trust policy of \`${seed.name}\` can not be read: ${trust.error}`)
  const role = world.addRole(account, seed.name, '/', new Map(), trust.value)
  role.inline.set('seed', readSeed(seed.policy, seed.name))
}

function readSeed(policy: unknown, name: string) {
  const stored = readPolicy(JSON.stringify(policy), 'identity')
  if (!stored.ok) throw new TypeError(`the policy of \`${name}\` can not be read: ${stored.error}`)
  return stored.value
}
