/**
 * Bugs on purpose, one each: what the protocol forbids, planted into a part that the delivery code is given. A simulator
 * that lets one of them pass proves nothing.
 */
import { DrawbridgeError } from '../../src/base/index.ts'
import type { Claim, DeliveryRepository, ItemRecord } from '../../src/delivery/index.ts'
import { deliveredEntry, type ReceiptFile } from '../../src/evidence/index.ts'
import type { ObjectStore } from '../../src/storage/index.ts'
import type { PlantedBug, Surroundings } from './planted.ts'

/** Every planted bug, by its name. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'the fence is not asked for',
    repository: (inner, { memory }) => withoutFence(inner, memory),
  },
  {
    name: 'the lease is not renewed',
    repository: (inner) => changed(inner, { heartbeat: async () => true }),
  },
  {
    name: 'a lease lasts no longer than a moment',
    repository: (inner) =>
      changed(inner, {
        claim: (worker, limit) => inner.claim(worker, limit, 1),
        heartbeat: (claim) => inner.heartbeat(claim, 1),
      }),
  },
  {
    name: 'what is sent is not recorded before',
    repository: unrecorded,
  },
  {
    name: 'an occupied key always counts as ours',
    store: (inner) => failing(inner, ['put', 'completeUpload'], (error) => withContext(error, true)),
  },
  {
    name: 'an occupied key never counts as ours',
    store: (inner) => failing(inner, ['put', 'completeUpload'], (error) => withContext(error, false)),
    repository: unrecorded,
  },
  {
    name: 'a repetition forgets that it is one',
    store: (inner) => failing(inner, ['put', 'completeUpload'], (error) => withContext(error, false)),
  },
  {
    name: 'an object is written without condition',
    wire: (inner) =>
      changed(inner, { put: (key, body, options) => inner.put(key, body, { ...options, ifAbsent: false }) }),
  },
  {
    name: 'an upload is completed without condition',
    wire: (inner) =>
      changed(inner, {
        completeUpload: (key, id, parts, options) =>
          inner.completeUpload(key, id, parts, { ...options, ifAbsent: false }),
      }),
  },
  {
    name: 'what a store says of the copy of a receipt is overlooked',
    store: (inner) =>
      changed(inner, {
        put: async (key, body, options) => {
          const answer = await inner.put(key, body, options)
          return /receipt\.json$|\/receipts-\w+\.jsonl$/.test(key) ? {} : answer
        },
      }),
  },
  {
    name: 'an error inside a 200 is overlooked',
    wire: (inner) => believing(inner, (error) => error.context['isIn200'] === true),
  },
  {
    name: 'an answer that is lost counts as success',
    wire: (inner) => believing(inner, (error) => error.code === 'unavailable'),
  },
  {
    name: 'a slow-down counts as success',
    wire: (inner) => believing(inner, (error) => error.code === 'throttled'),
  },
  {
    name: 'delivered is written before the upload',
    wire: (inner, { later }) =>
      changed(inner, {
        put: async (key, body, options) => {
          const { signal: _, ...unsignalled } = options
          later(500, () => inner.put(key, body, unsignalled))
          return {}
        },
      }),
  },
  {
    name: 'the checksum in the answer is not compared',
    store: (inner) =>
      changed(inner, {
        put: async (key, body, options) => {
          const { checksum: _, ...answer } = await inner.put(key, body, options)
          return answer
        },
      }),
  },
  {
    name: 'a report is acknowledged before it is durable',
    repository: (inner, surroundings) => acknowledgingEarly(inner, surroundings),
  },
  {
    name: 'an idempotency key is not unique',
    repository: (inner) =>
      changed(inner, {
        accept: (delivery, ...rest) => inner.accept({ ...delivery, idempotencyKey: null }, ...rest),
        byIdempotencyKey: async () => null,
      }),
  },
  { name: 'a spooled file is not synced', disk: { forgetsFileSync: true } },
  { name: 'the folder of a spooled file is not synced', disk: { forgetsFolderSync: true } },
  {
    name: 'the entry of a delivery is written twice',
    repository: (inner) =>
      changed(inner, {
        commitTarget: async (claim, target, entry) => {
          const committed = await inner.commitTarget(claim, target, entry)
          await inner.note(claim, [entry])
          return committed
        },
        commitWithReceipt: async (claim, target, facts) => {
          const committed = await inner.commitWithReceipt(claim, target, facts)
          await inner.note(claim, [deliveredEntry(facts)])
          return committed
        },
      }),
  },
  {
    name: 'a refusal is not entered into the log',
    repository: (inner) => changed(inner, { saveTarget: (claim, target) => inner.saveTarget(claim, target, []) }),
  },
  {
    name: 'a report that is accepted into work is not claimed',
    repository: (inner) =>
      changed(inner, { accept: (delivery, entries, handed) => inner.accept(delivery, entries, handed) }),
  },
  {
    name: 'a report that is accepted into work is not planned',
    repository: (inner) =>
      changed(inner, {
        accept: (delivery, ...rest) => {
          const targets = delivery.targets.map((target) => ({ ...target, items: [] }))
          return inner.accept({ ...delivery, targets }, ...rest)
        },
      }),
  },
  {
    name: 'an attempt is not on record before it sends',
    repository: (inner) =>
      changed(inner, { saveItems: (claim, connection, items) => inner.saveItems(claim, connection, items) }),
  },
  {
    name: 'the next attempt is not planned',
    repository: (inner) =>
      changed(inner, {
        release: (claim, end, ...rest) => inner.release(claim, { ...end, availableAt: null }, ...rest),
      }),
  },
  {
    name: 'crashes are not counted',
    repository: (inner) =>
      changed(inner, {
        claim: async (...parameters) => (await inner.claim(...parameters)).map((claim) => ({ ...claim, crashes: 0 })),
      }),
  },
  {
    name: 'one crash is enough for the quarantine',
    repository: (inner) =>
      changed(inner, {
        claim: async (...parameters) =>
          (await inner.claim(...parameters)).map((claim) => ({ ...claim, crashes: claim.crashes * 9 })),
      }),
  },
  {
    name: 'a connection is looked up without its tenant',
    access: (inner) =>
      changed(inner, { open: (_tenant, connection, identity) => inner.open('globex', connection, identity) }),
  },
  {
    name: 'the words of the provider are told as they are',
    wire: (inner) =>
      failing(inner, ['put', 'createUpload', 'uploadPart', 'completeUpload'], (error) =>
        error.cause instanceof Error ? error.with({ message: error.cause.message }) : error,
      ),
  },
  {
    name: 'uploads are not cleaned up',
    wire: (inner) => changed(inner, { abortUpload: async () => {}, listUploads: async () => [] }),
  },
  {
    name: 'a possible orphan is not recorded',
    repository: (inner) => changed(inner, { note: async () => {} }),
  },
  {
    name: 'a second receipt replaces the first',
    repository: (inner, { memory }) => replacingReceipts(inner, memory),
  },
  {
    name: 'the spool is emptied at the first delivered target',
    repository: (inner, { spool }) =>
      changed(inner, {
        commitTarget: async (claim, target, entry) => {
          const committed = await inner.commitTarget(claim, target, entry)
          const record = await inner.byId(claim.tenant, claim.delivery)
          for (const file of record?.files ?? []) await spool().remove(file.upload)
          return committed
        },
        commitWithReceipt: async (claim, target, facts) => {
          const committed = await inner.commitWithReceipt(claim, target, facts)
          const record = await inner.byId(claim.tenant, claim.delivery)
          for (const file of record?.files ?? []) await spool().remove(file.upload)
          return committed
        },
      }),
  },
  {
    name: 'a commit is answered before it is durable',
    repository: (inner, { later }) =>
      changed(inner, {
        commitWithReceipt: async (claim, target, facts) => {
          later(1_500, () => inner.commitWithReceipt(claim, target, facts))
          return { target: { ...target, entry: 1 }, files: null, fault: null }
        },
      }),
  },
  {
    name: 'a checkpoint is given out before its transaction is durable',
    sealer: (inner) =>
      changed(inner, {
        seal: async (...parameters) => {
          const seal = await inner.seal(...parameters)
          await inner.sealed(seal)
          return seal
        },
      }),
  },
  {
    name: 'a receipt is proved by the log as it was before',
    sealer: (inner) =>
      changed(inner, {
        seal: async (log, ...rest) => await inner.seal({ ...log, size: log.size - 1 }, ...rest),
      }),
  },
  {
    name: 'asking again changes nothing',
    repository: (inner) => changed(inner, { makeDue: async () => true }),
  },
  {
    name: 'the log keeps another text than it hashed',
    log: (inner) =>
      changed(inner, {
        entries: async (...parameters) =>
          (await inner.entries(...parameters)).map((json) => json.replace('delivery.delivered', 'delivery.Delivered')),
      }),
  },
]

/** An object of which some methods are replaced. */
function changed<T extends object>(inner: T, methods: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, property) => {
      if (Object.hasOwn(methods, property)) return Reflect.get(methods, property)
      const member: unknown = Reflect.get(target, property, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** A store whose errors are told differently. */
function failing(
  inner: ObjectStore,
  operations: readonly string[],
  change: (error: DrawbridgeError) => DrawbridgeError,
): ObjectStore {
  return new Proxy(inner, {
    get: (target, property) => {
      const member: unknown = Reflect.get(target, property, target)
      if (typeof member !== 'function') return member
      if (!operations.includes(String(property))) return member.bind(target)
      return async (...parameters: unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(member, target, parameters)
        } catch (error) {
          throw error instanceof DrawbridgeError ? change(error) : error
        }
      }
    },
  })
}

/** A store that takes some errors for success. */
function believing(inner: ObjectStore, isBelieved: (error: DrawbridgeError) => boolean): ObjectStore {
  const orBelieved = async <T extends object>(answer: Promise<T>): Promise<T | { etag: string }> => {
    try {
      return await answer
    } catch (error) {
      if (error instanceof DrawbridgeError && isBelieved(error)) return { etag: '"believed"' }
      throw error
    }
  }
  return changed(inner, {
    put: (key, body, options) => orBelieved(inner.put(key, body, options)),
    completeUpload: (key, id, parts, options) => orBelieved(inner.completeUpload(key, id, parts, options)),
  })
}

function withContext(error: DrawbridgeError, afterPossibleSend: boolean): DrawbridgeError {
  if (error.code !== 'object-exists') return error
  return error.with({ context: { afterPossibleSend } })
}

function unrecorded(inner: DeliveryRepository): DeliveryRepository {
  const waiting = (item: ItemRecord): ItemRecord => (item.state === 'sent' ? { ...item, state: 'waiting' } : item)
  return changed(inner, {
    accept: (delivery, ...rest) => {
      const targets = delivery.targets.map((target) => ({ ...target, items: target.items.map(waiting) }))
      return inner.accept({ ...delivery, targets }, ...rest)
    },
    saveItem: (claim, connection, item) => inner.saveItem(claim, connection, waiting(item)),
    saveItems: (claim, connection, items, ...rest) => inner.saveItems(claim, connection, items.map(waiting), ...rest),
  })
}

/** Every write goes through, whoever has claimed the delivery in the meantime. */
function withoutFence(inner: DeliveryRepository, memory: Map<string, unknown>): DeliveryRepository {
  const now = (claim: Claim): Claim => {
    const fence = memory.get(claim.delivery)
    return typeof fence === 'number' ? { ...claim, fence } : claim
  }
  return changed(inner, {
    claim: async (...parameters) => {
      const claims = await inner.claim(...parameters)
      for (const { delivery, fence } of claims) memory.set(delivery, fence)
      return claims
    },
    heartbeat: async (claim, leaseMs) => (await inner.heartbeat(claim, leaseMs)) || true,
    saveItem: (claim, ...rest) => inner.saveItem(now(claim), ...rest),
    saveItems: (claim, ...rest) => inner.saveItems(now(claim), ...rest),
    savePart: (claim, ...rest) => inner.savePart(now(claim), ...rest),
    dropParts: (claim, ...rest) => inner.dropParts(now(claim), ...rest),
    saveTarget: (claim, ...rest) => inner.saveTarget(now(claim), ...rest),
    commitTarget: (claim, ...rest) => inner.commitTarget(now(claim), ...rest),
    commitWithReceipt: (claim, ...rest) => inner.commitWithReceipt(now(claim), ...rest),
    note: (claim, ...rest) => inner.note(now(claim), ...rest),
    release: (claim, ...rest) => inner.release(now(claim), ...rest),
    saveReceipt: (claim, ...rest) => inner.saveReceipt(now(claim), ...rest),
  })
}

function acknowledgingEarly(inner: DeliveryRepository, { later, databaseClock }: Surroundings): DeliveryRepository {
  return changed(inner, {
    accept: async (delivery, ...rest) => {
      later(1_500, () => inner.accept(delivery, ...rest))
      return { isNew: true, acceptedAt: databaseClock.now().toISOString() }
    },
  })
}

function replacingReceipts(inner: DeliveryRepository, memory: Map<string, unknown>): DeliveryRepository {
  const latest = (delivery: string, connection: string): string => `${delivery}/${connection}`
  return changed(inner, {
    saveReceipt: async (claim, target, files) => {
      await inner.saveReceipt(claim, { ...target, receipt: 'due' }, files)
      memory.set(latest(claim.delivery, target.connection), files)
      return files
    },
    receipt: async (tenant, delivery, connection) => {
      const stood = await inner.receipt(tenant, delivery, connection)
      const replaced = memory.get(latest(delivery, connection))
      return Array.isArray(replaced) ? (replaced as readonly ReceiptFile[]) : stood
    },
  })
}
