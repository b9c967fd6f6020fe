/** Tables and plots as plain text. What they show is decided elsewhere. */

/** Lays out a table; the first row is the head, numbers stand to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return /^[\d<>–-]/.test(cell) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n')
}

/** One curve of a plot. */
export interface Curve {
  readonly mark: string
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

const height = 16
const width = 61

/** Plots curves on two logarithmic axes, where linear growth climbs one decade up for one decade to the right. */
export function plot(title: string, yName: string, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points)
  const [xLow, xHigh] = bounds(points.map(([x]) => x))
  const [yLow, yHigh] = bounds(points.map(([, y]) => y))
  const grid = Array.from({ length: height }, () => new Array<string>(width).fill(' '))
  for (const { mark, points: own } of curves) {
    for (const [x, y] of own) {
      const column = Math.round(((Math.log10(x) - xLow) / (xHigh - xLow)) * (width - 1))
      const row = height - 1 - Math.round(((Math.log10(y) - yLow) / (yHigh - yLow)) * (height - 1))
      const line = grid[row]
      if (line !== undefined) line[column] = mark
    }
  }
  const label = (row: number): string => {
    const value = 10 ** (yHigh - ((yHigh - yLow) * row) / (height - 1))
    return (row % 5 === 0 ? value.toPrecision(2) : '').padStart(8)
  }
  return [
    `${title} (${yName}; both axes logarithmic)`,
    ...grid.map((line, row) => `${label(row)} |${line.join('').trimEnd()}`),
    `${' '.repeat(8)} +${'-'.repeat(width)}`,
    `${' '.repeat(10)}${String(10 ** xLow).padEnd(width - 5)}${10 ** xHigh}`,
    ...curves.map((curve) => `${' '.repeat(10)}${curve.mark}  ${curve.name}`),
  ].join('\n')
}

/** Whole decades around the values. */
function bounds(values: readonly number[]): readonly [number, number] {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.ceil(Math.log10(Math.max(...values)))
  return [low, Math.max(high, low + 1)]
}

/** `250,000`. */
export function count(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–'
}
