/** The terminal as the commands see it: where lines go, whether it shows colours, and when the person pressed Ctrl-C. */
import type { Readable } from 'node:stream'
import picocolors from 'picocolors'

/** Colouring functions; without colours each returns its text. */
export type Colors = ReturnType<typeof picocolors.createColors>

/** One run of the program as its commands see it. */
export interface Terminal {
  /** Writes one line, or several, to stdout. */
  out(text: string): void
  /** Writes one line to stderr: progress, hints, errors. */
  note(text: string): void
  readonly stdin: Readable
  /** Colours of stdout. */
  readonly colors: Colors
  /** Colours of stderr. */
  readonly noteColors: Colors
  /** True when stderr is a terminal, on which a line can be drawn again. */
  readonly isLive: boolean
  /** Draws `text` in place of the last drawn line of stderr; empty clears it. Only on a live terminal. */
  draw(text: string): void
  readonly columns: number
  /** Aborts when the run is to end: Ctrl-C, SIGTERM. */
  readonly signal: AbortSignal
}

/** What a terminal is made of. */
export interface TerminalParts {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly stdin: Readable
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Wraps the process's streams. `NO_COLOR` turns colours off, `FORCE_COLOR` on. @see https://no-color.org */
export function openTerminal(parts: TerminalParts): Terminal {
  const { stdout, stderr, environment } = parts
  const isLive = stderr.isTTY === true && environment['TERM'] !== 'dumb'
  return {
    out: (text) => {
      stdout.write(`${text}\n`)
    },
    note: (text) => {
      stderr.write(`${text}\n`)
    },
    stdin: parts.stdin,
    colors: picocolors.createColors(wantsColors(stdout, environment)),
    noteColors: picocolors.createColors(wantsColors(stderr, environment)),
    isLive,
    draw: (text) => {
      if (isLive) stderr.write(`\r\u001b[2K${text}`)
    },
    columns: Math.max(40, Math.min(stdout.columns ?? 100, 160)),
    signal: parts.signal,
  }
}

function wantsColors(stream: NodeJS.WriteStream, environment: TerminalParts['environment']): boolean {
  const off = environment['NO_COLOR']
  if (off !== undefined && off !== '') return false
  const on = environment['FORCE_COLOR']
  if (on !== undefined && on !== '' && on !== '0') return true
  return stream.isTTY === true && environment['TERM'] !== 'dumb'
}

/**
 * Makes text of strangers fit to print: control characters, which could move the cursor or hide what was printed,
 * become visible question marks.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === '\n' || sign === '\t' ? sign : '?'))
}
