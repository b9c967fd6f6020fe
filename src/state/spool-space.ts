/** The room of a spool that several processes share: a row for each upload that lies there, or is being written. */
import type { SharedSpace } from '../delivery/index.ts'
import type { Executor } from './schema.ts'
import { everyTenant, type Store } from './store.ts'

const lockName = 'spool-space'
/** Rows of one statement. */
const rowsAtOnce = 500

/** Counts in the database. Sizes alone stand there, and the ids of uploads. */
export class SqlSpoolSpace implements SharedSpace {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async claim(
    upload: string,
    bytes: number,
    quotaBytes: number,
  ): Promise<{ readonly isGiven: boolean; readonly usedBytes: number }> {
    return await this.#store.write(everyTenant, async (transaction) => {
      // INVARIANT: whoever takes room has read what all others took: one at a time.
      await this.#store.serialize(transaction, lockName)
      const others = await usedBut(transaction, upload)
      const isGiven = others + bytes <= quotaBytes
      if (isGiven) await this.#note(transaction, upload, bytes)
      return { isGiven, usedBytes: isGiven ? others + bytes : await usedBut(transaction, null) }
    })
  }

  async settle(upload: string, bytes: number): Promise<number> {
    return await this.#store.write(everyTenant, async (transaction) => {
      if (bytes === 0) await transaction.deleteFrom('spool_space').where('upload', '=', upload).execute()
      else await this.#note(transaction, upload, bytes)
      return await usedBut(transaction, null)
    })
  }

  async used(): Promise<number> {
    return await this.#store.read(everyTenant, (executor) => usedBut(executor, null))
  }

  async compare(files: ReadonlyMap<string, number>, before: Date): Promise<void> {
    await this.#store.write(everyTenant, async (transaction) => {
      const noted_at = this.#store.now()
      const rows = [...files].map(([upload, bytes]) => ({ upload, bytes, noted_at }))
      for (let start = 0; start < rows.length; start += rowsAtOnce) {
        await transaction
          .insertInto('spool_space')
          .values(rows.slice(start, start + rowsAtOnce))
          .onConflict((conflict) => conflict.column('upload').doNothing())
          .execute()
      }
      const old = await transaction
        .selectFrom('spool_space')
        .select('upload')
        .where('noted_at', '<', before.toISOString())
        .execute()
      for (const { upload } of old) {
        if (!files.has(upload)) await transaction.deleteFrom('spool_space').where('upload', '=', upload).execute()
      }
    })
  }

  async #note(transaction: Executor, upload: string, bytes: number): Promise<void> {
    const noted_at = this.#store.now()
    await transaction
      .insertInto('spool_space')
      .values({ upload, bytes, noted_at })
      .onConflict((conflict) => conflict.column('upload').doUpdateSet({ bytes, noted_at }))
      .execute()
  }
}

/** What is used, but for one upload. */
async function usedBut(executor: Executor, upload: string | null): Promise<number> {
  const { used } = await executor
    .selectFrom('spool_space')
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number | string>('bytes'), eb.lit(0)).as('used'))
    .where('upload', '<>', upload ?? '')
    .executeTakeFirstOrThrow()
  return Number(used)
}
