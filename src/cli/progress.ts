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

  /** Tells how far something is. `total` null: nobody knows how much it will be. */
  at(doing: string, what: string, bytes: number, total: number | null): void {
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

  #draw(doing: string, what: string, bytes: number, total: number | null, now: number): void {
    if (now - this.#drawnAt < redrawMilliseconds && bytes < (total ?? Number.POSITIVE_INFINITY)) return
    this.#drawnAt = now
    const seconds = (now - this.#startedAt) / 1000
    const perSecond = seconds > 0.3 ? bytes / seconds : 0
    const rate = perSecond > 0 ? `${sizeText(perSecond)}/s` : ''
    const name = `${doing} ${what.slice(-40)}`
    if (total === null) {
      this.#terminal.draw(`${name} ${sizeText(bytes)} ${rate}`)
      return
    }
    const share = total === 0 ? 1 : Math.min(bytes / total, 1)
    const filled = Math.round(share * barWidth)
    const { green, dim } = this.#terminal.noteColors
    const bar = `${green('━'.repeat(filled))}${dim('━'.repeat(barWidth - filled))}`
    const percent = `${Math.floor(share * 100)}%`.padStart(4)
    const left = perSecond > 0 && share < 1 ? ` ${dim(durationText((total - bytes) / perSecond))}` : ''
    this.#terminal.draw(`${name} ${bar}${percent} ${rate}${left}`)
  }

  #tell(doing: string, what: string, bytes: number, total: number | null): void {
    if (total === null) {
      this.#tellAmount(doing, what, bytes)
      return
    }
    if (total < worthTelling) return
    const quarter = Math.floor((4 * bytes) / total)
    if (quarter <= this.#quarter) return
    this.#quarter = quarter
    this.#terminal.note(`${doing} ${what}: ${quarter * 25}% of ${sizeText(total)}`)
  }

  /** Without an end in sight: a line at every doubling. */
  #tellAmount(doing: string, what: string, bytes: number): void {
    const doublings = Math.floor(Math.log2(bytes / worthTelling)) + 1
    if (doublings <= this.#quarter) return
    this.#quarter = doublings
    this.#terminal.note(`${doing} ${what}: ${sizeText(bytes)}`)
  }
}

/** How long something still takes: `9 s`, `4 min`, `3 h`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s left`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min left` : `${Math.round(seconds / 3_600)} h left`
}
