/** Writes that are gathered into one: what becomes of each when the one fails. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DrawbridgeError, systemClock } from '../base/index.ts'
import { gatheredWrites } from './gathered-writes.ts'
import { GroupCommit } from './group-commit.ts'
import type { Executor } from './schema.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

let directory: string
let store: SqliteStore

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'drawbridge-gathered-'))
  store = await SqliteStore.open(join(directory, 'a.db'), systemClock)
})

afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Keeps texts, and refuses those that say so. */
async function keepAll(transaction: Executor, texts: readonly string[]): Promise<string[]> {
  for (const text of texts) {
    await transaction.insertInto('receipt_texts').values({ hash: text, content: text }).execute()
    if (text.startsWith('bad')) throw new TypeError(`\`${text}\` can not be kept`)
  }
  return texts.map((text) => `${text} kept`)
}

async function kept(): Promise<string[]> {
  const rows = await store.read('default', (executor) =>
    executor.selectFrom('receipt_texts').select('hash').where('hash', 'like', '%text').orderBy('hash').execute(),
  )
  return rows.map(({ hash }) => hash)
}

/** The store with a transaction that counts, and that fails before it begins as often as is said. */
function counted(failures: DrawbridgeError[] = []): { readonly store: Store; readonly transactions: () => number } {
  let transactions = 0
  const group: Store['group'] = async (work) => {
    const failure = failures.shift()
    if (failure !== undefined) throw failure
    transactions += 1
    await store.group(work)
  }
  const proxy = new Proxy<Store>(store, {
    get: (inner, property) => {
      if (property === 'group') return group
      const member: unknown = Reflect.get(inner, property, inner)
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
  return { store: proxy, transactions: () => transactions }
}

test('what is asked for at the same time is one transaction, and each has its own answer', async () => {
  const { store: counting, transactions } = counted()
  const keep = gatheredWrites(new GroupCommit(counting), keepAll)
  expect(await Promise.all(['a text', 'b text', 'c text'].map(keep))).toEqual([
    'a text kept',
    'b text kept',
    'c text kept',
  ])
  expect(transactions()).toBe(1)
  expect(await kept()).toEqual(['a text', 'b text', 'c text'])
})

test('one that can not be written fails alone, and the others are written', async () => {
  const keep = gatheredWrites(new GroupCommit(store), keepAll)
  const ends = await Promise.allSettled(['a text', 'bad text', 'c text'].map(keep))
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await kept()).toEqual(['a text', 'c text'])
})

test('a transaction that could not begin is over: what comes later goes into another one', async () => {
  const locked = new DrawbridgeError({ code: 'data-directory-broken', message: 'locked', operation: 'state.database' })
  const { store: failing } = counted([locked])
  const keep = gatheredWrites(new GroupCommit(failing), keepAll)
  await expect(keep('a text')).rejects.toBe(locked)
  expect(await keep('b text')).toBe('b text kept')
  expect(await kept()).toEqual(['b text'])
})

test('of what may have happened nothing is done again', async () => {
  const gone = new DrawbridgeError({ code: 'database-unavailable', message: 'gone', operation: 'state.database' })
  const { store: failing, transactions } = counted([gone])
  const keep = gatheredWrites(new GroupCommit(failing), keepAll)
  const ends = await Promise.allSettled(['a text', 'b text'].map(keep))
  expect(ends).toMatchObject([{ reason: gone }, { reason: gone }])
  expect(transactions()).toBe(0)
})
