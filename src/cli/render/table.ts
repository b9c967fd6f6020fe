/** Plain columns, aligned by what is seen rather than by what is written: colour codes take no room. Pure. */

// biome would have the escape spelled otherwise; a colour code is ESC [ numbers m and nothing else here.
const colorCode = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

/** How many columns a text takes. */
export function visibleWidth(text: string): number {
  return [...text.replace(colorCode, '')].length
}

/** Aligns rows into columns two spaces apart; the last column is not padded. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, visibleWidth(cell))
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => {
          const gap = index === row.length - 1 ? 0 : (widths[index] ?? 0) - visibleWidth(cell) + 2
          return `${cell}${' '.repeat(gap)}`
        })
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

/** Writes a size for people: `1.2 MB`, in powers of ten as disks and networks count. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`
}
