/**
 * The difference of two policies as people review it: a unified diff of their pretty-printed JSON, which `patch -p1` and
 * `git apply` also accept. Lines only; what changed in meaning is for the evaluator to say.
 */

/** One line of an edit script. */
interface Line {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

const contextLines = 3
/** Above this many cells the middle is shown as replaced whole, so that hostile input costs no time. */
const largestTable = 1_000_000

/**
 * Writes a unified diff of two JSON values, printed with two spaces; null stands for no policy. Empty when they are
 * equal as printed.
 */
export function diffPolicies(before: unknown, after: unknown, name: string): string {
  const script = editScript(linesOf(before), linesOf(after))
  if (script.every((line) => line.mark === ' ')) return ''
  const label = name.replace(/[\r\n\t]/g, ' ')
  const header = [
    before === null ? '--- /dev/null' : `--- a/${label}`,
    after === null ? '+++ /dev/null' : `+++ b/${label}`,
  ]
  return `${[...header, ...hunks(script)].join('\n')}\n`
}

function linesOf(value: unknown): string[] {
  return value === null || value === undefined ? [] : JSON.stringify(value, null, 2).split('\n')
}

/** Common lines at both ends are set aside first; the rest goes through a table of longest common subsequences. */
function editScript(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end += 1
  }
  const same = (lines: readonly string[]): Line[] => lines.map((text) => ({ mark: ' ', text }))
  return [
    ...same(before.slice(0, start)),
    ...middleScript(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ]
}

function middleScript(before: readonly string[], after: readonly string[]): Line[] {
  const removed = before.map((text): Line => ({ mark: '-', text }))
  const added = after.map((text): Line => ({ mark: '+', text }))
  if (before.length === 0 || after.length === 0 || before.length * after.length > largestTable) {
    return [...removed, ...added]
  }
  const width = after.length + 1
  const lengths = commonLengths(before, after)
  const script: Line[] = []
  let row = 0
  let column = 0
  while (row < before.length || column < after.length) {
    const old = before[row]
    const fresh = after[column]
    const below = lengths[(row + 1) * width + column] ?? -1
    const beside = lengths[row * width + column + 1] ?? -1
    if (old !== undefined && old === fresh) {
      script.push({ mark: ' ', text: old })
      row += 1
      column += 1
    } else if (old !== undefined && (fresh === undefined || below >= beside)) {
      script.push({ mark: '-', text: old })
      row += 1
    } else if (fresh !== undefined) {
      script.push({ mark: '+', text: fresh })
      column += 1
    }
  }
  return script
}

/** Cell (row, column): how many lines `before[row…]` and `after[column…]` have in common, in order. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const diagonal = lengths[(row + 1) * width + column + 1] ?? 0
      const below = lengths[(row + 1) * width + column] ?? 0
      const beside = lengths[row * width + column + 1] ?? 0
      lengths[row * width + column] = before[row] === after[column] ? diagonal + 1 : Math.max(below, beside)
    }
  }
  return lengths
}

function hunks(script: readonly Line[]): string[] {
  const changed = script.flatMap((line, index) => (line.mark === ' ' ? [] : [index]))
  const spans: { from: number; to: number }[] = []
  for (const index of changed) {
    const from = Math.max(0, index - contextLines)
    const to = Math.min(script.length, index + contextLines + 1)
    const last = spans.at(-1)
    if (last !== undefined && from <= last.to) last.to = to
    else spans.push({ from, to })
  }
  return spans.flatMap(({ from, to }) => [
    `@@ -${range(script, from, to, '+')} +${range(script, from, to, '-')} @@`,
    ...script.slice(from, to).map((line) => `${line.mark}${line.text}`),
  ])
}

/** Start and length of a hunk on one side: lines with the other side's mark do not count. */
function range(script: readonly Line[], from: number, to: number, foreign: '-' | '+'): string {
  const count = (lines: readonly Line[]): number => lines.filter((line) => line.mark !== foreign).length
  const length = count(script.slice(from, to))
  const start = count(script.slice(0, from))
  return `${length === 0 ? start : start + 1},${length}`
}
