/** Reads that are asked for one by one at the same time become one query. */

interface Asked<K, V> {
  readonly key: K
  readonly answer: (value: V) => void
  readonly fail: (error: unknown) => void
}

const largestRead = 256

/**
 * Makes a reader of single values out of one of many. `readAll` is called with what was asked for in one turn of the event
 * loop and answers in the same order.
 */
export function coalesced<K, V>(readAll: (keys: readonly K[]) => Promise<readonly V[]>): (key: K) => Promise<V> {
  let waiting: Asked<K, V>[] = []
  const read = async (): Promise<void> => {
    await Promise.resolve()
    const all = waiting
    waiting = []
    for (let at = 0; at < all.length; at += largestRead) await answer(all.slice(at, at + largestRead))
  }
  const answer = async (round: readonly Asked<K, V>[]): Promise<void> => {
    try {
      const values = await readAll(round.map(({ key }) => key))
      if (values.length !== round.length) throw new TypeError('every key has one answer')
      for (const [index, value] of values.entries()) round[index]?.answer(value)
    } catch (error) {
      for (const { fail } of round) fail(error)
    }
  }
  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, answer: resolve, fail: reject })
      if (waiting.length === 1) void read()
    })
}

interface OfTenant<K> {
  readonly tenant: string
  readonly key: K
}

/** The same for values that belong to tenants: `readAll` is called once for each of them. */
export function coalescedByTenant<K, V>(
  readAll: (tenant: string, keys: readonly K[]) => Promise<readonly V[]>,
): (tenant: string, key: K) => Promise<V> {
  const read = coalesced(async (asked: readonly OfTenant<K>[]) => {
    const answers = new Map<OfTenant<K>, V>()
    for (const [tenant, ofTenant] of Map.groupBy(asked, (one) => one.tenant)) {
      const values = await readAll(
        tenant,
        ofTenant.map(({ key }) => key),
      )
      if (values.length !== ofTenant.length) throw new TypeError('every key has one answer')
      for (const [index, one] of ofTenant.entries()) answers.set(one, values[index] as V)
    }
    return asked.map((one) => answers.get(one) as V)
  })
  return (tenant, key) => read({ tenant, key })
}
