/**
 * Writes of one kind that are asked for one by one become one: all that came until their transaction reached them. Pure but
 * for the transactions of the group commit.
 */
import type { GroupCommit } from './group-commit.ts'
import type { Executor } from './schema.ts'
import { everyTenant } from './store.ts'

/**
 * Makes a write of single things out of one of many. `writeAll` answers what became of each, in their order; when it fails,
 * it fails for all of them.
 */
export function gatheredWrites<T, A>(
  commits: GroupCommit,
  writeAll: (transaction: Executor, all: readonly T[]) => Promise<readonly A[]>,
): (one: T) => Promise<A> {
  let open: { readonly all: T[]; readonly answers: Promise<readonly A[]> } | null = null
  const begin = (): NonNullable<typeof open> => {
    const all: T[] = []
    const answers = commits.run(everyTenant, async (transaction) => {
      // Whoever comes from now on is of another transaction. When this one is run again, it is for the same ones.
      if (open?.all === all) open = null
      return await writeAll(transaction, all)
    })
    return { all, answers }
  }
  return async (one) => {
    open ??= begin()
    const { all, answers } = open
    const place = all.push(one) - 1
    return (await answers)[place] as A
  }
}
