/** The keys that sign the evidence: sealed in the database, made at the first start, and taken out of use one by one. */
import { type Clock, DrawbridgeError, type Random, Secret } from '../base/index.ts'
import type { NewEntry } from '../delivery/index.ts'
import {
  type EvidenceKey,
  exportPrivateKeyPem,
  exportPublicKeyPem,
  generateEvidenceKey,
  importPrivateKeyPem,
  importPublicKeyPem,
} from '../evidence/index.ts'
import { enqueue } from './log.ts'
import type { Executor } from './schema.ts'
import type { Sealer } from './seal.ts'
import { everyTenant, type Store } from './store.ts'

/** A key that signs nothing any more. What it signed stays valid. */
export interface FormerKey {
  readonly publicKey: EvidenceKey['publicKey']
  /** ISO 8601, UTC. */
  readonly until: string
}

/** The keys as they are. */
export interface KeysInUse {
  readonly current: EvidenceKey
  /** The key before, until a checkpoint that both signed is kept: that is what vouches for the new one. */
  readonly retiring: EvidenceKey | null
  /** The oldest first. */
  readonly former: readonly FormerKey[]
}

const names = { current: 'evidence-key', retiring: 'evidence-key-retiring', former: 'evidence-keys-former' } as const
type Name = (typeof names)[keyof typeof names]

/** Keeps the evidence keys of a deployment. */
export class EvidenceKeys {
  readonly #store: Store
  readonly #sealer: Sealer
  readonly #random: Random
  readonly #clock: Pick<Clock, 'now'>
  #keys: KeysInUse

  private constructor(store: Store, sealer: Sealer, random: Random, clock: Pick<Clock, 'now'>, keys: KeysInUse) {
    this.#store = store
    this.#sealer = sealer
    this.#random = random
    this.#clock = clock
    this.#keys = keys
  }

  /** Opens the sealed keys, which also proves the root key, or makes and seals the first. @throws data-directory-broken */
  static async open(store: Store, sealer: Sealer, random: Random, clock: Pick<Clock, 'now'>): Promise<EvidenceKeys> {
    await store.write(everyTenant, async (transaction) => {
      // Of several first starts at the same time one makes the key, and all use it.
      const sealed = sealKey(sealer, names.current, generateEvidenceKey(random))
      await transaction
        .insertInto('sealed_values')
        .values({ name: names.current, sealed })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute()
    })
    return new EvidenceKeys(store, sealer, random, clock, await readKeys(store, sealer))
  }

  /** The keys as they were when they were last read. */
  get keys(): KeysInUse {
    return this.#keys
  }

  /** Reads them again: another process may have rotated them. */
  async reload(): Promise<KeysInUse> {
    this.#keys = await readKeys(this.#store, this.#sealer)
    return this.#keys
  }

  /**
   * Puts a new key in the place of the current one, together with the entry that tells of it, in one transaction.
   * @throws write-conflict — the rotation before has not ended
   */
  async rotate(tenant: string, entryOf: (former: EvidenceKey, next: EvidenceKey) => NewEntry): Promise<KeysInUse> {
    const next = generateEvidenceKey(this.#random)
    const until = this.#clock.now().toISOString()
    await this.#store.write(tenant, async (transaction) => {
      await this.#store.serialize(transaction, names.current)
      const { current, retiring, former } = await keysOf(transaction, this.#sealer)
      if (retiring !== null) throw rotationUnderWay()
      const told = [...former, { publicKey: current.publicKey, until }].map((key) => ({
        publicKeyPem: exportPublicKeyPem(key.publicKey),
        until: key.until,
      }))
      await put(transaction, names.retiring, sealKey(this.#sealer, names.retiring, current))
      await put(transaction, names.current, sealKey(this.#sealer, names.current, next))
      await put(transaction, names.former, this.#sealer.seal(placeOf(names.former), JSON.stringify(told)))
      await enqueue(transaction, tenant, [entryOf(current, next)], this.#store.now())
    })
    return await this.reload()
  }

  /** Forgets the private half of the key before, once a checkpoint that both signed is kept. */
  async retire(): Promise<KeysInUse> {
    await this.#store.write(everyTenant, (transaction) =>
      transaction.deleteFrom('sealed_values').where('name', '=', names.retiring).execute(),
    )
    return await this.reload()
  }
}

async function readKeys(store: Store, sealer: Sealer): Promise<KeysInUse> {
  return await store.read(everyTenant, (executor) => keysOf(executor, sealer))
}

async function keysOf(executor: Executor, sealer: Sealer): Promise<KeysInUse> {
  const rows = await executor.selectFrom('sealed_values').selectAll().execute()
  const sealed = new Map(rows.map((row) => [row.name, row.sealed]))
  const current = sealed.get(names.current)
  if (current === undefined) throw broken('the evidence key is gone')
  const retiring = sealed.get(names.retiring)
  const former = sealed.get(names.former)
  return {
    current: openKey(sealer, names.current, current),
    retiring: retiring === undefined ? null : openKey(sealer, names.retiring, retiring),
    former: former === undefined ? [] : formerKeys(sealer.unseal(placeOf(names.former), former)),
  }
}

function formerKeys(text: string): FormerKey[] {
  const told: readonly { publicKeyPem: string; until: string }[] = JSON.parse(text)
  return told.map(({ publicKeyPem, until }) => {
    const publicKey = importPublicKeyPem(publicKeyPem)
    if (!publicKey.ok) throw broken('a former evidence key is no key')
    return { publicKey: publicKey.value, until }
  })
}

async function put(transaction: Executor, name: Name, sealed: Uint8Array): Promise<void> {
  await transaction
    .insertInto('sealed_values')
    .values({ name, sealed })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ sealed }))
    .execute()
}

function sealKey(sealer: Sealer, name: Name, key: EvidenceKey): Uint8Array {
  return sealer.seal(placeOf(name), exportPrivateKeyPem(key.privateKey).reveal())
}

function openKey(sealer: Sealer, name: Name, sealed: Uint8Array): EvidenceKey {
  const opened = importPrivateKeyPem(new Secret(sealer.unseal(placeOf(name), sealed)))
  if (opened.ok) return opened.value
  throw broken('the sealed evidence key is no key')
}

function placeOf(name: Name): string[] {
  return ['', name, 'private-key', '1']
}

function broken(message: string): DrawbridgeError {
  const help = 'restore the data directory from a backup'
  return new DrawbridgeError({ code: 'data-directory-broken', message, operation: 'state.open', help })
}

function rotationUnderWay(): DrawbridgeError {
  return new DrawbridgeError({
    code: 'write-conflict',
    retry: 'later',
    message: 'the evidence key is being rotated already',
    operation: 'state.rotate',
    help: 'try again in a moment; a rotation that was interrupted ends at the next start',
  })
}
