/**
 * Shows the lines of a policy text with a run of it underlined, as compilers do. Plain text, no colours. The text is a
 * stranger's: what a terminal would act upon or not show is written as an escape, and long lines are cut around the run.
 */
import { escapeCharacter, findLineStarts, lineOf, readJsonWithPositions, type TextSpan } from '../iam/index.ts'

/** Widest part of a line that is shown. */
const maxWidth = 100
/** What is shown before a run that begins far to the right. */
const leadWidth = 30

/**
 * Renders the lines of the element that the pointer names, with carets under its value, or under its name. A pointer to an
 * element that the text lacks underlines the nearest element around it; text that is not JSON has the place underlined
 * where it stops being so. Of a run over more than three lines, the first and the last are shown.
 */
export function underline(text: string, pointer: string, part: 'value' | 'key' = 'value'): string {
  const read = readJsonWithPositions(text)
  if (!read.ok) {
    const { line, column } = read.error
    const offset = (findLineStarts(text)[line - 1] ?? 0) + column - 1
    return underlineSpan(text, { offset, length: 1 })
  }
  const { key, value } = read.value.positions.nearest(pointer)
  return underlineSpan(text, part === 'key' && key !== null ? key : value)
}

/** Renders the lines of a run with carets under it. The last line ends without a line feed. */
export function underlineSpan(text: string, span: Pick<TextSpan, 'offset' | 'length'>): string {
  const starts = findLineStarts(text)
  const end = span.offset + Math.max(span.length, 1)
  const first = lineOf(starts, span.offset)
  const last = lineOf(starts, end - 1)
  const shown = last - first < 3 ? range(first, last) : [first, last]
  const gutter = String(last).length
  const rows: string[] = []
  for (const [i, line] of shown.entries()) {
    if (i > 0 && line !== (shown[i - 1] ?? 0) + 1) rows.push(`${' '.repeat(gutter)} | …`)
    const start = starts[line - 1] ?? 0
    const content = lineContent(text, start, starts[line])
    rows.push(...renderLine(String(line).padStart(gutter), content, span.offset - start, end - start))
  }
  return rows.join('\n')
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function lineContent(text: string, start: number, next: number | undefined): string {
  return text.slice(start, next === undefined ? text.length : next - 1).replace(/\r$/, '')
}

function renderLine(number: string, content: string, from: number, to: number): readonly [string, string] {
  const indent = content.length - content.trimStart().length
  // Carets begin where the text of a continued line does, and stand at least under one place.
  const start = Math.min(Math.max(from, Math.min(indent, content.length)), content.length)
  const window = cutWindow(content, start)
  const before = showText(content.slice(window.from, start))
  const run = showText(content.slice(start, Math.min(to, window.to)))
  const after = showText(content.slice(Math.max(start, Math.min(to, window.to)), window.to))
  const lead = window.from > 0 ? '…' : ''
  const rest = window.to < content.length ? '…' : ''
  const carets = '^'.repeat(Math.max(1, widthOf(run)))
  const padding = ' '.repeat(widthOf(lead + before))
  return [`${number} | ${lead}${before}${run}${after}${rest}`, `${' '.repeat(number.length)} | ${padding}${carets}`]
}

function cutWindow(content: string, start: number): { readonly from: number; readonly to: number } {
  const from = content.length <= maxWidth || start <= leadWidth ? 0 : start - leadWidth
  return { from, to: Math.min(content.length, from + maxWidth) }
}

/** Tabs become two spaces; control, direction and zero-width characters become escapes. */
function showText(text: string): string {
  return text.replaceAll('\t', '  ').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeCharacter)
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const combining = /\p{Mn}/u

/** Columns of a terminal; near enough for the scripts of the world. */
function widthOf(text: string): number {
  let width = 0
  for (const char of text) width += combining.test(char) ? 0 : wide.test(char) ? 2 : 1
  return width
}
