/** Progress of long work: a bar on a terminal, a line at every quarter elsewhere, nothing for machines. */
import { sizeText } from './render/table.ts'
import type { Terminal } from './terminal.ts'

const redrawMilliseconds = 80
const barWidth = 24
/** Below this there is nothing to wait for, so no lines are printed where no bar can be drawn. */
const worthTelling = 8_000_000

/** The progress of one command. */
export class Progress {
  readonly #terminal: Terminal
  readonly #silent: boolean
  #drawnAt = 0
  #quarter = 0
  #what = ''
  #startedAt = 0

  constructor(terminal: Terminal, silent: boolean) {
    this.#terminal = terminal
    this.#silent = silent
  }

  /** Tells how far something is. */
  at(doing: string, what: string, bytes: number, total: number): void {
    if (this.#silent) return
    const now = performance.now()
    const key = `${doing}\n${what}`
    if (key !== this.#what) {
      this.#what = key
      this.#quarter = 0
      this.#startedAt = now
      this.#drawnAt = 0
    }
    if (this.#terminal.isLive) this.#draw(doing, what, bytes, total, now)
    else this.#tell(doing, what, bytes, total)
  }

  /** Writes one line, without tearing the bar. */
  note(text: string): void {
    if (this.#silent) return
    this.#terminal.draw('')
    this.#terminal.note(text)
  }

  /** Clears the bar. */
  end(): void {
    if (!this.#silent) this.#terminal.draw('')
  }

  #draw(doing: string, what: string, bytes: number, total: number, now: number): void {
    if (now - this.#drawnAt < redrawMilliseconds && bytes < total) return
    this.#drawnAt = now
    const share = total === 0 ? 1 : Math.min(bytes / total, 1)
    const filled = Math.round(share * barWidth)
    const { green, dim } = this.#terminal.noteColors
    const bar = `${green('━'.repeat(filled))}${dim('━'.repeat(barWidth - filled))}`
    const seconds = (now - this.#startedAt) / 1000
    const rate = seconds > 0.3 ? `${sizeText(bytes / seconds)}/s` : ''
    const percent = `${Math.floor(share * 100)}%`.padStart(4)
    this.#terminal.draw(`${doing} ${what.slice(-40)} ${bar}${percent} ${rate}`)
  }

  #tell(doing: string, what: string, bytes: number, total: number): void {
    if (total < worthTelling) return
    const quarter = Math.floor((4 * bytes) / total)
    if (quarter <= this.#quarter) return
    this.#quarter = quarter
    this.#terminal.note(`${doing} ${what}: ${quarter * 25}% of ${sizeText(total)}`)
  }
}
