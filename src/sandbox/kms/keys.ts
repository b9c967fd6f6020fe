/** The keys of KMS: what they are, where they are found, and whether somebody may use one. */

import type { Evaluation } from '../../iam/index.ts'
import { type DecisionRecord, decide } from '../access/authorize.ts'
import type { Context } from '../access/context.ts'
import type { BoundPolicy, Caller } from '../world/entities.ts'
import { uuid } from '../world/identifiers.ts'
import { bindPolicy, currentPolicy } from '../world/policies.ts'
import type { World } from '../world/world.ts'
import type { KeyGrant } from './grants.ts'

/** One symmetric key. */
export interface KmsKey {
  readonly accountId: string
  readonly region: string
  readonly keyId: string
  readonly arn: string
  readonly description: string
  readonly createdAt: Date
  /** 32 bytes that never leave this process. */
  readonly material: Uint8Array
  /** `AWS` for the key that a service made for itself. */
  readonly manager: 'AWS' | 'CUSTOMER'
  enabled: boolean
  /** When it goes; null: it stays. */
  deletionAt: Date | null
  policy: BoundPolicy
  readonly grants: KeyGrant[]
}

/** Every key of every account. */
export class KeyRing {
  readonly #world: World
  readonly #keys = new Map<string, KmsKey>()
  readonly #aliases = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  /** Makes a key. */
  create(
    accountId: string,
    region: string,
    description: string,
    policy: BoundPolicy,
    manager: KmsKey['manager'],
  ): KmsKey {
    const keyId = uuid(this.#world.random)
    const arn = `arn:aws:kms:${region}:${accountId}:key/${keyId}`
    const key: KmsKey = {
      accountId,
      region,
      keyId,
      arn,
      description,
      createdAt: this.#world.clock.now(),
      material: this.#world.random.bytes(32),
      manager,
      enabled: true,
      deletionAt: null,
      policy,
      grants: [],
    }
    this.#keys.set(arn, key)
    return key
  }

  /** Gives a key another name within its account and region: `alias/reports`. */
  addAlias(key: KmsKey, alias: string): void {
    this.#aliases.set(`arn:aws:kms:${key.region}:${key.accountId}:${alias}`, key.arn)
  }

  /**
   * Finds a key by ARN, alias ARN, alias or id; the last two within the account and region given. The ARN of a key that
   * does not exist comes back as a text, for the refusal to name it.
   */
  find(name: string, accountId: string, region: string): KmsKey | string {
    const arn = keyArn(name, accountId, region)
    return this.#keys.get(this.#aliases.get(arn) ?? arn) ?? arn
  }

  /** The keys of one account and region. */
  list(accountId: string, region: string): readonly KmsKey[] {
    return [...this.#keys.values()].filter((key) => key.accountId === accountId && key.region === region)
  }

  /** The key `aws/s3` of an account, made when it is first needed: any principal of the account may use it through S3. */
  s3Managed(accountId: string, region: string): KmsKey {
    const existing = this.find('alias/aws/s3', accountId, region)
    if (typeof existing !== 'string') return existing
    const condition = { 'kms:CallerAccount': accountId, 'kms:ViaService': `s3.${region}.amazonaws.com` }
    const policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: '*' },
          Action: [
            'kms:Encrypt',
            'kms:Decrypt',
            'kms:ReEncrypt*',
            'kms:GenerateDataKey*',
            'kms:CreateGrant',
            'kms:DescribeKey',
          ],
          Resource: '*',
          Condition: { StringEquals: condition },
        },
      ],
    }
    const bound = bindPolicy(JSON.stringify(policy), 'resource', this.#world)
    if (!bound.ok) throw new TypeError(`the policy of aws/s3 can not be read: ${bound.error}`)
    const key = this.create(
      accountId,
      region,
      'Default key that protects my S3 objects when no other key is defined',
      bound.value,
      'AWS',
    )
    this.addAlias(key, 'alias/aws/s3')
    return key
  }
}

/** Decides whether a caller may do something with a key. */
export function decideOnKey(
  world: World,
  caller: Caller,
  key: KmsKey,
  action: string,
  context: Context,
  record: DecisionRecord[],
): Evaluation {
  const standing = world.propagation.effectivePolicy(key.arn, key.policy) ?? key.policy
  const resourcePolicy = { name: 'key policy', policy: currentPolicy(standing, world).policy }
  const callerAccount = caller.kind === 'anonymous' ? {} : { 'kms:CallerAccount': caller.accountId }
  const question = {
    action,
    resource: key.arn,
    resourceAccount: key.accountId,
    resourcePolicy,
    grants: key.grants.map(({ grant }) => grant),
    context: { ...context, ...callerAccount, 'kms:KeySpec': 'SYMMETRIC_DEFAULT', 'kms:KeyUsage': 'ENCRYPT_DECRYPT' },
  }
  return decide(world, caller, question, record)
}

function keyArn(name: string, accountId: string, region: string): string {
  if (name.startsWith('arn:')) return name
  return `arn:aws:kms:${region}:${accountId}:${name.startsWith('alias/') ? name : `key/${name}`}`
}
