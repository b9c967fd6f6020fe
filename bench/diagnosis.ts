/**
 * The benchmark of the diagnosis of error texts: per class, how often the true cause comes first and within the first three,
 * on the open part of the real symptoms. `npm run bench -- diagnosis FILE` scores the sealed part too, out of the collection
 * in `FILE`; its rows are known to this repository by their hashes alone.
 */
import { readFile } from 'node:fs/promises'
import { readOpen, readSealed, type ScoredRow, score } from '../test/symptoms/score.ts'
import { table } from './table.ts'

/** Rows of the collection that a writer of the classes had read before they were sealed. */
const readBefore = 38

/** Renders the figures; with the collection, those of the sealed part too. */
export async function benchDiagnosis(collection = process.argv[3]): Promise<string> {
  const open = (await readOpen()).map(score)
  const parts = ['Open part', figures(open), '', 'Not first:', ...misses(open)]
  if (collection === undefined) return parts.join('\n')
  const sealed = (await readSealed(await readFile(collection, 'utf8'))).map((row) => ({ ...score(row), at: row.place }))
  const unseen = sealed.filter((one) => one.at >= readBefore)
  parts.push('', 'Sealed part', figures(sealed), '', 'Sealed rows that nobody had read', figures(unseen))
  return parts.join('\n')
}

function figures(rows: readonly ScoredRow[]): string {
  const classes = [...new Set(rows.map(({ row }) => row.class))].sort()
  return table([
    ['class', 'rows', 'first', 'in three'],
    ...classes.map((label) =>
      line(
        label,
        rows.filter(({ row }) => row.class === label),
      ),
    ),
    line('all', rows),
    line(
      'with an error text',
      rows.filter(({ row }) => row.message !== ''),
    ),
  ])
}

function line(label: string, rows: readonly ScoredRow[]): string[] {
  const first = rows.filter(({ place }) => place === 1).length
  const three = rows.filter(({ place }) => place !== null && place <= 3).length
  return [label, String(rows.length), share(first, rows.length), share(three, rows.length)]
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${part} (${Math.round((100 * part) / whole)} %)`
}

function misses(rows: readonly ScoredRow[]): string[] {
  return rows
    .filter(({ place }) => place !== 1)
    .map(({ row, place, found }) => {
      const came =
        place === null ? 'not among the causes' : `at place ${place}, behind ${found.slice(0, place - 1).join(', ')}`
      return `  ${row.operation}: ${row.code}: ${row.causes.join(' or ')} came ${came}`
    })
}
