/**
 * Writes of one kind that are asked for one by one become one: all that came until their transaction reached them. Pure but
 * for the transactions of the group commit.
 */
import { type GroupCommit, isOutcomeUnknown } from './group-commit.ts'
import type { Executor } from './schema.ts'
import { everyTenant } from './store.ts'

/**
 * Makes a write of single things out of one of many. `writeAll` answers what became of each, in their order; when it fails
 * and has changed nothing, each of them is written by itself, so that it fails alone.
 */
export function gatheredWrites<T, A>(
  commits: GroupCommit,
  writeAll: (transaction: Executor, all: readonly T[]) => Promise<readonly A[]>,
): (one: T) => Promise<A> {
  let open: { readonly all: T[]; readonly answers: Promise<readonly A[]> } | null = null
  const begin = (): NonNullable<typeof open> => {
    const all: T[] = []
    // Whoever comes from now on is of another transaction. When this one is run again, it is for the same ones.
    const close = (): void => {
      if (open?.all === all) open = null
    }
    const answers = commits.run(everyTenant, async (transaction) => {
      close()
      return await writeAll(transaction, all)
    })
    // A transaction may fail before it reaches them.
    answers.catch(close)
    return { all, answers }
  }
  const alone = async (one: T): Promise<A> => {
    const [answer] = await commits.run(everyTenant, (transaction) => writeAll(transaction, [one]))
    return answer as A
  }
  return async (one) => {
    open ??= begin()
    const { all, answers } = open
    const place = all.push(one) - 1
    try {
      return (await answers)[place] as A
    } catch (error) {
      if (all.length === 1 || isOutcomeUnknown(error)) throw error
      return await alone(one)
    }
  }
}
